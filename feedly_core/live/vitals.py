"""The queue's health in figures: throughput, failures, and how full the notification queue is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, distinct, func, select

from feedly_core.db.own_schema import installed, step_events
from feedly_core.domain.pipeline import Status
from feedly_core.domain.tables import instagram_feeds

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Vitals:
    """``completed_per_hour``: jobs whose feed post was written in the last hour.

    ``failures``: rows that were seen to fail in the last hour, by step; None when nothing is recorded.
    ``queue_usage``: share of PostgreSQL's notification queue in use, 0 to 1.
    """

    read_at: datetime
    completed_per_hour: int
    failures: Mapping[str, int] | None
    queue_usage: float


def read_vitals(connection: Connection, now: datetime) -> Vitals:
    """Two statements, both along an index over time."""
    completed, usage = connection.execute(
        select(func.count(distinct(instagram_feeds.c.job_id)), func.pg_notification_queue_usage()).where(
            instagram_feeds.c.created_at > now - _HOUR
        )
    ).one()
    return Vitals(now, completed, _failures(connection, now) if installed(connection) else None, usage)


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
