"""Times of rows that were written without their zone. Pure.

A service that stamps local time as if it were UTC, or the other way round, stores ``updated_at`` hours away
from the truth, while the database itself writes ``created_at``.
"""

from __future__ import annotations

from datetime import datetime, timedelta

SHIFT_FROM = timedelta(minutes=25)
"""Clocks of servers differ by seconds, zones by half an hour at least."""


def zone_shift(created_at: datetime, updated_at: datetime) -> timedelta | None:
    """How far before its own creation a row claims to have been updated, in half hours; None: it does not."""
    early = created_at - updated_at
    if early < SHIFT_FROM:
        return None
    half_hours = -(-early // timedelta(minutes=30))
    return half_hours * timedelta(minutes=30)


def credible_update(created_at: datetime, updated_at: datetime) -> datetime:
    """When a row was updated at the earliest: not before it was created.

    A row of a shifted service then counts as fresh as it is; received events say the rest.
    """
    return created_at if zone_shift(created_at, updated_at) else updated_at
