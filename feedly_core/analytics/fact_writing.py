"""Writes rows of the read model: those that differ from what is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, FromClause, and_, delete, exists, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from feedly_core.analytics.job_states import state_rows
from feedly_core.analytics.read_model import fact_query
from feedly_core.db.engine import among, capabilities
from feedly_core.db.own_schema.facts import note_change, variant_facts
from feedly_core.domain import tables as t

_KEY = variant_facts.c.job_variants_id
_NAMES = tuple(column.name for column in variant_facts.c)
_PAST_CHANGES = slice(2, 100)
"""Without the first, which is the moment of the reading: the state before it is the same anyway."""


def refresh_jobs(connection: Connection, job_ids: Sequence[UUID], now: datetime) -> int:
    """Bring the rows of these jobs up to date, in the caller's transaction.

    Remove those of vanished variants. A row that says the same already is left alone: writing it anew costs
    an entry in each of fifty indexes.

    Ten statements. Returns the number of variants.
    """
    if not job_ids:
        return 0
    states = state_rows(connection, job_ids, now)
    removed = _lock_and_remove(connection, job_ids)
    caps = capabilities(connection)
    facts = fact_query(caps, among(t.jobs.c.job_id, job_ids), states, measured=True)
    found, written = _write(connection, facts)
    if removed or written:
        note_change(connection)
    return found


def _lock_and_remove(connection: Connection, job_ids: Sequence[UUID]) -> int:
    """Whoever has the rows writes them; what is read after that is not older than what another wrote."""
    mine = among(variant_facts.c.job_id, job_ids)
    held = select(literal(1)).select_from(variant_facts).where(mine).with_for_update().subquery()
    connection.execute(select(func.count()).select_from(held))
    variants = t.jobs_variants.join(t.jobs, t.jobs.c.job_id == t.jobs_variants.c.job_id)
    of_row = and_(
        t.jobs_variants.c.job_variants_id == _KEY, t.jobs_variants.c.job_id == variant_facts.c.job_id
    )
    there = exists(select(literal(1)).select_from(variants).where(of_row).correlate(variant_facts))
    return connection.execute(delete(variant_facts).where(mine, ~there)).rowcount


def _write(connection: Connection, facts: FromClause) -> tuple[int, int]:
    """How many rows there are, and how many of them were written."""
    read = select(*(facts.c[name] for name in _NAMES)).cte("read").prefix_with("MATERIALIZED")
    kept = variant_facts.alias("kept")
    alike = [kept.c[name].is_not_distinct_from(read.c[name]) for name in _NAMES if name != "changes"]
    alike.append(kept.c.changes[_PAST_CHANGES].is_not_distinct_from(read.c.changes[_PAST_CHANGES]))
    same = exists().where(kept.c.job_variants_id == read.c.job_variants_id, *alike)
    rows = insert(variant_facts).from_select(_NAMES, select(read).where(~same))
    values = {name: rows.excluded[name] for name in _NAMES if name != _KEY.name}
    written = rows.on_conflict_do_update(index_elements=[_KEY], set_=values).returning(_KEY).cte("written")
    counts = (select(func.count()).select_from(rows).scalar_subquery() for rows in (read, written))
    found, changed = connection.execute(select(*counts)).one()
    return found, changed
