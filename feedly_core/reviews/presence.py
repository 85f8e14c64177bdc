"""Presence: who is there while a meeting runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Engine, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from feedly_core.db.announcements import announce
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import review_meetings, review_presence
from feedly_core.db.query_budget import query_budget
from feedly_core.permissions import Person, Role, audit_line, require
from feedly_core.reviews.verdicts import need_reviews
from feedly_core.settings import Settings

SAID_EVERY = timedelta(minutes=1)
"""A view that stays open says so this often."""

GONE_AFTER = 3 * SAID_EVERY
"""Who has said nothing for so long has left, or looks elsewhere: a phone in the pocket says nothing."""

MOST_PEOPLE = 500
"""So many are listed of one meeting, the first to come first."""


@dataclass(frozen=True)
class Presence:
    """One person of a meeting, however many devices. ``here``: seen a moment ago."""

    person: str
    first_seen: datetime
    last_seen: datetime
    here: bool


def attend(engine: Engine, settings: Settings, person: Person, meeting_id: UUID) -> None:
    """Record that ``person`` is there now. Everybody who may look may.

    Before a meeting began and after its end nothing is recorded. The audit log keeps the coming alone.
    """
    require(person, Role.VIEWER, settings)
    with writing(engine) as connection:
        need_reviews(connection)
        # Locked against the end of the meeting: whoever comes at that moment waits, and is too late.
        running = (
            select(review_meetings.c.meeting_id, literal(person.name))
            .where(review_meetings.c.meeting_id == meeting_id, review_meetings.c.ended_at.is_(None))
            .with_for_update(read=True)
        )
        seen = insert(review_presence).from_select(["meeting_id", "person"], running)
        keys = [review_presence.c.meeting_id, review_presence.c.person]
        row = connection.execute(
            seen.on_conflict_do_update(
                index_elements=keys,
                set_={"last_seen": func.greatest(review_presence.c.last_seen, func.now())},
            ).returning(review_presence.c.first_seen == func.now())
        ).first()
        if row is not None and row[0]:
            connection.execute(
                audit_line(person, "attend_meeting", str(meeting_id), after={"person": person.name})
            )
            announce(connection, meeting_id)


@query_budget(statements=1, rows=2_000)
def attendance(connection: Connection, meeting_id: UUID) -> tuple[Presence, ...]:
    """Everybody who was there while the meeting ran, in the order of coming.

    Empty for a meeting of which no presence was recorded.
    """
    table = review_presence
    query = (
        select(
            table.c.person,
            table.c.first_seen,
            table.c.last_seen,
            (table.c.last_seen > func.now() - GONE_AFTER).label("here"),
        )
        .where(table.c.meeting_id == meeting_id)
        .order_by(table.c.first_seen, table.c.person)
        .limit(MOST_PEOPLE)
    )
    return tuple(Presence(*row) for row in connection.execute(query))
