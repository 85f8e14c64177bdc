"""Agenda of a meeting: disputed pictures, then the worst, then winners."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from feedly_core.reviews.queue import Item, Order, ordered


def proposed(unordered: Iterable[Item], won: Collection[UUID], size: int) -> list[Item]:
    """At most ``size`` pictures: disputed, then worst, then winners (``won``: their variants).

    None of the three crowds another out: each may have a third, and what one leaves the others fill.
    """
    by_score = ordered(unordered, Order.WORST)
    disputed = [item for item in by_score if item.disputed]
    winners = [item for item in by_score if not item.disputed and item.picture.variant_id in won]
    worst = [item for item in by_score if not item.disputed and item.picture.variant_id not in won]
    third = size // 3
    last = min(len(winners), max(third, size - len(disputed) - len(worst)))
    first = min(len(disputed), size - last - min(third, len(worst)))
    return [*disputed[:first], *worst[: size - last - first], *winners[:last]]
