"""Source of queries on many jobs: the read model, or recent FeedlyAI rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import JSON, ColumnElement, Connection, FromClause, Subquery, column, func, literal, select

from feedly_core.analytics.filters import PictureFilters, conditions, job_conditions, job_filters
from feedly_core.analytics.job_states import state_rows
from feedly_core.analytics.read_model import fact_query, require_overlays
from feedly_core.analytics.refresher import ContrastProgress, freshness
from feedly_core.db.engine import Capabilities, among, capabilities
from feedly_core.db.own_schema import SEARCH, facts_state, installed, search_state, variant_facts
from feedly_core.db.own_schema.facts import contrast_kept
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t

BOUNDED_JOBS = 100
"""Without the read model every question reads JSON of this many of the newest matching jobs at most."""

CATALOGUE_ROWS = len(variant_facts.c) + len(facts_state.c) + 12
"""Read to see whether the read model has this program's columns: one per column, and what leads there."""


@dataclass(frozen=True)
class VariantSource:
    """Where :meth:`rows_for` takes rows with the columns of ``variant_facts`` from.

    ``refreshed_at`` is None when FeedlyAI's rows are asked directly; then at most ``bounded_to`` of the
    newest jobs that match are seen. ``complete`` False: a rebuild is under way, older jobs may be missing.
    ``contrast``: how far the measuring of the drawn letters is; ``measured``: FeedlyAI's rows are read with
    what is measured; ``indexed``: words are found by the search index. States of jobs are those at
    ``asked_at``.
    """

    asked_at: datetime
    refreshed_at: datetime | None
    complete: bool
    contrast: ContrastProgress | None = None
    bounded_to: int | None = None
    capabilities: Capabilities | None = None
    indexed: bool = False
    measured: bool = False
    _known: dict[tuple[object, ...], FromClause] = field(default_factory=dict, compare=False, repr=False)

    def rows_for(self, connection: Connection, filters: PictureFilters) -> FromClause:
        """Rows to filter: all of the read model, or of the newest jobs that the filters leave.

        A read model is not read yet. Other rows are, three statements, once per source and choice of
        jobs: every query that follows is sent them.
        """
        if self.capabilities is None:
            return variant_facts
        key = job_filters(filters)
        if key not in self._known:
            self._known[key] = self._newest(connection, self.capabilities, filters)
        return self._known[key]

    def conditions(self, rows: FromClause, filters: PictureFilters) -> list[ColumnElement[bool]]:
        """The filters as conditions on rows of :meth:`rows_for`; states of jobs are those at ``asked_at``."""
        return conditions(rows, filters, self.asked_at, indexed=self.indexed)

    def _newest(self, connection: Connection, caps: Capabilities, filters: PictureFilters) -> FromClause:
        newest = (
            select(t.jobs.c.job_id)
            .where(*job_conditions(caps, filters))
            .order_by(t.jobs.c.created_at.desc())
            .limit(self.bounded_to)
        )
        ids = list(connection.scalars(newest))
        states = state_rows(connection, ids, self.asked_at)
        return _held(
            connection, fact_query(caps, among(t.jobs.c.job_id, ids), states, measured=self.measured)
        )


def _held(connection: Connection, facts: Subquery) -> FromClause:
    """The rows as a table of their own: deriving them from JSON again for each query would cost more."""
    rows = connection.scalar(select(func.json_agg(facts.table_valued()))) or []
    return (
        func.json_to_recordset(literal(rows, JSON))
        .table_valued(*(column(known.name, known.type) for known in variant_facts.c), name="newest_facts")
        .render_derived(with_types=True)
    )


def _search_is_complete(connection: Connection) -> bool:
    return installed(connection, SEARCH) and bool(connection.scalar(select(search_state.c.complete)))


@query_budget(statements=3, rows=CATALOGUE_ROWS)
def filled_source(connection: Connection, now: datetime) -> VariantSource | None:
    """The read model; None where it is not filled, for what may not cost more than that."""
    known = freshness(connection)
    if known is None:
        return None
    return VariantSource(
        now, known.refreshed_at, known.complete, known.contrast, indexed=_search_is_complete(connection)
    )


@query_budget(statements=3, rows=CATALOGUE_ROWS)
def variant_source(connection: Connection, now: datetime) -> VariantSource:
    """The filled read model, else the newest jobs.

    Raises :class:`MissingInSchema` where overlays do not name their variant (schemas before late v0.8).
    """
    if (filled := filled_source(connection, now)) is not None:
        return filled
    caps = capabilities(connection)
    require_overlays(caps)
    return VariantSource(now, None, True, bounded_to=BOUNDED_JOBS, capabilities=caps)


@query_budget(statements=1, rows=60)
def named_source(connection: Connection, now: datetime) -> VariantSource:
    """Rows of few named jobs or variants as they are now: the read model may not have them yet."""
    caps = capabilities(connection)
    require_overlays(caps)
    kept = contrast_kept(connection)
    return VariantSource(now, now, True, bounded_to=BOUNDED_JOBS, capabilities=caps, measured=kept)
