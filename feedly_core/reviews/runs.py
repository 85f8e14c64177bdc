"""Pairs of two runs: what became of each, and the evidence of those that are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from feedly_core.analytics.gallery import cards_of
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.scores import COMPARED
from feedly_core.reviews.changes import Drawn, LookChange, drawn_texts, look_change
from feedly_core.reviews.queue import Item, items

MOST_SHOWN = 40


class Change(StrEnum):
    """Change of a picture, the most urgent first."""

    BROKEN = "broken"
    WORSE = "worse"
    FIXED = "fixed"
    BETTER = "better"
    SAME = "same"
    UNKNOWN = "unknown"


class PairKey(NamedTuple):
    """The ids of two pictures of the same order, as texts, and what became of it.

    ``by_people``: verdicts of people on both sides decided, else the limits. ``moved``: the overall score's
    later value minus the earlier one.
    """

    before_key: str
    after_key: str
    change: Change
    by_people: bool
    moved: float | None

    @property
    def before(self) -> UUID:
        return UUID(self.before_key)

    @property
    def after(self) -> UUID:
        return UUID(self.after_key)


@dataclass(frozen=True)
class Pair:
    """A pair with its pictures. ``look``: how the drawn texts differ.

    ``moved`` is each metric's later value minus the earlier one, where both are recorded.
    """

    before: Item
    after: Item
    change: Change
    by_people: bool
    moved: Mapping[str, float]
    look: LookChange


def change_of(before: bool | None, after: bool | None, moved: float | None, floor: float) -> Change:
    """A picture's outcome. A movement below ``floor`` is none."""
    if before is None or after is None:
        return Change.UNKNOWN
    if before != after:
        return Change.FIXED if after else Change.BROKEN
    if not moved or abs(moved) < floor:
        return Change.SAME
    return Change.BETTER if moved > 0 else Change.WORSE


@query_budget(statements=6, rows=2_000)
def shown_pairs(connection: Connection, source: VariantSource, keys: Sequence[PairKey]) -> tuple[Pair, ...]:
    """The pictures of at most ``MOST_SHOWN`` pairs, those whose look changed most first.

    A pair of which a picture is gone meanwhile is left out.
    """
    keys = keys[:MOST_SHOWN]
    ids = [variant_id for key in keys for variant_id in (key.before, key.after)]
    shown = {item.picture.variant_id: item for item in items(connection, cards_of(connection, source, ids))}
    drawn = drawn_texts(connection, list(shown))
    pairs = [
        _pair(key, (shown[key.before], shown[key.after]), (drawn.get(key.before), drawn.get(key.after)))
        for key in keys
        if key.before in shown and key.after in shown
    ]
    return tuple(sorted(pairs, key=lambda pair: -pair.look.distance))


def _pair(key: PairKey, sides: tuple[Item, Item], drawn: tuple[Drawn | None, Drawn | None]) -> Pair:
    before, after = sides
    moved = {
        name: later - earlier
        for name in COMPARED
        if (earlier := before.picture.scores.get(name)) is not None
        and (later := after.picture.scores.get(name)) is not None
    }
    return Pair(before, after, key.change, key.by_people, moved, look_change(*drawn))
