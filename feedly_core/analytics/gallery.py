"""Pictures across jobs: filters, sorting, keyset pages, counts up to a thousand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    FromClause,
    Row,
    Select,
    func,
    literal,
    select,
)

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.job_states import state_at, state_rows
from feedly_core.analytics.page_walk import NEWEST, Stretch, make_room, ordered_rows
from feedly_core.analytics.read_model import fact_query
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.engine import among, capabilities
from feedly_core.db.own_schema.facts import SCORE_COLUMNS, contrast_kept
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import scores as registry
from feedly_core.domain import tables as t
from feedly_core.domain.scores import ContrastState
from feedly_core.domain.status import State
from feedly_core.domain.tables import image_assets
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_

PAGE_SIZE = 60
MOST_COUNTED = 1000
HISTOGRAM_ROWS = 5_000
"""The newest so many matches make a histogram: a bar of a tenth of them is right within a hundredth."""

BINS = 20
SORTS = (NEWEST, *SCORE_COLUMNS)
_SHOWN = (
    *("job_variants_id", "job_id", "variant", "tenant_id", "version", "tone_style_id", "states", "changes"),
    *("created_at", "picture_id", "line", "contrast_state", "large_text", "before_id", "tone", "description"),
    *("drawn_text", *SCORE_COLUMNS),
)
RANGES = {name: registry.SCORES[name].range for name in SCORE_COLUMNS}
"""Lowest and highest value of each score."""


@dataclass(frozen=True)
class Order:
    """``by`` is one of :data:`SORTS`.

    Variants without that score come last.
    """

    by: str = NEWEST
    ascending: bool = False


@dataclass(frozen=True)
class Card:
    """One variant with its picture and scores, as every page shows it. ``state``: of its job.

    Scores None: not recorded. ``picture_id`` None: not finished. ``before_id``: the picture without text;
    ``text``: what was drawn, ``line``: the copy.
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
    before_id: UUID | None = None
    tone: str | None = None
    description: str | None = None
    text: str | None = None

    @property
    def finished_id(self) -> UUID:
        """The finished picture's id; ValueError for a variant without one."""
        if self.picture_id is None:
            raise ValueError(f"variant {self.variant_id} has no finished picture")
        return self.picture_id

    @property
    def overall(self) -> float | None:
        return self.scores.get("overall")


@dataclass(frozen=True)
class Page:
    """``after`` is the mark of the next page, None on the last one.

    ``matches``: how many cards there are on all pages, where a first page has found that too: more than a
    thousand are some more.
    """

    cards: tuple[Card, ...]
    after: str | None
    matches: int | None = None


@dataclass(frozen=True)
class Count:
    """``more``: there are more than ``number``; counting stopped."""

    number: int
    more: bool


@query_budget(statements=2, rows=200)
def gallery_page(
    connection: Connection,
    source: VariantSource,
    filters: PictureFilters,
    order: Order,
    after: str | None = None,
    size: int = PAGE_SIZE,
) -> Page:
    """At most ``size`` cards after the mark.

    One statement, two where scores begin to be missing; each becomes what ``page_rows`` says where filters
    are set.
    """
    if order.by not in SORTS:
        raise InvalidInput(N_("Pictures cannot be sorted by {name}.", name=order.by))
    rows = source.rows_for(connection, filters)
    mark = _read_mark(after, order)
    stretch, most = Stretch(order.by, order.ascending, mark), 0 if mark else MOST_COUNTED + 1
    met = ordered_rows(connection, source, rows, filters, stretch, _SHOWN, size + 1, most)
    page = _page(met.first, order, size, source.asked_at)
    return page if mark else replace(page, matches=met.matches)


def _page(found: Sequence[Row[Any]], order: Order, size: int, now: datetime) -> Page:
    following = _mark(found[size - 1], order) if len(found) > size else None
    return Page(tuple(_card(row, now) for row in found[:size]), following)


@query_budget(statements=2, rows=500)
def shuffled_page(
    connection: Connection,
    source: VariantSource,
    filters: PictureFilters,
    start: UUID,
    after: str | None = None,
    size: int = PAGE_SIZE,
) -> Page:
    """A page in the order of the random ids, from ``start`` round to it again. At most two statements."""
    rows, now = source.rows_for(connection, filters), source.asked_at
    key = rows.c.job_variants_id
    query = _cards(rows).where(*source.conditions(rows, filters)).order_by(key)
    last = _read_id(after) if after else None
    found: list[Row[Any]] = []
    if last is None or last >= start:
        found = list(connection.execute(query.where(key > last if last else key >= start).limit(size + 1)))
        last = None
    if len(found) <= size:
        turn = query.where(key < start, *(() if last is None else (key > last,)))
        found += connection.execute(turn.limit(size + 1 - len(found)))
    following = str(found[size - 1].job_variants_id) if len(found) > size else None
    return Page(tuple(_card(row, now) for row in found[:size]), following)


