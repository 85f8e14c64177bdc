"""A meeting: agenda, the presenter's picture, and its followers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, func, insert, select, update

from feedly_core.db.announcements import announce
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import review_meetings
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.contract import MEETINGS_TOPIC
from feedly_core.errors import InvalidInput, NotFound, PermissionDenied
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role, audit_line, require
from feedly_core.reviews.verdicts import MAX_NAME, need_reviews
from feedly_core.settings import Settings

MAX_AGENDA = 200
REOPENED_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Meeting:
    """``agenda`` are variants; ``position`` counts from 0.

    ``shown_at``: since when this picture is up.
    """

    meeting_id: UUID
    title: str
    presenter: str
    agenda: tuple[UUID, ...]
    position: int
    started_at: datetime
    shown_at: datetime
    ended_at: datetime | None

    @property
    def shown(self) -> UUID:
        return self.agenda[self.position]


def start(engine: Engine, settings: Settings, person: Person, title: str, agenda: Sequence[UUID]) -> UUID:
    """Open a meeting on its first picture.

    Needs the role reviewer. Returns the meeting's id.
    """
    require(person, Role.REVIEWER, settings)
    checked = _agenda(agenda)
    meeting_id = uuid4()
    with writing(engine) as connection:
        need_reviews(connection)
        connection.execute(
            insert(review_meetings).values(
                meeting_id=meeting_id,
                title=title.strip()[:MAX_NAME],
                presenter=person.name,
                agenda=checked,
            )
        )
        after = {"title": title.strip()[:MAX_NAME], "pictures": len(checked)}
        connection.execute(audit_line(person, "start_meeting", str(meeting_id), after=after))
        announce(connection, meeting_id)
        announce(connection, MEETINGS_TOPIC)
    return meeting_id


def show(engine: Engine, settings: Settings, person: Person, meeting_id: UUID, position: int) -> None:
    """Bring another picture to every screen. Only the presenter may.

    Out of range is the nearest end.
    """
    with writing(engine) as connection:
        meeting = _presented(connection, settings, person, meeting_id)
        nearest = max(0, min(position, len(meeting.agenda) - 1))
        _change(connection, meeting_id, position=nearest, shown_at=func.clock_timestamp())
        _audit(connection, person, "show_in_meeting", meeting, {"position": nearest})


def arrange(
    engine: Engine, settings: Settings, person: Person, meeting_id: UUID, agenda: Sequence[UUID]
) -> None:
    """Another agenda, for everybody at once. Only the presenter may.

    The picture on the screen stays, unless it was taken off: then its successor is shown.
    """
    checked = _agenda(agenda)
    with writing(engine) as connection:
        meeting = _presented(connection, settings, person, meeting_id)
        shown = meeting.shown
        if shown in checked:
            _change(connection, meeting_id, agenda=checked, position=checked.index(shown))
        else:
            left = min(meeting.position, len(checked) - 1)
            _change(connection, meeting_id, agenda=checked, position=left, shown_at=func.clock_timestamp())
        _audit(connection, person, "arrange_meeting", meeting, {"agenda": [str(one) for one in checked]})


def append(
    connection: Connection, settings: Settings, person: Person, meeting_id: UUID, variants: Sequence[UUID]
) -> tuple[int, int]:
    """Put pictures behind the agenda, within the caller's transaction. Only the presenter may.

    Returns how many are new, and how many there are.
    """
    meeting = _presented(connection, settings, person, meeting_id)
    agenda = _agenda([*meeting.agenda, *variants])
    if len(agenda) > len(meeting.agenda):
        _change(connection, meeting_id, agenda=agenda)
        _audit(connection, person, "arrange_meeting", meeting, {"agenda": [str(one) for one in agenda]})
    return len(agenda) - len(meeting.agenda), len(agenda)


def end(engine: Engine, settings: Settings, person: Person, meeting_id: UUID) -> None:
    """Close the meeting for everybody. Only the presenter may."""
    with writing(engine) as connection:
        meeting = _presented(connection, settings, person, meeting_id, running=False)
        _change(connection, meeting_id, ended_at=func.now())
        announce(connection, MEETINGS_TOPIC)
        _audit(connection, person, "end_meeting", meeting, {"ended": True})


def reopen(engine: Engine, settings: Settings, person: Person, meeting_id: UUID) -> None:
    """Take the end back within ten minutes. Only the presenter may.

    Raises :class:`InvalidInput` later than that.
    """
    with writing(engine) as connection:
        meeting = _presented(connection, settings, person, meeting_id, running=False)
        if meeting.ended_at is None:
            return
        if connection.scalar(select(func.now() > meeting.ended_at + REOPENED_WITHIN)):
            raise InvalidInput(
                N_("The end can be taken back for {n} minutes only.", n=REOPENED_WITHIN.seconds // 60),
                hint=N_("Start another one to go on."),
            )
        _change(connection, meeting_id, ended_at=None)
        announce(connection, MEETINGS_TOPIC)
        _audit(connection, person, "reopen_meeting", meeting, {"ended": False})


@query_budget(statements=1, rows=100)
def find(connection: Connection, meeting_id: UUID) -> Meeting:
    """Raises :class:`NotFound` for an unknown meeting."""
    query = select(review_meetings).where(review_meetings.c.meeting_id == meeting_id)
    return _found(connection.execute(query).first())


@query_budget(statements=1, rows=50)
def recent(connection: Connection, limit: int = 20) -> tuple[Meeting, ...]:
    """The newest meetings first, running ones included."""
    query = select(review_meetings).order_by(review_meetings.c.started_at.desc()).limit(limit)
    return tuple(_meeting(row) for row in connection.execute(query))


@query_budget(statements=1, rows=2_000)
def on_agendas(connection: Connection) -> frozenset[UUID]:
    """Variants of the meetings that have not ended: what is said of them is theirs until then."""
    table = review_meetings.c
    agendas = connection.scalars(select(table.agenda).where(table.ended_at.is_(None)))
    return frozenset(UUID(str(variant)) for agenda in agendas for variant in agenda)


def _agenda(wanted: Sequence[UUID]) -> list[UUID]:
    """A picture is on the agenda once, where it was named first."""
    checked = list(dict.fromkeys(wanted))
    if not checked or len(checked) > MAX_AGENDA:
        raise InvalidInput(
            N_("An agenda has 1 to {n} pictures.", n=MAX_AGENDA),
            hint=N_("Choose other pictures for the agenda."),
        )
    return checked


def _presented(
    connection: Connection, settings: Settings, person: Person, meeting_id: UUID, *, running: bool = True
) -> Meeting:
    """The meeting, locked until the end of the transaction: a position belongs to one agenda."""
    require(person, Role.REVIEWER, settings)
    need_reviews(connection)
    meeting = _found(
        connection.execute(
            select(review_meetings).where(review_meetings.c.meeting_id == meeting_id).with_for_update()
        ).first()
    )
    if meeting.presenter != person.name:
        raise PermissionDenied(
            N_("Only {presenter} moves this meeting.", presenter=meeting.presenter),
            hint=N_("Follow it, or start a meeting of your own."),
        )
    if running and meeting.ended_at is not None:
        raise InvalidInput(N_("The meeting has ended."), hint=N_("Start another one to go on."))
    return meeting


def _change(connection: Connection, meeting_id: UUID, **values: Any) -> None:
    connection.execute(
        update(review_meetings).where(review_meetings.c.meeting_id == meeting_id).values(**values)
    )
    announce(connection, meeting_id)


def _audit(
    connection: Connection, person: Person, action: str, meeting: Meeting, after: dict[str, Any]
) -> None:
    """One line with what the meeting was before in the things that ``after`` names."""
    was = {
        "position": meeting.position,
        "agenda": [str(one) for one in meeting.agenda],
        "ended": meeting.ended_at is not None,
    }
    before = {name: was[name] for name in after}
    connection.execute(audit_line(person, action, str(meeting.meeting_id), before=before, after=after))


def _found(row: Any) -> Meeting:
    if row is None:
        raise NotFound(
            N_("There is no such meeting."), hint=N_("Open the list of meetings on the review page.")
        )
    return _meeting(row)


def _meeting(row: Any) -> Meeting:
    return Meeting(
        row.meeting_id,
        row.title,
        row.presenter,
        tuple(row.agenda),
        row.position,
        row.started_at,
        row.shown_at,
        row.ended_at,
    )
