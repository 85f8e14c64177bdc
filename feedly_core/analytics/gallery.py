"""Pictures across jobs: filters, sorting, keyset pages, counts up to a thousand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    cast,
    exists,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import distinct_on

from feedly_core.analytics.job_states import has_outcome, state_at
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.own_schema import campaign_jobs, reviews
from feedly_core.db.own_schema.facts import SCORE_COLUMNS
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import scores as registry
from feedly_core.domain.scores import ContrastState
from feedly_core.domain.status import State
from feedly_core.domain.tables import image_assets
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_

PAGE_SIZE = 60
MOST_COUNTED = 1000
HISTOGRAM_ROWS = 20_000
"""A histogram is drawn of the newest so many matches."""

BINS = 20
NEWEST = "created_at"
SORTS = (NEWEST, *SCORE_COLUMNS)
RANGES = {name: registry.SCORES[name].range for name in SCORE_COLUMNS}
"""Lowest and highest value of each score."""


@dataclass(frozen=True)
class Filters:
    """All conditions hold together; None and empty mean no condition.

    ``since`` is included, ``until`` is not. ``verdict`` is that of the newest review. ``tones`` are ids of
    tone styles: given a name, PostgreSQL could not distinguish a usual tone from a rare one. Each of the
    ``words`` must begin a word of the copy or the description. ``ranges``: score to (lowest, highest),
    both included.
    """

    tenant: str | None = None
    campaign: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    outcome: str | None = None
    tones: tuple[UUID, ...] | None = None
    version: str | None = None
    verdict: str | None = None
    words: str = ""
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """``by`` is one of :data:`SORTS`.

    Variants without that score come last.
    """

    by: str = NEWEST
    ascending: bool = False


@dataclass(frozen=True)
class Card:
    """One variant in the gallery. ``state``: of its job.

    Scores None: not recorded.
    """

    variant_id: UUID
    job_id: UUID
    variant: int | None
    tenant_id: str | None
    version: str | None
    tone_style_id: UUID | None
    state: State
    created_at: datetime
    picture_id: UUID | None
    line: str | None
    scores: Mapping[str, float | None]
    contrast_state: ContrastState | None = None
    large_text: bool | None = None


@dataclass(frozen=True)
class Page:
    """``after`` is the mark of the next page, None on the last one."""

    cards: tuple[Card, ...]
    after: str | None


@dataclass(frozen=True)
class Count:
    """``more``: there are more than ``number``; counting stopped."""

    number: int
    more: bool


@query_budget(statements=2, rows=200)
def gallery_page(
    connection: Connection,
    source: VariantSource,
    filters: Filters,
    order: Order,
    after: str | None = None,
    size: int = PAGE_SIZE,
) -> Page:
    """At most ``size`` cards after the mark.

    One statement, two where scores begin to be missing.
    """
    if order.by not in SORTS:
        raise InvalidInput(N_("Pictures cannot be sorted by {name}.", name=order.by))
    mark = _read_mark(after, order)
    found: list[Row[Any]] = []
    if mark is None or mark[0] is not None:
        found = list(connection.execute(_with_value(source, filters, order, mark).limit(size + 1)))
    if len(found) <= size and order.by != NEWEST:
        start = mark[1] if mark is not None and mark[0] is None else None
        rest = _without_value(source, filters, order, start).limit(size + 1 - len(found))
        found += connection.execute(rest)
    cards = tuple(_card(row, source.asked_at) for row in found[:size])
    following = _mark(found[size - 1], order) if len(found) > size else None
    return Page(cards, following)


@query_budget(statements=1, rows=1_100)
def count_matches(connection: Connection, source: VariantSource, filters: Filters) -> Count:
    """Exactly up to a thousand. One statement."""
    some = select(literal(1)).select_from(source.rows).where(*conditions(source, filters))
    number = connection.scalar(select(func.count()).select_from(some.limit(MOST_COUNTED + 1).subquery())) or 0
    return Count(min(number, MOST_COUNTED), number > MOST_COUNTED)


@query_budget(statements=1, rows=20_000)
def histogram(connection: Connection, source: VariantSource, filters: Filters, score: str) -> tuple[int, ...]:
    """Number of the newest matches per bin, twenty bins per score."""
    low, high = RANGES[score]
    rows = source.rows
    newest = (
        select(rows.c[score].label("value"))
        .where(rows.c[score].is_not(None), *conditions(source, filters))
        .order_by(rows.c.created_at.desc())
        .limit(HISTOGRAM_ROWS)
        .subquery()
    )
    place = func.least(func.width_bucket(newest.c.value, low, high, BINS), BINS)
    bins = connection.execute(select(place, func.count()).group_by(place))
    counted = {int(row[0]): int(row[1]) for row in bins}
    return tuple(counted.get(number, 0) for number in range(1, BINS + 1))


@query_budget(statements=1, rows=60)
def cards_of(connection: Connection, source: VariantSource, variant_ids: list[UUID]) -> tuple[Card, ...]:
    """The named variants, in the given order.

    Unknown ones are left out.
    """
    rows = source.rows
    found = {
        row.job_variants_id: _card(row, source.asked_at)
        for row in connection.execute(select(rows).where(rows.c.job_variants_id.in_(variant_ids)))
    }
    return tuple(found[variant_id] for variant_id in variant_ids if variant_id in found)


@query_budget(statements=1, rows=10)
def picture_urls(connection: Connection, cards: Sequence[Card]) -> dict[UUID, str | None]:
    """Asset URLs of the cards' finished pictures, by variant.

    One statement.
    """
    wanted = {card.picture_id for card in cards if card.picture_id is not None}
    query = select(image_assets.c.image_asset_id, image_assets.c.image_url)
    rows = connection.execute(query.where(image_assets.c.image_asset_id.in_(wanted)))
    urls = {row.image_asset_id: row.image_url for row in rows}
    return {card.variant_id: urls.get(card.picture_id) for card in cards}


def conditions(source: VariantSource, filters: Filters) -> list[ColumnElement[bool]]:
    """The filters as conditions on rows of the source."""
    rows = source.rows
    given: list[ColumnElement[bool]] = []
    for column, value in (
        (rows.c.tenant_id, filters.tenant),
        (rows.c.version, filters.version),
    ):
        if value is not None:
            given.append(column == value)
    if filters.outcome is not None:
        given.append(has_outcome(rows, filters.outcome, source.asked_at))
    if filters.tones is not None:
        given.append(rows.c.tone_style_id.in_(filters.tones))
    if filters.since is not None:
        given.append(rows.c.created_at >= filters.since)
    if filters.until is not None:
        given.append(rows.c.created_at < filters.until)
    if filters.campaign is not None:
        of_campaign = and_(
            campaign_jobs.c.job_id == rows.c.job_id, campaign_jobs.c.campaign_id == filters.campaign
        )
        given.append(exists().where(of_campaign))
    if filters.verdict is not None:
        given.append(rows.c.job_variants_id.in_(_judged(filters.verdict)))
    if query := _words_query(filters.words):
        given.append(rows.c.words.op("@@")(func.to_tsquery("simple", query)))
    for name, (low, high) in filters.ranges.items():
        given.append(rows.c[name].between(low, high))
    return given


def _judged(verdict: str) -> Select[Any]:
    """Variants by their newest review, looked up from the reviews: people judge few of many pictures."""
    newest = (
        select(reviews.c.job_variants_id, reviews.c.verdict)
        .ext(distinct_on(reviews.c.job_variants_id))
        .order_by(reviews.c.job_variants_id, reviews.c.review_id.desc())
        .subquery("newest_reviews")
    )
    return select(newest.c.job_variants_id).where(newest.c.verdict == verdict)


def _words_query(words: str) -> str:
    """Each word as a prefix; what is not a letter or a digit separates words."""
    letters = "".join(letter if letter.isalnum() else " " for letter in words)
    return " & ".join(f"{word}:*" for word in letters.split()[:8])


def _with_value(
    source: VariantSource, filters: Filters, order: Order, mark: tuple[Any, UUID] | None
) -> Select[Any]:
    rows = source.rows
    value, key = rows.c[order.by], rows.c.job_variants_id
    query = select(rows).where(value.is_not(None), *conditions(source, filters))
    if mark is not None:
        place, found = tuple_(value, key), tuple_(literal(mark[0]), literal(mark[1]))
        query = query.where(place > found if order.ascending else place < found)
    return query.order_by(*((value, key) if order.ascending else (value.desc(), key.desc())))


def _without_value(source: VariantSource, filters: Filters, order: Order, start: UUID | None) -> Select[Any]:
    """Ordered by the missing value too: then the score's index gives the order, where "IS NULL" would not.

    With a range of another score few of the many that lack this one remain, which PostgreSQL cannot know: it
    would read all of them. Then neither the missing value nor the order may come from an index.
    """
    rows = source.rows
    value, key = rows.c[order.by], rows.c.job_variants_id
    missing = value.is_(None).is_(True) if filters.ranges else value.is_(None)
    query = select(rows).where(missing, *conditions(source, filters))
    if start is not None:
        query = query.where(key > start if order.ascending else key < start)
    if filters.ranges:
        text_key = cast(key, Text).collate("C")
        return query.order_by(text_key if order.ascending else text_key.desc())
    return query.order_by(*((value, key) if order.ascending else (value.desc(), key.desc())))


def _mark(row: Row[Any], order: Order) -> str:
    value = getattr(row, order.by)
    written = value.isoformat() if isinstance(value, datetime) else "" if value is None else repr(value)
    return f"{written}_{row.job_variants_id}"


def _read_mark(text: str | None, order: Order) -> tuple[Any, UUID] | None:
    """(value, variant) of the last card seen; the value None among those without one."""
    if not text:
        return None
    try:
        written, _, key = text.rpartition("_")
        if not written:
            return None, UUID(key)
        value = datetime.fromisoformat(written) if order.by == NEWEST else float(written)
        return value, UUID(key)
    except ValueError:
        raise InvalidInput(
            N_("The address names no page of the gallery."), hint=N_("Go back to the first page.")
        ) from None


def _card(row: Row[Any], now: datetime) -> Card:
    return Card(
        row.job_variants_id,
        row.job_id,
        row.variant,
        row.tenant_id,
        row.version,
        row.tone_style_id,
        state_at(row.states, row.changes, now),
        row.created_at,
        row.picture_id,
        row.line,
        {name: getattr(row, name) for name in SCORE_COLUMNS},
        row.contrast_state and ContrastState(row.contrast_state),
        row.large_text,
    )
