"""Keeps ``feedly_dashboard.variant_facts`` up to date. One rebuild, then small refreshes.

One process at a time does it (advisory lock). Jobs to read again are found by the creation time of their
result rows, by the transitions that the hub recorded, and by being open; vanished jobs by a slow sweep.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Select, delete, func, select, text, tuple_, union, update
from sqlalchemy.dialects.postgresql import insert

from feedly_core.analytics.durations import measured_timeouts, read_durations
from feedly_core.analytics.exclusive import ExclusiveWorker
from feedly_core.analytics.fact_writing import refresh_jobs
from feedly_core.db.engine import capabilities, reading, writing
from feedly_core.db.job_rows import read_stall_timeouts
from feedly_core.db.own_schema import facts_fit, facts_state, step_events, variant_facts
from feedly_core.db.own_schema.facts import (
    COMPLETE,
    OPEN,
    drop_reading_indexes,
    make_reading_index,
    missing_reading_indexes,
    note_change,
)
from feedly_core.domain import tables as t

EXCLUSIVE_KEY = 7_303_014_002
CHUNK = 2000
"""Jobs of one transaction of a rebuild: about 0.3 s on two cores."""

FEW = 100
"""Jobs whose rows cost less in the indexes that are there than the indexes cost to be made anew."""

OVERLAP = timedelta(minutes=5)
"""Rows get their time before they are committed: read again what is that young."""

OPEN_FOR = timedelta(days=2)
"""Open jobs of this age are read again each time, newest first."""

MOST_OPEN = 200
SWEPT = 2000
EVERY_SECONDS = 5.0
"""Between two refreshes at least, however much changes."""
IDLE_SECONDS = 120.0
"""Between two refreshes at most: a quiet dashboard may send one statement per second in all."""
MEASURED_EVERY = timedelta(minutes=10)
"""Between two measurements of the stall timeouts."""


@dataclass(frozen=True)
class Freshness:
    """``refreshed_at``: when the facts were last brought up to date.

    ``complete``: every job is in.

    ``version``: another one whenever rows were written. ``contrast``: how far the measuring of the drawn
    letters is, None before it began.
    """

    refreshed_at: datetime
    complete: bool
    version: UUID
    contrast: ContrastProgress | None = None


@dataclass(frozen=True)
class ContrastProgress:
    """Finished pictures, those still to be measured, those that could not be; counted at ``at``."""

    pictures: int
    pending: int
    unreadable: int
    at: datetime

    @property
    def share(self) -> float:
        """Share of the pictures looked at, 0 to 1."""
        return 1 - self.pending / self.pictures if self.pictures else 1.0


def freshness(connection: Connection) -> Freshness | None:
    """None when the read model is not installed, is that of another version or was never filled."""
    if not facts_fit(connection):
        return None
    row = connection.execute(select(facts_state)).first()
    if row is None:
        return None
    counts = (row.contrast_pictures, row.contrast_pending, row.contrast_unreadable)
    progress = None if row.contrast_at is None else ContrastProgress(*counts, row.contrast_at)
    return Freshness(row.refreshed_at, row.complete, row.version, progress)


def rebuild(
    engine: Engine,
    progress: Callable[[int, int], None],
    *,
    now: datetime,
    chunk: int = CHUNK,
    stop: threading.Event | None = None,
) -> int:
    """Fill the read model, newest jobs first.

    Return the variants written. One transaction per chunk.

    ``progress`` receives (jobs done, jobs in all, estimated). Readers see old rows until theirs is replaced.
    The first filling of more than a few jobs writes rows first and makes most indexes at its end: nobody
    reads until then.
    """
    written, done = 0, 0
    after: tuple[datetime, UUID] | None = None
    with reading(engine) as connection:
        total = connection.scalar(_JOBS_ESTIMATED) or 0
        first = connection.execute(select(facts_state)).first() is None
        few = min(FEW, chunk)
        anew = first and len(next_jobs(connection, None, few + 1)) > few
    if anew:
        with writing(engine) as connection:
            patient(connection)
            drop_reading_indexes(connection)
    while stop is None or not stop.is_set():
        with writing(engine) as connection:
            patient(connection)
            page = next_jobs(connection, after, chunk)
            written += refresh_jobs(connection, [row.job_id for row in page], now)
            done += len(page)
        progress(done, max(int(total), done))
        if len(page) < chunk:
            _end_of_rebuild(engine, now)
            break
        after = (page[-1].created_at, page[-1].job_id)
    progress(done, done)
    return written


def _end_of_rebuild(engine: Engine, now: datetime) -> None:
    make_missing_indexes(engine)  # then let readers in
    with writing(engine) as connection:
        patient(connection)
        connection.execute(text(f"ANALYZE {variant_facts.fullname}"))
        _note(connection, now, complete=True)


def make_missing_indexes(engine: Engine) -> None:
    """Also those of a later release. One per transaction, so that other writers wait for one only."""
    with reading(engine) as connection:
        missing = missing_reading_indexes(connection)
    for name in missing:
        with writing(engine) as connection:
            patient(connection)
            make_reading_index(connection, name)


def refresh(engine: Engine, *, now: datetime) -> int:
    """Read jobs that may have changed since last time.

    Return their number.
    """
    with writing(engine) as connection:
        patient(connection)
        state = connection.execute(select(facts_state)).first()
        since = (state.read_until if state else now) - OVERLAP
        changed = list(connection.scalars(_changed_since(connection, since, now)))
    for start in range(0, len(changed), CHUNK):
        with writing(engine) as connection:
            patient(connection)
            refresh_jobs(connection, changed[start : start + CHUNK], now)
    with writing(engine) as connection:
        _note(connection, now, complete=state.complete if state else False)
    return len(changed)


def keep_timeouts(engine: Engine, *, now: datetime) -> bool:
    """Measure the stall timeouts.

    Where they changed, store them and derive the affected states again.

    Both in one transaction, so that every reader sees states and timeouts that belong together.
    """
    with reading(engine) as connection:
        timeouts = measured_timeouts(read_durations(connection, now))
        if timeouts == read_stall_timeouts(connection):
            return False
    with writing(engine) as connection:
        patient(connection)
        affected = (
            select(variant_facts.c.job_id)
            .where(variant_facts.c.outcome != COMPLETE, variant_facts.c.created_at > now - OPEN_FOR)
            .limit(3 * CHUNK)
            .with_for_update()  # rows before the state, as every writer of both
        )
        jobs = sorted(set(connection.scalars(affected)))
        seconds = {step: lasts.total_seconds() for step, lasts in timeouts.by_step.items()}
        connection.execute(update(facts_state).values(stall_timeouts=seconds))
        refresh_jobs(connection, jobs, now)
    return True


def sweep(engine: Engine, after: UUID | None) -> UUID | None:
    """Drop facts of vanished variants among the next few thousand.

    Returns where to go on, or None.
    """
    with writing(engine) as connection:
        patient(connection)
        query = select(variant_facts.c.job_variants_id).order_by(variant_facts.c.job_variants_id).limit(SWEPT)
        if after is not None:
            query = query.where(variant_facts.c.job_variants_id > after)
        ids = list(connection.scalars(query))
        there = select(t.jobs_variants.c.job_variants_id).where(t.jobs_variants.c.job_variants_id.in_(ids))
        gone = set(ids) - set(connection.scalars(there))
        if gone:
            connection.execute(delete(variant_facts).where(variant_facts.c.job_variants_id.in_(gone)))
            note_change(connection)
    return ids[-1] if len(ids) == SWEPT else None


class ReadModelRefresher(ExclusiveWorker):
    """The thread that does it in a live dashboard.

    :meth:`wake` brings the next refresh forward, to :data:`EVERY_SECONDS` after the last at the earliest.
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__("read-model-refresher", EXCLUSIVE_KEY, engine)
        self._clock = clock

    def work(self, right: Connection) -> None:
        with reading(self._engine) as connection:
            known = freshness(connection)
        if known is None or not known.complete:
            rebuild(self._engine, lambda done, total: None, now=self._clock(), stop=self._stop)
        else:
            make_missing_indexes(self._engine)
        swept: UUID | None = None
        measured_at: datetime | None = None
        while not self._stop.is_set():
            self._woken.clear()
            right.execute(select(1))  # fails when the right was lost with its connection
            now = self._clock()
            if measured_at is None or now - measured_at >= MEASURED_EVERY:
                keep_timeouts(self._engine, now=now)
                measured_at = now
            refresh(self._engine, now=now)
            swept = sweep(self._engine, swept)
            if not self._stop.wait(EVERY_SECONDS):
                self._woken.wait(IDLE_SECONDS - EVERY_SECONDS)


