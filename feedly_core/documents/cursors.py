"""Cursors: the place of a line in a list, as text that nobody needs to read."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from uuid import UUID

from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_
from feedly_core.results.report import plain

Place = tuple[datetime | None, UUID]
"""Time and id of the last line that was given."""


def write_cursor(made: datetime | None, id_: UUID) -> str:
    """The cursor of a line."""
    place = json.dumps([plain(made), str(id_)])
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> Place | None:
    """The place that a cursor names.

    None without one. Raises :class:`InvalidInput` for one that was not given here.
    """
    if cursor is None:
        return None
    try:
        made, id_ = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        at = None if made is None else datetime.fromisoformat(made)
        if at is not None and at.tzinfo is None:
            raise ValueError
        return at, UUID(id_)
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
        raise InvalidInput(
            N_("The cursor is none that this dashboard gave."),
            hint=N_("Take it from the field next of the page before."),
        ) from error
