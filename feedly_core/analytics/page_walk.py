"""A page of filtered rows in an order, at a cost that hardly hangs on the filters.

PostgreSQL takes filters for independent of each other and of the order. It would walk along the order's
index past a million rows for those that it expects to meet soon. So it may walk a little way only; after
that all that match are found first, by whatever index is cheapest, and then put in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, func, literal, select, tuple_

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.engine import among
from feedly_core.db.own_schema import variant_facts
from feedly_core.db.own_schema.facts import COMPLETE, FAILED, OPEN

NEWEST = "created_at"
SHORT, LONG = 16, 64
"""Rows that a walk passes at most, per row of the page; a long one only where the short one met some."""

Place = tuple[Any, UUID]
"""Value and variant."""


@dataclass(frozen=True)
class Stretch:
    """Part of an order along ``by``: what lies behind ``after``, up to ``until`` and with it.

    ``missing``: among the variants without that value; the places' values say nothing then.
    """

    by: str
    ascending: bool
    after: Place | None = None
    until: Place | None = None
    missing: bool = False

    def conditions(self, rows: FromClause) -> list[ColumnElement[bool]]:
        value = rows.c[self.by]
        given: list[ColumnElement[bool]] = [value.is_(None) if self.missing else value.is_not(None)]
        if self.after is not None:
            here, there = self._compared(rows, self.after)
            given.append(here > there if self.ascending else here < there)
        if self.until is not None:
            here, there = self._compared(rows, self.until)
            given.append(here <= there if self.ascending else here >= there)
        return given

    def _compared(self, rows: FromClause, place: Place) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        key, given = rows.c.job_variants_id, literal(place[1])
        if self.missing:
            return key, given
        return tuple_(rows.c[self.by], key), tuple_(literal(place[0]), given)

    def order(self, rows: FromClause) -> list[ColumnElement[Any]]:
        """By the missing value too: then the value's index gives the order."""
        columns = (rows.c[self.by], rows.c.job_variants_id)
        return [column if self.ascending else column.desc() for column in columns]


def page_rows(
    connection: Connection,
    source: VariantSource,
    rows: FromClause,
    filters: PictureFilters,
    stretch: Stretch,
    columns: Sequence[str],
    size: int,
) -> Sequence[Row[Any]]:
    """The first ``size`` of the matching ``rows`` of the stretch, in its order.

    One statement where an index of the order serves all filters, three where a short walk meets enough, seven
    at most.
    """
    along = _along(filters, stretch.by)
    shown = select(*(rows.c[name] for name in columns)).order_by(*stretch.order(rows))
    if rows is not variant_facts or not _may_mislead(filters, along):
        given = (*stretch.conditions(rows), *source.conditions(rows, filters))
        return connection.execute(shown.where(*given).limit(size)).all()
    found = _first(connection, source, filters, along, stretch, size)
    return connection.execute(shown.where(among(rows.c.job_variants_id, found))).all() if found else []


def _first(
    connection: Connection,
    source: VariantSource,
    filters: PictureFilters,
    along: PictureFilters,
    stretch: Stretch,
    size: int,
) -> Sequence[UUID]:
    """Variants of :func:`page_rows`.

    Each choice of filters makes other statements, which take the longer to be put together the more they
    ask for: what is shown of these variants is asked for in one of its own.
    """
    for most in (SHORT * size, LONG * size):
        until = connection.execute(_place_after(source, filters, along, stretch, most)).first()
        part = stretch if until is None else replace(stretch, until=(until[0], until[1]))
        found = connection.scalars(
            _matching(source, filters, part).order_by(*part.order(variant_facts)).limit(size)
        )
        met = found.all()
        if until is None or len(met) == size:
            return met
        if not met:
            break
    make_room(connection)
    # OFFSET keeps the order out of the search for what matches.
    every = _matching(source, filters, stretch).offset(0).subquery("every")
    first = select(every.c.job_variants_id).order_by(*stretch.order(every)).limit(size)
    return connection.scalars(first).all()


def make_room(connection: Connection) -> None:
    """Let PostgreSQL remember many matches, for this transaction.

    With its usual 4 MB it remembers only the pages that they are on, and looks at all rows there again.
    """
    connection.execute(_ROOM)


_ROOM = select(func.set_config("work_mem", "32MB", True))


def _along(filters: PictureFilters, by: str) -> PictureFilters:
    """The filters that an index of the order knows, so that a walk meets nothing else."""
    bounds = {by: filters.ranges[by]} if by in filters.ranges else {}
    along = PictureFilters(tenant=filters.tenant, ranges=bounds)
    return replace(along, since=filters.since, until=filters.until) if by == NEWEST else along


def _may_mislead(filters: PictureFilters, along: PictureFilters) -> bool:
    """Whether a filter may leave few rows, or those at the far end of the order alone.

    What people said of pictures leaves nearly all of them, or few that are found from what was said.
    """
    misleading = ("outcome", "version", "tones", "since", "until", "campaign", "words", "ranges")
    return any(getattr(filters, name) != getattr(along, name) for name in misleading)


def _place_after(
    source: VariantSource, filters: PictureFilters, along: PictureFilters, stretch: Stretch, most: int
) -> Select[Any]:
    """Where a walk of ``most`` rows along the order's index ends, whatever matches. No row: at its end."""
    facts = variant_facts
    given = [*stretch.conditions(facts), *source.conditions(facts, along)]
    if filters.outcome in (FAILED, OPEN):
        given.append(facts.c.outcome != COMPLETE)  # they have an index of their own, for each score
    place = select(facts.c[stretch.by], facts.c.job_variants_id).where(*given)
    return place.order_by(*stretch.order(facts)).offset(most - 1).limit(1)


def _matching(source: VariantSource, filters: PictureFilters, stretch: Stretch) -> Select[Any]:
    """All that match, in no order. Few columns are sorted, which one index holds."""
    key, value = variant_facts.c.job_variants_id, variant_facts.c[stretch.by]
    given = (*stretch.conditions(variant_facts), *source.conditions(variant_facts, filters))
    return select(key, value).where(*given)