_JOBS_ESTIMATED = text("SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = 'jobs'::regclass")


def next_jobs(connection: Connection, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Any]:
    jobs = t.jobs
    at = func.coalesce(jobs.c.created_at, text("'epoch'::timestamptz"))
    newest_first = (at.desc(), jobs.c.job_id.desc())
    query = select(jobs.c.job_id, at.label("created_at")).order_by(*newest_first).limit(limit)
    if after is not None:
        query = query.where(tuple_(at, jobs.c.job_id) < tuple_(*after))
    return connection.execute(query).all()


def _changed_since(connection: Connection, since: datetime, now: datetime) -> Select[Any]:
    caps = capabilities(connection)
    dated = [t.jobs, t.evaluations, t.vlm_traces, t.llm_traces, t.instagram_feeds]
    found = [
        select(table.c.job_id).where(table.c.created_at > since)
        for table in dated
        if caps.has(table.name, "created_at") and caps.has(table.name, "job_id")
    ]
    found.append(select(step_events.c.job_id).where(step_events.c.seen_at > since))
    still_open = (
        select(variant_facts.c.job_id)
        .where(variant_facts.c.outcome == OPEN, variant_facts.c.created_at > now - OPEN_FOR)
        .order_by(variant_facts.c.created_at.desc())
        .limit(MOST_OPEN)
        .subquery()
    )
    found.append(select(still_open.c.job_id))
    found.append(select(variant_facts.c.job_id).where(variant_facts.c.fails_at <= now))
    changed = union(*found).subquery()
    return select(changed.c.job_id).where(changed.c.job_id.is_not(None))


def _note(connection: Connection, now: datetime, *, complete: bool) -> None:
    values = {"read_until": now, "refreshed_at": now, "complete": complete}
    statement = insert(facts_state).values(only_row=True, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["only_row"], set_=values))


def patient(connection: Connection) -> None:
    """Work in the background may take longer than a page's question, and wait longer for a lock.

    Autovacuum gives its lock up after a second (``deadlock_timeout``), which is all that a page waits.
    """
    connection.execute(text("SET LOCAL statement_timeout = '120s'; SET LOCAL lock_timeout = '60s'"))
