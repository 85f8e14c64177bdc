"""Recorded step events and what the rows say of their jobs, read for the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from feedly_core.alerts.conditions import WatchedJob, remember_ends
from feedly_core.alerts.past import Change, PastJob, changes
from feedly_core.analytics.durations import read_history
from feedly_core.db.engine import among, capabilities
from feedly_core.db.own_schema import acknowledged_failures, step_events
from feedly_core.db.status_query import has_english_copy
from feedly_core.domain.tables import jobs
from feedly_core.live.events import Event

MOST_EVENTS = 40_000


@dataclass(frozen=True)
class RecordedPast:
    """Changes of jobs since ``since``, oldest first: later than asked where too much is recorded."""

    since: datetime
    changes: tuple[Change, ...]


def recorded_past(connection: Connection, since: datetime, now: datetime) -> RecordedPast:
    """Rebuild what was known from ``since`` to ``now``, from the newest 40,000 events at most."""
    found = _events(connection, since)
    if not found:
        return RecordedPast(since, ())
    known = changes(_past_jobs(connection, found), found, read_history(connection, now), now)
    begun = since if len(found) < MOST_EVENTS else found[0].seen_at
    return RecordedPast(begun, tuple(known))


def past_ends(past: RecordedPast, now: datetime) -> dict[UUID, WatchedJob]:
    """The jobs that ended, as a process remembers them that has watched all the time."""
    ended: dict[UUID, WatchedJob] = {}
    for change in past.changes:
        if change.job is not None:
            ended = remember_ends(ended, [change.job], now)
    return ended


def _events(connection: Connection, since: datetime) -> list[Event]:
    """The newest recorded events since then, oldest first."""
    columns = ("job_id", "job_variants_id", "step", "status", "row_updated_at", "seen_at", "source")
    query = (
        select(*(step_events.c[name] for name in columns))
        .where(step_events.c.seen_at > since)
        .order_by(step_events.c.seen_at.desc(), step_events.c.event_id.desc())
        .limit(MOST_EVENTS)
    )
    return [Event(*row) for row in reversed(connection.execute(query).all())]


def _past_jobs(connection: Connection, events: Sequence[Event]) -> dict[UUID, PastJob]:
    """What the rows say of the jobs; of removed ones what the events do."""
    found: dict[UUID, PastJob] = {}
    for event in events:
        if event.job_id not in found:
            found[event.job_id] = PastJob(event.job_id, None, event.seen_at)
    ids = list(found)
    seen = select(acknowledged_failures.c.job_id, acknowledged_failures.c.acknowledged_at).where(
        among(acknowledged_failures.c.job_id, ids)
    )
    acknowledged = {job_id: at for job_id, at in connection.execute(seen)}  # noqa: C416 - rows are no pairs
    copied = has_english_copy(capabilities(connection), ids)
    columns = (jobs.c.job_id, jobs.c.tenant_id, jobs.c.created_at, copied)
    for job_id, tenant, created_at, has_copy in connection.execute(
        select(*columns).where(among(jobs.c.job_id, ids))
    ):
        at = min(created_at, found[job_id].created_at) if created_at else found[job_id].created_at
        found[job_id] = PastJob(job_id, tenant, at, bool(has_copy))
    return {job_id: replace(job, acknowledged_at=acknowledged.get(job_id)) for job_id, job in found.items()}
