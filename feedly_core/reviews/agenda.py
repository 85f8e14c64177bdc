"""Agenda that a person collects: of the meeting they present, else of the next one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from feedly_core.db.engine import writing
from feedly_core.db.own_schema import installed, need, review_drafts, review_meetings
from feedly_core.db.query_budget import query_budget
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role, audit_line, require
from feedly_core.reviews.meetings import MAX_AGENDA, append
from feedly_core.settings import Settings


@dataclass(frozen=True)
class Collected:
    """``added`` new pictures; ``meeting_id``: of a running meeting, None: for the next one."""

    added: int
    pictures: int
    meeting_id: UUID | None


@query_budget(statements=2, rows=10)
def collected(connection: Connection, name: str) -> tuple[UUID, ...]:
    """The variants that this person has collected for the next meeting."""
    if not installed(connection, [review_drafts]):
        return ()
    kept = connection.scalar(select(review_drafts.c.agenda).where(review_drafts.c.person == name))
    return tuple(kept or ())


def collect(engine: Engine, settings: Settings, person: Person, variants: Iterable[UUID]) -> Collected:
    """Add pictures at the end of the agenda, each once. Needs the role reviewer.

    The newest running meeting that ``person`` presents gets them, else the next one. Raises
    :class:`InvalidInput` above 200 pictures, :class:`MissingInSchema` without the table.
    """
    require(person, Role.REVIEWER, settings)
    wanted = list(dict.fromkeys(variants))
    with writing(engine) as connection:
        _need_drafts(connection)
        running = connection.scalar(
            select(review_meetings.c.meeting_id)
            .where(review_meetings.c.presenter == person.name, review_meetings.c.ended_at.is_(None))
            .order_by(review_meetings.c.started_at.desc())
            .limit(1)
        )
        if running is not None:
            added, pictures = append(connection, settings, person, running, wanted)
            return Collected(added, pictures, running)
        _lock(connection, person)
        before = collected(connection, person.name)
        agenda = list(dict.fromkeys([*before, *wanted]))
        _write(connection, person, before, agenda)
        return Collected(len(agenda) - len(before), len(agenda), None)


def keep(engine: Engine, settings: Settings, person: Person, agenda: Sequence[UUID]) -> None:
    """The agenda of the next meeting as a whole; an empty one forgets it. Needs the role reviewer."""
    require(person, Role.REVIEWER, settings)
    with writing(engine) as connection:
        _need_drafts(connection)
        _lock(connection, person)
        before = collected(connection, person.name)
        _write(connection, person, before, list(dict.fromkeys(agenda)))


def _write(connection: Connection, person: Person, before: Sequence[UUID], agenda: list[UUID]) -> None:
    if len(agenda) > MAX_AGENDA:
        raise InvalidInput(
            N_("An agenda has 1 to {n} pictures.", n=MAX_AGENDA),
            detail=N_("Nothing was written."),
            hint=N_("Choose other pictures for the agenda."),
        )
    if agenda:
        row = insert(review_drafts).values(person=person.name, agenda=agenda)
        changed = {"agenda": row.excluded.agenda, "at": func.now()}
        connection.execute(row.on_conflict_do_update(index_elements=["person"], set_=changed))
    else:
        connection.execute(delete(review_drafts).where(review_drafts.c.person == person.name))
    was, now = ({"agenda": [str(one) for one in listed]} for listed in (before, agenda))
    connection.execute(audit_line(person, "collect_agenda", person.name, before=was, after=now))


def _lock(connection: Connection, person: Person) -> None:
    """Two tabs of one person add one after the other: no row may be there to lock yet."""
    key = f"feedly agenda of {person.name}"
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def _need_drafts(connection: Connection) -> None:
    need(
        connection,
        [review_meetings, review_drafts],
        N_("This database has no place for a collected agenda yet."),
    )
