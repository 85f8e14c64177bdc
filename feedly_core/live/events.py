"""NOTIFY payloads of the FeedlyAI triggers, parsed once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from feedly_core.domain.contract import VARIANT_CHANNEL

NOTIFIED = "notify"
"""``source`` of an event that a trigger sent."""
POLLED = "poll"
"""``source`` of an event inferred from two readings, while no trigger could be received."""


@dataclass(frozen=True, slots=True)
class Event:
    """One transition of a job row (``variant_id`` None) or of a variant row.

    ``row_updated_at`` is what the row says; ``seen_at`` is when it was received. The services stamp a row
    when a step begins and commit when it ends, so only ``seen_at`` shows when a step was finished.
    """

    job_id: UUID
    variant_id: UUID | None
    step: str | None
    status: str | None
    row_updated_at: datetime
    seen_at: datetime
    source: str = NOTIFIED

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for the same transition in every receiving process."""
        return (self.job_id, self.variant_id, self.step, self.status, self.row_updated_at)


def parse_event(channel: str, payload: str, seen_at: datetime) -> Event | None:
    """The event in a payload of pipeline.md's two channels.

    None when it cannot be understood.

    A payload without a usable ``updated_at`` counts as updated when it was seen.
    """
    try:
        document = json.loads(payload)
        job_id = UUID(document["job_id"])
        variant_id = UUID(document["job_variants_id"]) if channel == VARIANT_CHANNEL else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return Event(
        job_id,
        variant_id,
        _name(document.get("current_step")),
        _name(document.get("status")),
        _instant(document.get("updated_at"), seen_at),
        seen_at,
    )


def _name(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _instant(value: object, otherwise: datetime) -> datetime:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        return otherwise
    return instant if instant.tzinfo else otherwise
