"""Source of queries on many jobs: the read model, or recent FeedlyAI rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, FromClause, select

from feedly_core.analytics.job_states import state_rows
from feedly_core.analytics.read_model import fact_query
from feedly_core.analytics.refresher import ContrastProgress, freshness
from feedly_core.db.engine import among, capabilities
from feedly_core.db.own_schema import variant_facts
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t

BOUNDED_TO = timedelta(days=3)
BOUNDED_JOBS = 300
"""Without the read model every question reads JSON of this many of the newest jobs at most."""


@dataclass(frozen=True)
class VariantSource:
    """``rows`` has the columns of ``variant_facts``.

    States of jobs are those at ``asked_at``.

    ``refreshed_at`` is None when the source rows are asked directly; then nothing older than ``since`` is
    seen. ``complete`` False: a rebuild is under way, older jobs may be missing. ``contrast``: how far the
    measuring of the drawn letters is.
    """

    rows: FromClause
    asked_at: datetime
    refreshed_at: datetime | None
    complete: bool
    since: datetime | None = None
    contrast: ContrastProgress | None = None


@query_budget(statements=8, rows=20_000)
def variant_source(connection: Connection, now: datetime) -> VariantSource:
    """The read model when it is filled, else the newest jobs."""
    known = freshness(connection)
    if known is not None:
        return VariantSource(variant_facts, now, known.refreshed_at, known.complete, contrast=known.contrast)
    since = now - BOUNDED_TO
    newest = (
        select(t.jobs.c.job_id)
        .where(t.jobs.c.created_at >= since)
        .order_by(t.jobs.c.created_at.desc())
        .limit(BOUNDED_JOBS)
    )
    ids = list(connection.scalars(newest))
    chosen, states = among(t.jobs.c.job_id, ids), state_rows(connection, ids, now)
    rows = fact_query(capabilities(connection), chosen, states, measured=False)
    return VariantSource(rows, now, None, True, since)
