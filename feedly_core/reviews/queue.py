"""Pictures without a verdict, and their order."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from sqlalchemy import Connection

from feedly_core.db.query_budget import query_budget
from feedly_core.reviews.pictures import Filters, Picture, pictures
from feedly_core.reviews.verdicts import StoredVerdict, disputed, need_reviews, stored_verdicts, team_verdict


class Order(StrEnum):
    """Which picture comes first."""

    WORST = "worst"
    OLDEST = "oldest"
    NEWEST = "newest"
    DISPUTED = "disputed"
    SHUFFLED = "shuffled"


@dataclass(frozen=True)
class Item:
    """A picture and what has been said about it.

    Only verdicts on this very picture count.
    """

    picture: Picture
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
    """``items`` in order of looking.

    ``judged`` of ``total`` have a verdict of this person.
    """

    items: tuple[Item, ...]
    judged: int
    total: int


@query_budget(statements=4, rows=25_000)
def queue(
    connection: Connection,
    reviewer: str,
    filters: Filters,
    order: Order = Order.WORST,
    *,
    my_turn: bool = True,
) -> Queue:
    """The pictures that fit the filters.

    ``my_turn`` leaves out what ``reviewer`` has judged.

    Four statements. Raises :class:`MissingInSchema` without the dashboard's own schema.
    """
    need_reviews(connection)
    everything = items(connection, pictures(connection, filters))
    mine = [item for item in everything if item.by(reviewer)]
    shown = [item for item in everything if not (my_turn and item.by(reviewer))]
    return Queue(tuple(ordered(shown, order, reviewer)), len(mine), len(everything))


@query_budget(statements=1, rows=10_000)
def items(connection: Connection, shown: Iterable[Picture]) -> tuple[Item, ...]:
    """The pictures with their verdicts, in the same order.

    One statement.
    """
    shown = tuple(shown)
    said = stored_verdicts(connection, [picture.variant_id for picture in shown])
    return tuple(
        Item(
            picture,
            tuple(item for item in said.get(picture.variant_id, ()) if item.picture_id == picture.picture_id),
        )
        for picture in shown
    )


def ordered(unordered: Iterable[Item], order: Order, seed: str = "") -> list[Item]:
    """Worst puts pictures without a score last.

    Disputed come first, then the worst.

    Shuffled says nothing about scores or age: another order for each ``seed``, the same each time.
    """
    newest_first = list(unordered)
    if order is Order.SHUFFLED:
        return sorted(newest_first, key=lambda item: Random(f"{seed}{item.picture.variant_id}").random())  # noqa: S311 - not for secrets
    if order is Order.NEWEST:
        return newest_first
    if order is Order.OLDEST:
        return newest_first[::-1]
    by_score = sorted(newest_first, key=_badness)
    return sorted(by_score, key=lambda item: not item.disputed) if order is Order.DISPUTED else by_score


def _badness(item: Item) -> float:
    return math.inf if item.picture.overall is None else item.picture.overall
