"""Reasons of a verdict: built in, or the team's own."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Engine, delete, insert, select

from feedly_core.db.engine import writing
from feedly_core.db.own_schema import installed, review_tags
from feedly_core.db.query_budget import query_budget
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, Message, verbatim
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.reviews.verdicts import MAX_NAME, MAX_TAGS, need_reviews
from feedly_core.settings import Settings

BUILT_IN: dict[str, Message] = {
    "covers_food": N_("Text covers the food"),
    "low_contrast": N_("Low contrast"),
    "wrong_copy": N_("Wrong text"),
    "bad_crop": N_("Bad crop"),
    "off_brand": N_("Off brand"),
    "other": N_("Other"),
}


def tag_words(tag: str) -> Message:
    """A reason's label: ours translated, the team's own as written."""
    return BUILT_IN.get(tag) or verbatim(tag)


@query_budget(statements=2, rows=50)
def tags(connection: Connection) -> tuple[str, ...]:
    """The reasons on offer, in order."""
    if not installed(connection):
        return tuple(BUILT_IN)
    query = select(review_tags.c.tag).order_by(review_tags.c.position)
    return tuple(connection.scalars(query).all()) or tuple(BUILT_IN)


def keep_tags(engine: Engine, settings: Settings, person: Person, wanted: Iterable[str]) -> tuple[str, ...]:
    """Replace the list; needs the role operator.

    Stored verdicts keep the reasons that they named.

    An empty list brings the built-in one back. Raises :class:`InvalidInput` for too long a list or word.
    """
    require(person, Role.OPERATOR, settings)
    kept = checked_tags(wanted)
    with writing(engine) as connection:
        need_reviews(connection)
        before = tags(connection)
        connection.execute(delete(review_tags))
        if kept:
            connection.execute(
                insert(review_tags), [{"tag": tag, "position": place} for place, tag in enumerate(kept)]
            )
        audit(connection, person, "keep_tags", "review_tags", before={"tags": before}, after={"tags": kept})
    return kept or tuple(BUILT_IN)


def checked_tags(wanted: Iterable[str]) -> tuple[str, ...]:
    """The list as it would be kept: each reason once, without empty ones. Raises :class:`InvalidInput`."""
    kept = tuple(dict.fromkeys(tag.strip() for tag in wanted if tag.strip()))
    if len(kept) > MAX_TAGS or any(len(tag) > MAX_NAME for tag in kept):
        raise InvalidInput(
            N_("At most {n} reasons of {length} characters.", n=MAX_TAGS, length=MAX_NAME),
            hint=N_("Shorten the list and save it again."),
        )
    return kept
