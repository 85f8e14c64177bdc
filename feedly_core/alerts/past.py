"""Past states of jobs, rebuilt from recorded step events. Pure.

Rules ask the same questions of them as of the jobs in flight: a preview cannot differ from what a rule does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from feedly_core.alerts.conditions import WatchedJob, watched
from feedly_core.analytics.durations import StepDurations
from feedly_core.domain.high_water import JobHistory
from feedly_core.domain.job_rows import JobRow, VariantRow
from feedly_core.domain.status import RETRY_GRACE, STALL_TIMEOUT
from feedly_core.live.board import build_board
from feedly_core.live.events import Event
from feedly_core.live.job_view import build_job_view
from feedly_core.live.problems import DRIFT_SILENCE
from feedly_core.live.reader import IN_FLIGHT_DAYS, LINGER
from feedly_core.live.snapshot import Snapshot, TrackedJob

_AFTER = timedelta(milliseconds=1)
"""Limits are exceeded just after they are reached."""


@dataclass(frozen=True)
class PastJob:
    """What the rows say of a job beside its events. ``acknowledged_at``: its failure was seen."""

    job_id: UUID
    tenant: str | None
    created_at: datetime
    has_copy: bool = True
    acknowledged_at: datetime | None = None


@dataclass(frozen=True)
class Change:
    """From ``at`` on the job was as ``job`` says; None: it was no longer in flight."""

    at: datetime
    job_id: UUID
    job: WatchedJob | None


def changes(
    past: Mapping[UUID, PastJob], events: Iterable[Event], history: StepDurations, until: datetime
) -> list[Change]:
    """Every change of what rules look at, oldest first. ``events`` of unknown jobs are left out."""
    by_job: dict[UUID, list[Event]] = {}
    for event in events:
        if event.job_id in past:
            by_job.setdefault(event.job_id, []).append(event)
    found = [
        change
        for job_id, own in by_job.items()
        for change in _of_one(past[job_id], sorted(own, key=lambda event: event.seen_at), history, until)
    ]
    return sorted(found, key=lambda change: change.at)


def _of_one(
    past: PastJob, events: Sequence[Event], history: StepDurations, until: datetime
) -> Iterator[Change]:
    marks, rows, last = JobHistory(), _Rows(past), None
    ends = [event.seen_at for event in events[1:]] + [until]
    for event, end in zip(events, ends, strict=True):
        marks = marks.after(event)
        rows.take(event)
        if end == event.seen_at and event is not events[-1]:
            continue  # nothing was shown between two events of one moment
        tracked = TrackedJob(rows.record(), marks)
        for moment in _moments(tracked, event.seen_at, end, history, past):
            job = _state(tracked, moment, history, past)
            if job != last:
                last = job
                yield Change(moment, past.job_id, job)


def _state(tracked: TrackedJob, now: datetime, history: StepDurations, past: PastJob) -> WatchedJob | None:
    """As the board shows the job; None where it does not."""
    if now - past.created_at > timedelta(days=IN_FLIGHT_DAYS):
        return None
    seen = past.acknowledged_at is not None and past.acknowledged_at <= now
    acknowledged = frozenset({past.job_id} if seen else ())
    snapshot = Snapshot(1, now, {past.job_id: tracked}, acknowledged)
    return next((watched(row) for row in build_board(snapshot, now, history).rows), None)


def _moments(
    tracked: TrackedJob, start: datetime, end: datetime, history: StepDurations, past: PastJob
) -> list[datetime]:
    """The event, and each moment up to the next one at which silence changes something."""
    if end - start <= min(RETRY_GRACE, DRIFT_SILENCE):
        return [start]
    view = build_job_view(tracked, start, history)
    limits = {RETRY_GRACE, DRIFT_SILENCE, STALL_TIMEOUT, LINGER, *history.timeouts.by_step.values()}
    begun = {view.moved_at, *(variant.since for variant in view.variants)}
    silent = {since + limit + _AFTER for since in begun for limit in limits}
    leaves = {past.created_at + timedelta(days=IN_FLIGHT_DAYS) + _AFTER}
    if past.acknowledged_at is not None:
        leaves.add(past.acknowledged_at)
    return [start, *sorted(moment for moment in silent | leaves if start < moment < end)]


class _Rows:
    """The job's rows as its events left them."""

    def __init__(self, past: PastJob) -> None:
        self._past = past
        self._job: Event | None = None
        self._variants: dict[UUID, Event] = {}
        self._first: dict[UUID, datetime] = {}

    def take(self, event: Event) -> None:
        if event.variant_id is None:
            self._job = event
        else:
            self._variants[event.variant_id] = event
            self._first.setdefault(event.variant_id, event.seen_at)

    def record(self) -> JobRow:
        past, own = self._past, self._job
        variants = tuple(
            VariantRow(
                variant_id,
                number,
                event.step,
                event.status,
                None,
                self._first[variant_id],
                event.row_updated_at,
                0,
            )
            for number, (variant_id, event) in enumerate(self._variants.items(), 1)
        )
        return JobRow(
            past.job_id,
            past.tenant,
            None,
            own.step if own else "img_gen",
            own.status if own else "done",
            None,
            past.created_at,
            own.row_updated_at if own else past.created_at,
            past.has_copy,
            False,
            variants,
        )
