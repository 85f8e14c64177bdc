"""A page of filtered rows in an order, at a cost that hardly hangs on the filters.

PostgreSQL takes filters for independent of each other and of the order. It would walk along the order's
index past a million rows for those that it expects to meet soon. So it may walk a little way only; after
that all that match are found first, by whatever index is cheapest, and then put in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from feedly_core.analytics.filters import PictureFilters, words_are_common, words_looked_up
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.engine import among
from feedly_core.db.own_schema import variant_facts
from feedly_core.db.own_schema.facts import COMPLETE, FAILED, FILTERED, OPEN

NEWEST = "created_at"
SHORT, LONG = 8, 64
"""Rows that a walk passes at most, per row of the page; a long one only where it may fill the page."""

Place = tuple[Any, UUID]
"""Value and variant."""


@dataclass(frozen=True)
class Stretch:
    """Part of an order along ``by``: what lies behind ``after``.

    ``missing``: among the variants without that value; the places' values say nothing then. ``then_missing``:
    those without it follow on the others.
    """

    by: str
    ascending: bool
    after: Place | None = None
    missing: bool = False
    then_missing: bool = False

    def conditions(self, rows: FromClause) -> list[ColumnElement[bool]]:
        value = rows.c[self.by]
        if self.then_missing:
            valued = replace(self, then_missing=False).conditions(rows)
            return [or_(value.is_(None), and_(*valued))] if len(valued) > 1 else []
        given: list[ColumnElement[bool]] = [value.is_(None) if self.missing else value.is_not(None)]
        if self.after is not None:
            here, there = self._compared(rows, self.after)
            given.append(here > there if self.ascending else here < there)
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

    def sorting(self, rows: FromClause) -> list[ColumnElement[Any]]:
        """The same order of rows that are sorted, with the missing values last."""
        value, key = self.order(rows)
        return [value.nulls_last(), key]


_One = TypeVar("_One")


@dataclass(frozen=True)
class Met(Generic[_One]):
    """First rows of a stretch, or their keys.

    ``matches``: how many it has in all, None where that was not found; ``to_end``: the variants without a
    value are among them.
    """

    first: Sequence[_One]
    matches: int | None
    to_end: bool = False


def ordered_rows(
    connection: Connection,
    source: VariantSource,
    rows: FromClause,
    filters: PictureFilters,
    stretch: Stretch,
    columns: Sequence[str],
    size: int,
    most: int = 0,
) -> Met[Row[Any]]:
    """:func:`page_rows` of a stretch to the end of the order: the variants without its value come last."""
    may_miss = stretch.by != NEWEST and stretch.by not in filters.ranges
    among_missing = stretch.after is not None and stretch.after[0] is None

    def read(part: Stretch, wanted: int) -> Met[Row[Any]]:
        return page_rows(connection, source, rows, filters, part, columns, wanted, most)

    if among_missing:
        return read(replace(stretch, missing=True), size)
    valued = read(replace(stretch, then_missing=may_miss), size)
    if not may_miss or valued.to_end:
        return valued
    if len(valued.first) == size:
        return Met(valued.first, None)
    rest = read(replace(stretch, after=None, missing=True), size - len(valued.first))
    known = valued.matches is not None and rest.matches is not None
    return Met([*valued.first, *rest.first], (valued.matches or 0) + (rest.matches or 0) if known else None)


def page_rows(
    connection: Connection,
    source: VariantSource,
    rows: FromClause,
    filters: PictureFilters,
    stretch: Stretch,
    columns: Sequence[str],
    size: int,
    most: int = 0,
) -> Met[Row[Any]]:
    """The first ``size`` of the matching ``rows`` of the stretch, in its order.

    Where all that match have to be found, they are also counted, up to ``most``. One statement where an index
    of the order serves all filters, two where a short walk meets enough, seven at most.
    """
    along = _along(filters, stretch.by)
    shown = select(*(rows.c[name] for name in columns))
    if rows is not variant_facts or not _may_mislead(filters, along):
        walked = replace(stretch, then_missing=False)
        given = (*walked.conditions(rows), *source.conditions(rows, filters))
        read = connection.execute(shown.where(*given).order_by(*walked.order(rows)).limit(size)).all()
        return Met(read, len(read) if len(read) < size else None)
    found = _walked(connection, source, filters, along, replace(stretch, then_missing=False), size)
    if found is None:
        found = _searched(connection, source, filters, stretch, size, max(size, most))
    if not found.first:
        return Met((), found.matches, found.to_end)
    named = shown.where(among(rows.c.job_variants_id, found.first)).order_by(*stretch.sorting(rows))
    return Met(connection.execute(named).all(), found.matches, found.to_end)


def _walked(
    connection: Connection,
    source: VariantSource,
    filters: PictureFilters,
    along: PictureFilters,
    stretch: Stretch,
    size: int,
) -> Met[UUID] | None:
    """Variants of :func:`page_rows` that a little way meets; None where it does not fill the page.

    Each choice of filters makes other statements, which take the longer to be put together the more they
    ask for: what is shown of these variants is asked for in one of its own.
    """
    for most in (SHORT, LONG):
        met = connection.scalars(_passed(source, filters, along, stretch, most * size).limit(size)).all()
        if len(met) == size:
            return Met(met, None)
        if connection.execute(_place_after(source, filters, along, stretch, most * size)).first() is None:
            return Met(met, len(met))
        if len(met) * LONG < size * most:
            break
    return None


def _searched(
    connection: Connection,
    source: VariantSource,
    filters: PictureFilters,
    stretch: Stretch,
    size: int,
    most: int,
) -> Met[UUID]:
    """Variants of :func:`page_rows` out of all that match.

    One search answers for the variants without a value and for the number of matches, too: each would cost
    as much again. Words that most jobs have are looked up last, in order, until enough have them: to find
    all those jobs takes seconds.
    """
    make_room(connection)
    words = filters.words if source.indexed and words_are_common(connection, filters.words) else ""
    # OFFSET keeps the order out of the search for what matches.
    searched = replace(filters, words="") if words else filters
    every = _matching(source, searched, stretch).offset(0).subquery("every")
    ordered = select(every).order_by(*stretch.sorting(every))
    if words:
        candidates = ordered.offset(0).subquery("candidates")
        ordered = select(candidates).where(words_looked_up(candidates, words))
    first = ordered.limit(most).subquery("first")
    query = select(first.c.job_variants_id, func.count().over()).order_by(*stretch.sorting(first))
    found = connection.execute(query.limit(size)).all()
    return Met([row[0] for row in found], found[0][1] if found else 0, stretch.then_missing)


def make_room(connection: Connection) -> None:
    """Let PostgreSQL remember many matches, for this transaction.

    With its usual 4 MB it remembers only the pages that they are on, and looks at all rows there again.
    """
    connection.execute(_ROOM)


_ROOM = select(func.set_config("work_mem", "32MB", True))


def _along(filters: PictureFilters, by: str) -> PictureFilters:
    """The filters that one index of the order knows, so that a walk meets nothing else."""
    if by == NEWEST:
        return PictureFilters(tenant=filters.tenant, since=filters.since, until=filters.until)
    bounds = {by: filters.ranges[by]} if by in filters.ranges else {}
    return PictureFilters(tenant=None if _unfinished(filters) else filters.tenant, ranges=bounds)


def _unfinished(filters: PictureFilters) -> bool:
    """Failed and open variants have an index of their own for each score, which knows no tenant.

    Both conditions on one walk would let it pass whatever the other index leaves out.
    """
    return filters.outcome in (FAILED, OPEN)


def _may_mislead(filters: PictureFilters, along: PictureFilters) -> bool:
    """Whether a filter may leave few rows, or those at the far end of the order alone.

    What people said of pictures leaves nearly all of them, or few that are found from what was said.
    """
    misleading = ("outcome", "version", "tones", "since", "until", "campaign", "words", "ranges")
    return any(getattr(filters, name) != getattr(along, name) for name in misleading)


def _along_order(
    source: VariantSource, filters: PictureFilters, along: PictureFilters, stretch: Stretch, *columns: str
) -> Select[Any]:
    """A walk along the order's index, whatever matches."""
    facts = variant_facts
    given = [*stretch.conditions(facts), *source.conditions(facts, along)]
    if _unfinished(filters) and stretch.by != NEWEST:
        given.append(facts.c.outcome != COMPLETE)
    return select(*(facts.c[name] for name in columns)).where(*given).order_by(*stretch.order(facts))


