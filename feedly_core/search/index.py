"""The search index: filled once, newest jobs first, then kept up to date.

Jobs to read again are found by the creation time of their rows; a slow sweep compares every job with its
document, so that nothing stays wrong. Readers see what is committed.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, insert, select, tuple_, union
from sqlalchemy.dialects.postgresql import insert as upsert

from feedly_core.analytics.refresher import OVERLAP, next_jobs, patient
from feedly_core.db.engine import among, capabilities, reading, writing
from feedly_core.db.own_schema import SEARCH, installed, reviews, search_documents, search_state
from feedly_core.domain import tables as t
from feedly_core.domain.matching import fold, grams
from feedly_core.search.documents import Document, DocumentKind, comment_documents, job_documents

CHUNK = 500
"""Jobs of one transaction: half a second on two cores."""

SWEPT = 500
OLDEST_WEEK = 2800
"""Everything before September 2023 counts as of that week: rows without a time have a wild one."""

_WEEK = timedelta(days=7).total_seconds()
_BASES = {DocumentKind.JOB: 10_000_000, DocumentKind.COMMENT: 20_000_000}


@dataclass(frozen=True)
class SearchState:
    """``refreshed_at``: when the index was last brought up to date. ``complete``: every job is in."""

    refreshed_at: datetime
    complete: bool


def search_freshness(connection: Connection) -> SearchState | None:
    """None while there is no index. At most one statement."""
    if not installed(connection, SEARCH):
        return None
    row = connection.execute(select(search_state.c.refreshed_at, search_state.c.complete)).first()
    return SearchState(row.refreshed_at, row.complete) if row else None


def week_of(at: datetime, now: datetime) -> int:
    """The week since 1970, no later than this one."""
    return max(OLDEST_WEEK, int(min(at, now).timestamp() // _WEEK))


def place_in_time(kind: DocumentKind) -> int:
    """The gram of kind and week is this plus the week."""
    return _BASES[kind]


def index_jobs(connection: Connection, job_ids: Collection[UUID], now: datetime) -> int:
    """Compare these jobs and their comments with their documents, and write what differs.

    Runs in the caller's transaction; at most seven statements. Documents of vanished jobs are removed.
    Returns the number of documents written.
    """
    if not job_ids:
        return 0
    there = {document.key: document for document in job_documents(connection, job_ids)}
    comments = comment_documents(connection, there)
    wanted = {(document.kind.value, document.key): document for document in (*there.values(), *comments)}
    of_these = among(search_documents.c.job_id, job_ids)
    columns = search_documents.c
    stored = {
        (row.kind, row.key): row.texts
        for row in connection.execute(select(columns.kind, columns.key, columns.texts).where(of_these))
    }
    new = [document for key, document in wanted.items() if stored.get(key) != document.texts]
    old = [key for key in stored if key not in wanted or stored[key] != wanted[key].texts]
    if old:
        connection.execute(delete(search_documents).where(tuple_(columns.kind, columns.key).in_(old)))
    if new:
        connection.execute(insert(search_documents), [_row(document, now) for document in new])
    return len(new)


def _row(document: Document, now: datetime) -> dict[str, Any]:
    texts = list(document.texts.values())
    week = week_of(document.created_at, now)
    return {
        "kind": document.kind.value,
        "key": document.key,
        "job_id": document.job_id,
        "created_at": document.created_at,
        "week": week,
        "texts": document.texts,
        "folded": "\n".join(fold(text).letters for text in texts),
        "grams": [*grams(texts), place_in_time(document.kind) + week],
    }


def fill(engine: Engine, *, now: datetime, chunk: int = CHUNK, stop: threading.Event | None = None) -> int:
    """Fill the index, newest jobs first, from where an earlier filling ended. Returns documents written.

    One transaction per chunk, which also remembers how far it is.
    """
    written = 0
    with reading(engine) as connection:
        state = connection.execute(select(search_state)).first()
    begun_at = state.read_until if state else now
    after = (state.filled_to, state.filled_to_job) if state and state.filled_to else None
    while stop is None or not stop.is_set():
        with writing(engine) as connection:
            patient(connection)
            page = next_jobs(connection, after, chunk)
            written += index_jobs(connection, [row.job_id for row in page], now)
            after = (page[-1].created_at, page[-1].job_id) if page else after
            done = len(page) < chunk
            _note(connection, begun_at, now, complete=done, filled_to=None if done else after)
        if done:
            break
    return written


def refresh(engine: Engine, *, now: datetime) -> int:
    """Read the jobs whose texts may have changed since last time. Returns their number."""
    with reading(engine) as connection:
        state = connection.execute(select(search_state)).first()
        changed = _changed_since(connection, (state.read_until if state else now) - OVERLAP)
    for start in range(0, len(changed), CHUNK):
        with writing(engine) as connection:
            patient(connection)
            index_jobs(connection, changed[start : start + CHUNK], now)
    with writing(engine) as connection:
        _note(connection, now, now, complete=bool(state and state.complete), filled_to=None)
    return len(changed)


def sweep(engine: Engine, after: UUID | None, *, now: datetime) -> UUID | None:
    """Compare the next few hundred jobs with their documents. Returns where to go on, or None at the end."""
    with writing(engine) as connection:
        patient(connection)
        jobs, documents = t.jobs.c.job_id, search_documents.c.job_id
        page = select(jobs).order_by(jobs).limit(SWEPT)
        ids = list(connection.scalars(page if after is None else page.where(jobs > after)))
        last = ids[-1] if len(ids) == SWEPT else None
        held = select(documents).distinct()
        held = held if after is None else held.where(documents > after)
        held = held if last is None else held.where(documents <= last)
        index_jobs(connection, set(ids) | set(connection.scalars(held.limit(2 * SWEPT))), now)
    return last


def _changed_since(connection: Connection, since: datetime) -> Sequence[UUID]:
    caps = capabilities(connection)
    dated = (t.jobs, t.job_inputs, t.txt_ad_copy_generations, t.instagram_feeds)
    found = [
        select(table.c.job_id).where(table.c.created_at > since)
        for table in dated
        if caps.has(table.name, "created_at") and caps.has(table.name, "job_id")
    ]
    found.append(select(reviews.c.job_id).where(reviews.c.at > since))
    changed = union(*found).subquery()
    return connection.scalars(select(changed.c.job_id).where(changed.c.job_id.is_not(None))).all()


def _note(
    connection: Connection,
    read_until: datetime,
    now: datetime,
    *,
    complete: bool,
    filled_to: tuple[datetime, UUID] | None,
) -> None:
    at, job_id = filled_to or (None, None)
    values = {
        "read_until": read_until,
        "refreshed_at": now,
        "complete": complete,
        "filled_to": at,
        "filled_to_job": job_id,
    }
    statement = upsert(search_state).values(only_row=True, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["only_row"], set_=values))
