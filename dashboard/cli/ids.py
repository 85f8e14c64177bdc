"""The one thing whose id begins with what was typed."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection

from feedly_core.errors import NotFound
from feedly_core.i18n import N_
from feedly_core.reviews.meetings import recent
from feedly_core.reviews.verdicts import need_reviews

MOST_MEETINGS = 500
"""The newest so many can be named by the beginning of their ids."""


def one_id(prefix: str, ids: Iterable[UUID]) -> UUID:
    """The id that begins with ``prefix``, dashes or not.

    Raises :class:`NotFound` where none or several do.
    """
    typed = prefix.strip().lower().replace("-", "")
    found = [each for each in ids if typed and each.hex.startswith(typed)]
    if len(found) != 1:
        raise NotFound(
            N_("{n} of them begin with {prefix}.", n=len(found), prefix=prefix),
            hint=N_("Write more of the id, as the list shows it."),
        )
    return found[0]


def meeting_named(connection: Connection, prefix: str) -> UUID:
    """The meeting whose id begins with ``prefix``."""
    need_reviews(connection)
    return one_id(prefix, (each.meeting_id for each in recent(connection, MOST_MEETINGS)))
