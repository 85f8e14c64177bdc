"""When a person was here last."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, case, func
from sqlalchemy.dialects.postgresql import insert

from feedly_core.db.engine import writing
from feedly_core.db.own_schema import VISITS, installed, visits
from feedly_core.permissions import Person, Role, require
from feedly_core.settings import Settings

ENDS_AFTER = timedelta(minutes=30)
"""Who has shown no sign of life for so long has left: the next one begins another visit."""

SAID_EVERY = timedelta(minutes=10)
"""Between two signs of life of one session, at least."""


def note_visit(engine: Engine, settings: Settings, person: Person, now: datetime) -> datetime | None:
    """Record that ``person`` is here; when the visit before this one ended, None on the first. One statement.

    Two tabs are one visit. Without the table nothing is recorded. The audit log keeps no visits.
    """
    require(person, Role.VIEWER, settings)
    with writing(engine) as connection:
        if not installed(connection, VISITS):
            return None
        row = insert(visits).values(person=person.name, seen_at=now)
        before = case((visits.c.seen_at < now - ENDS_AFTER, visits.c.seen_at), else_=visits.c.before_at)
        noted = row.on_conflict_do_update(
            index_elements=["person"],
            set_={"before_at": before, "seen_at": func.greatest(visits.c.seen_at, now)},
        )
        found: datetime | None = connection.scalar(noted.returning(visits.c.before_at))
    return found