def _place_after(
    source: VariantSource, filters: PictureFilters, along: PictureFilters, stretch: Stretch, most: int
) -> Select[Any]:
    """Where a walk of ``most`` rows ends. No row: at its end."""
    return _along_order(source, filters, along, stretch, stretch.by).offset(most - 1).limit(1)


def _passed(
    source: VariantSource, filters: PictureFilters, along: PictureFilters, stretch: Stretch, most: int
) -> Select[Any]:
    """What matches of the ``most`` rows that a walk passes.

    The walk's LIMIT stands inside: PostgreSQL would otherwise make up the rows of the walk from several
    large indexes.
    """
    columns = (*FILTERED, "words") if filters.words and not source.indexed else FILTERED
    way = _along_order(source, filters, along, stretch, *columns).limit(most).subquery("way")
    return select(way.c.job_variants_id).where(*source.conditions(way, filters)).order_by(*stretch.order(way))


def _matching(source: VariantSource, filters: PictureFilters, stretch: Stretch) -> Select[Any]:
    """All that match, in no order. Few columns are sorted, which one index holds."""
    columns = (variant_facts.c[name] for name in ("job_variants_id", "job_id", stretch.by))
    given = (*stretch.conditions(variant_facts), *source.conditions(variant_facts, filters))
    return select(*columns).where(*given)
