"""Pictures without a verdict, their order, and what a meeting should talk about."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import md5
from random import Random
from uuid import UUID

from sqlalchemy import Connection, func, literal, select

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import (
    MOST_COUNTED,
    Card,
    Count,
    Order,
    Page,
    gallery_page,
    shuffled_page,
)
from feedly_core.analytics.page_walk import NEWEST
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.query_budget import query_budget
from feedly_core.reviews.verdicts import (
    StoredVerdict,
    disputed,
    need_reviews,
    stored_verdicts,
    team_verdict,
)
from feedly_core.reviews.winners import winners

PAGE_SIZE = 200
MOST_JUDGED = 5_000
"""Agreement is computed over the newest so many judged pictures."""


class QueueOrder(StrEnum):
    """Which picture comes first."""

    WORST = "worst"
    OLDEST = "oldest"
    NEWEST = "newest"
    DISPUTED = "disputed"
    SHUFFLED = "shuffled"


_SORTED = {
    QueueOrder.WORST: Order("overall", ascending=True),
    QueueOrder.OLDEST: Order(NEWEST, ascending=True),
    QueueOrder.NEWEST: Order(NEWEST),
    QueueOrder.DISPUTED: Order("overall", ascending=True),
}


@dataclass(frozen=True)
class Item:
    """A picture and what has been said about it.

    Only verdicts on this very picture count.
    """

    picture: Card
    said: tuple[StoredVerdict, ...]

    @property
    def disputed(self) -> bool:
        return disputed(self.said)

    @property
    def decision(self) -> StoredVerdict | None:
        return team_verdict(self.said)

    def by(self, name: str) -> StoredVerdict | None:
        """This person's own verdict."""
        return next((item for item in self.said if item.reviewer == name and not item.team), None)


@dataclass(frozen=True)
class Queue:
    """A page of ``items`` in order of looking.

    ``judged`` of ``total`` have a verdict of this person.
    ``after`` is the mark of the next page, None on the last one.
    """

    items: tuple[Item, ...]
    judged: int
    total: Count
    after: str | None


@query_budget(statements=5, rows=25_000)
def queue(
    connection: Connection,
    source: VariantSource,
    reviewer: str,
    filters: PictureFilters,
    order: QueueOrder = QueueOrder.WORST,
    *,
    my_turn: bool = True,
    after: str | None = None,
    size: int = PAGE_SIZE,
) -> Queue:
    """A page of the pictures that fit the filters.

    ``my_turn`` leaves out what ``reviewer`` has judged.

    Four statements, one more where disputed ones come first. Raises :class:`MissingInSchema` without the
    dashboard's own schema.
    """
    need_reviews(connection)
    finished = replace(filters, finished=True)
    wanted = replace(finished, unjudged_by=reviewer) if my_turn else finished
    page = candidates(connection, source, wanted, order, seed=reviewer, after=after, size=size)
    total, mine = _counts(connection, source, finished, reviewer)
    return Queue(items(connection, page.cards), mine, total, page.after)


@query_budget(statements=2, rows=25_000)
def candidates(
    connection: Connection,
    source: VariantSource,
    filters: PictureFilters,
    order: QueueOrder,
    *,
    seed: str = "",
    after: str | None = None,
    size: int = PAGE_SIZE,
) -> Page:
    """A page of finished pictures. Disputed ones come first, all on the first page; then the worst."""
    filters = replace(filters, finished=True)
    if order is QueueOrder.SHUFFLED:
        start = UUID(md5(seed.encode(), usedforsecurity=False).hexdigest())
        page = shuffled_page(connection, source, filters, start, after, size)
        mixed = sorted(page.cards, key=lambda card: Random(f"{seed}{card.variant_id}").random())  # noqa: S311 - not for secrets
        return Page(tuple(mixed), page.after)
    if order is not QueueOrder.DISPUTED:
        return gallery_page(connection, source, filters, _SORTED[order], after, size)
    first: tuple[Card, ...] = ()
    if after is None:
        some = replace(filters, disputed=True)
        first = gallery_page(connection, source, some, _SORTED[order], None, size).cards
    rest = replace(filters, disputed=False)
    page = gallery_page(connection, source, rest, _SORTED[order], after, max(1, size - len(first)))
    return Page((*first, *page.cards), page.after)


@query_budget(statements=3, rows=25_000)
def judged_items(connection: Connection, source: VariantSource, filters: PictureFilters) -> tuple[Item, ...]:
    """The newest pictures that anybody judged, with what was said. Two statements."""
    some = replace(filters, finished=True, judged=True)
    return items(connection, gallery_page(connection, source, some, Order(), None, MOST_JUDGED).cards)


@query_budget(statements=1, rows=10_000)
def items(connection: Connection, shown: Iterable[Card]) -> tuple[Item, ...]:
    """The pictures with their verdicts, in the same order.

    One statement, none for nothing.
    """
    shown = tuple(shown)
    said = stored_verdicts(connection, [picture.variant_id for picture in shown]) if shown else {}
    return tuple(
        Item(
            picture,
            tuple(item for item in said.get(picture.variant_id, ()) if item.picture_id == picture.picture_id),
        )
        for picture in shown
    )


def _counts(
    connection: Connection, source: VariantSource, filters: PictureFilters, reviewer: str
) -> tuple[Count, int]:
    """How many pictures fit, up to a thousand, and how many of them this person judged. One statement."""
    rows, mine = source.rows_for(connection, filters), replace(filters, judged_by=reviewer)
    some, judged = (
        select(func.count())
        .select_from(
            select(literal(1))
            .select_from(rows)
            .where(*source.conditions(rows, chosen))
            .limit(MOST_COUNTED + 1)
            .subquery()
        )
        .scalar_subquery()
        for chosen in (filters, mine)
    )
    row = connection.execute(select(some.label("total"), judged.label("judged"))).one()
    return Count(min(row.total, MOST_COUNTED), row.total > MOST_COUNTED), row.judged


@query_budget(statements=8, rows=25_000)
def agenda_for(
    connection: Connection, source: VariantSource, filters: PictureFilters, size: int
) -> list[Item]:
    """What a meeting should talk about: disputed pictures, then the worst, then winners."""
    finished, worst_first = replace(filters, finished=True), Order("overall", ascending=True)
    won = gallery_page(connection, source, replace(finished, won=True), Order(), None, PAGE_SIZE).cards
    made = winners(connection, {card.job_id for card in won})
    best = {winner.best for winner in made.values() if winner.best}
    cards = {card.variant_id: card for card in won if card.variant_id in best}
    for some in (replace(finished, disputed=True), replace(finished, disputed=False)):
        page = gallery_page(connection, source, some, worst_first, None, size)
        cards |= {card.variant_id: card for card in page.cards}
    return proposed(items(connection, cards.values()), best, size)


def proposed(unordered: Iterable[Item], won: Collection[UUID], size: int) -> list[Item]:
    """At most ``size`` pictures: disputed, then worst, then winners (``won``: their variants).

    None of the three crowds another out: each may have a third, and what one leaves the others fill.
    """
    by_score = sorted(unordered, key=_badness)
    disputed = [item for item in by_score if item.disputed]
    winners = [item for item in by_score if not item.disputed and item.picture.variant_id in won]
    worst = [item for item in by_score if not item.disputed and item.picture.variant_id not in won]
    third = size // 3
    last = min(len(winners), max(third, size - len(disputed) - len(worst)))
    first = min(len(disputed), size - last - min(third, len(worst)))
    return [*disputed[:first], *worst[: size - last - first], *winners[:last]]


def _badness(item: Item) -> float:
    return math.inf if item.picture.overall is None else item.picture.overall