@query_budget(statements=1, rows=1_100)
def count_matches(
    connection: Connection, source: VariantSource, filters: PictureFilters, first: Page | None = None
) -> Count:
    """Exactly up to a thousand. One statement; none after a ``first`` page that shows or knows how many."""
    if first is not None and first.after is None:
        return Count(len(first.cards), more=False)
    if first is not None and first.matches is not None:
        return Count(min(first.matches, MOST_COUNTED), first.matches > MOST_COUNTED)
    rows = source.rows_for(connection, filters)
    some = select(literal(1)).select_from(rows).where(*source.conditions(rows, filters))
    if not filters.looks_elsewhere:
        # In the order of an index that knows all that is asked: PostgreSQL would read whole rows otherwise.
        some = some.order_by(rows.c.created_at.desc())
    some = some.limit(MOST_COUNTED + 1)
    number = connection.scalar(select(func.count()).select_from(some.subquery())) or 0
    return Count(min(number, MOST_COUNTED), number > MOST_COUNTED)


@query_budget(statements=1, rows=20_000)
def histogram(
    connection: Connection, source: VariantSource, filters: PictureFilters, score: str
) -> tuple[int, ...]:
    """Newest matches per bin, twenty bins per score."""
    low, high = RANGES[score]
    rows = source.rows_for(connection, filters)
    if filters.ranges:
        make_room(connection)
    newest = (
        select(rows.c[score].label("value"))
        .where(rows.c[score].is_not(None), *source.conditions(rows, filters))
        .order_by(rows.c.created_at.desc())
        .limit(HISTOGRAM_ROWS)
        .subquery()
    )
    place = func.least(func.width_bucket(newest.c.value, low, high, BINS), BINS)
    bins = connection.execute(select(place, func.count()).group_by(place))
    counted = {int(row[0]): int(row[1]) for row in bins}
    return tuple(counted.get(number, 0) for number in range(1, BINS + 1))


@query_budget(statements=1, rows=60)
def cards_of(connection: Connection, source: VariantSource, variant_ids: Iterable[UUID]) -> tuple[Card, ...]:
    """The named variants, in the given order.

    Unknown ones are left out.
    """
    wanted = tuple(variant_ids)
    filters = PictureFilters(variants=wanted)
    rows = source.rows_for(connection, filters)
    query = _cards(rows).where(*source.conditions(rows, filters))
    found = {row.job_variants_id: _card(row, source.asked_at) for row in connection.execute(query)}
    return tuple(found[variant_id] for variant_id in wanted if variant_id in found)


@query_budget(statements=9, rows=8_000)
def cards_of_jobs(connection: Connection, job_ids: Iterable[UUID], now: datetime) -> tuple[Card, ...]:
    """Every variant of these jobs as its rows are at ``now``, by number, jobs in no order.

    Straight from FeedlyAI's rows: a page names these few, and must not wait for the read model.
    """
    ids = list(job_ids)
    caps, states = capabilities(connection), state_rows(connection, ids, now)
    rows = fact_query(caps, among(t.jobs.c.job_id, ids), states, measured=contrast_kept(connection))
    found = [_card(row, now) for row in connection.execute(_cards(rows))]
    return tuple(sorted(found, key=lambda card: (card.variant is None, card.variant or 0)))


@query_budget(statements=1, rows=10)
def picture_urls(connection: Connection, cards: Sequence[Card]) -> dict[UUID, str | None]:
    """Asset URLs of the cards' finished pictures, by variant.

    One statement.
    """
    wanted = {card.picture_id for card in cards if card.picture_id is not None}
    query = select(image_assets.c.image_asset_id, image_assets.c.image_url)
    rows = connection.execute(query.where(among(image_assets.c.image_asset_id, wanted)))
    urls = {row.image_asset_id: row.image_url for row in rows}
    return {card.variant_id: urls.get(card.picture_id) for card in cards}


def _mark(row: Row[Any], order: Order) -> str:
    value = getattr(row, order.by)
    written = value.isoformat() if isinstance(value, datetime) else "" if value is None else repr(value)
    return f"{written}_{row.job_variants_id}"


def _read_id(mark: str) -> UUID:
    try:
        return UUID(mark)
    except ValueError:
        raise _no_page() from None


def _no_page() -> InvalidInput:
    return InvalidInput(
        N_("The address names no page of the gallery."), hint=N_("Go back to the first page.")
    )


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
        raise _no_page() from None


def _cards(rows: FromClause) -> Select[Any]:
    """What a card shows: half of the columns, without the words to search for."""
    return select(*(rows.c[name] for name in _SHOWN))


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
        row.before_id,
        row.tone,
        row.description,
        row.drawn_text,
    )
