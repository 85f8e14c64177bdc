"""Metrics of the pipeline and past durations, read by a thread of their own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, distinct, func, select

from feedly_core.analytics.durations import StepDurations, read_history
from feedly_core.db.background import BackgroundWorker, Duty
from feedly_core.db.engine import reading
from feedly_core.db.event_delivery import listening_sessions
from feedly_core.db.job_rows import read_stall_timeouts
from feedly_core.db.own_schema import installed, step_events
from feedly_core.domain.contract import PIPELINE_CHANNELS
from feedly_core.domain.pipeline import Status
from feedly_core.domain.tables import instagram_feeds
from feedly_core.live.backoff import Every

_HOUR = timedelta(hours=1)
_METRICS_SECONDS = 30.0
_DURATIONS_SECONDS = 600.0
_TIMEOUTS_SECONDS = 120.0

_log = logging.getLogger("feedly.hub")


@dataclass(frozen=True, slots=True)
class Metrics:
    """``completed_per_hour``: jobs whose feed post was written in the last hour.

    ``failures``: rows that were seen to fail in the last hour, by step; None when nothing is recorded.
    ``queue_usage``: share of PostgreSQL's notification queue in use, 0 to 1. ``listeners``: sessions of the
    services that listen here, by channel; a channel is missing where our role may not see whether one does.
    """

    read_at: datetime
    completed_per_hour: int
    failures: Mapping[str, int] | None
    queue_usage: float
    listeners: Mapping[str, int]


def read_metrics(connection: Connection, now: datetime) -> Metrics:
    """Four statements at most; those over FeedlyAI's rows go along an index over time."""
    completed, usage = connection.execute(
        select(func.count(distinct(instagram_feeds.c.job_id)), func.pg_notification_queue_usage()).where(
            instagram_feeds.c.created_at > now - _HOUR
        )
    ).one()
    failures = _failures(connection, now) if installed(connection) else None
    return Metrics(now, completed, failures, usage, _listeners(connection))


def _listeners(connection: Connection) -> dict[str, int]:
    sessions = listening_sessions(connection)
    found = {channel: len(sessions.services(channel)) for channel in PIPELINE_CHANNELS}
    return {channel: count for channel, count in found.items() if count or not sessions.hidden}


def _failures(connection: Connection, now: datetime) -> dict[str, int]:
    row_id = func.coalesce(step_events.c.job_variants_id, step_events.c.job_id)
    query = (
        select(step_events.c.step, func.count(distinct(row_id)))
        .where(
            step_events.c.seen_at > now - _HOUR,
            step_events.c.status == Status.FAILED,
            step_events.c.job_variants_id.is_not(None),
        )
        .group_by(step_events.c.step)
    )
    return {step or "": count for step, count in connection.execute(query)}


class MetricsReader:
    """Keeps metrics and past durations fresh through the pool.

    Each is read alone: a slow or failing one delays no event, and leaves the other and its own last value.
    """

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._monotonic = monotonic
        self._worker = BackgroundWorker("hub metrics", self._read, _log)
        self._durations = (self._worker.add_duty("hub durations"), Every(_DURATIONS_SECONDS))
        self._metrics = (self._worker.add_duty("hub throughput"), Every(_METRICS_SECONDS))
        self._timeouts = Every(_TIMEOUTS_SECONDS)
        self.history = StepDurations()
        self.metrics: Metrics | None = None

    def start(self) -> None:
        self._worker.start()

    def stop(self, timeout: float) -> None:
        self._worker.stop(timeout)

    def _read(self) -> float:
        self._attempt(*self._durations, self._read_durations)
        self._attempt(*self._metrics, self._read_metrics)
        return max(0.0, min(self._durations[1].at, self._metrics[1].at) - self._monotonic())

    def _attempt(self, duty: Duty, every: Every, read: Callable[[Connection], None]) -> None:
        if not every.due(self._monotonic()):
            return
        try:
            with reading(self._engine) as connection:
                read(connection)
        except Exception as error:  # noqa: BLE001 - one odd row must not take the other figures away
            every.at = self._monotonic() + duty.failed(error)
        else:
            duty.succeeded()

    def _read_durations(self, connection: Connection) -> None:
        self.history = read_history(connection, self._clock())

    def _read_metrics(self, connection: Connection) -> None:
        self.metrics = read_metrics(connection, self._clock())
        if self._timeouts.due(self._monotonic()):
            self.history = replace(self.history, timeouts=read_stall_timeouts(connection))
