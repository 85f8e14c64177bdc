"""Compares two runs: which pictures got better or worse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import Connection

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Card, Order, gallery_page
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.scores import COMPARED, Limits, passes
from feedly_core.reviews.agreement import human_verdict
from feedly_core.reviews.queue import Item, items
from feedly_core.reviews.verdicts import need_reviews

MOST_PICTURES = 5_000
"""Of a longer run the newest so many are compared, and it is said."""


class Change(StrEnum):
    """Change of a picture, the most urgent first."""

    BROKEN = "broken"
    WORSE = "worse"
    FIXED = "fixed"
    BETTER = "better"
    SAME = "same"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Pair:
    """The same order in two runs.

    ``by_people``: verdicts of people on both sides decided, else the limits.

    ``moved`` is each metric's later value minus the earlier one, where both are recorded.
    """

    before: Item
    after: Item
    change: Change
    by_people: bool
    moved: Mapping[str, float]


@dataclass(frozen=True)
class Comparison:
    """``pairs`` with the most urgent first.

    How many pictures of each side have no counterpart. ``cut``: a run has more pictures than are compared.
    """

    pairs: tuple[Pair, ...]
    only_before: int
    only_after: int
    cut: bool = False

    def of(self, change: Change) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.change is change)


@query_budget(statements=7, rows=25_000)
def compare_runs(
    connection: Connection,
    source: VariantSource,
    before: PictureFilters,
    after: PictureFilters,
    known: Limits,
    floor: float = 0.0,
) -> Comparison:
    """Compare pictures of the same description, tone and number in the job, newest with newest.

    Of what is left, those meet that differ in tone only. Five statements, whatever the size of the runs.
    ``known``: the limits in force. ``floor``: what the overall score moves by itself; a smaller movement is
    neither better nor worse.
    """
    need_reviews(connection)
    pages = [
        gallery_page(connection, source, replace(filters, finished=True), Order(), None, MOST_PICTURES)
        for filters in (before, after)
    ]
    sides = [page.cards for page in pages]
    judged = {item.picture.variant_id: item for side in sides for item in items(connection, side)}
    matched = list(_matched(*sides))
    pairs = [
        _pair(judged[first.variant_id], judged[second.variant_id], known, floor) for first, second in matched
    ]
    urgency = list(Change)
    pairs.sort(key=lambda pair: (urgency.index(pair.change), pair.moved.get("overall", 0.0)))
    cut = any(page.after is not None for page in pages)
    return Comparison(tuple(pairs), len(sides[0]) - len(pairs), len(sides[1]) - len(pairs), cut)


def _matched(before: Iterable[Card], after: Iterable[Card]) -> Iterator[tuple[Card, Card]]:
    left, right = list(before), list(after)
    for key in (_same_order, _same_description):
        waiting: dict[Hashable, list[Card]] = defaultdict(list)
        for picture in right:
            waiting[key(picture)].append(picture)
        met = [(picture, waiting[key(picture)].pop(0)) for picture in left if waiting[key(picture)]]
        yield from met
        gone = {picture.variant_id for pair in met for picture in pair}
        left, right = ([p for p in side if p.variant_id not in gone] for side in (left, right))


def _same_order(picture: Card) -> Hashable:
    return picture.description, picture.tone, picture.variant


def _same_description(picture: Card) -> Hashable:
    return picture.description, picture.variant


def _pair(before: Item, after: Item, known: Limits, floor: float) -> Pair:
    moved = {
        name: later - earlier
        for name in COMPARED
        if (earlier := before.picture.scores.get(name)) is not None
        and (later := after.picture.scores.get(name)) is not None
    }
    said = [human_verdict(item) for item in (before, after)]
    by_people = None not in said
    good = said if by_people else [_passes(item.picture, known) for item in (before, after)]
    return Pair(before, after, _change(good[0], good[1], moved.get("overall"), floor), by_people, moved)


def _passes(picture: Card, known: Limits) -> bool | None:
    scores = {name: picture.scores.get(name) for name in COMPARED}
    return passes(known, scores, large_text=picture.large_text)


def _change(before: bool | None, after: bool | None, moved: float | None, floor: float) -> Change:
    if before is None or after is None:
        return Change.UNKNOWN
    if before != after:
        return Change.FIXED if after else Change.BROKEN
    if not moved or abs(moved) < floor:
        return Change.SAME
    return Change.BETTER if moved > 0 else Change.WORSE
