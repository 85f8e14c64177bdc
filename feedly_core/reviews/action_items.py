"""Action items of a meeting: what, who, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, delete, insert, select

from feedly_core.db.announcements import announce
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import installed, need, review_actions
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.typed_text import text_problems
from feedly_core.errors import InvalidInput, NotFound
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role, audit_line, require
from feedly_core.reviews.meetings import find
from feedly_core.reviews.verdicts import MAX_NAME
from feedly_core.settings import Settings

MAX_WORDS, MOST_ITEMS = 500, 100


@dataclass(frozen=True)
class ActionItem:
    """Something to do after a meeting; ``due`` None: no day was set."""

    action_id: UUID
    words: str
    owner: str
    due: date | None


@query_budget(statements=2, rows=200)
def action_items(connection: Connection, meeting_id: UUID) -> tuple[ActionItem, ...]:
    """Those of a meeting, in the order of writing. Empty without the table."""
    if not installed(connection, [review_actions]):
        return ()
    table = review_actions.c
    query = (
        select(table.action_id, table.words, table.owner, table.due)
        .where(table.meeting_id == meeting_id)
        .order_by(table["at"], table.action_id)
        .limit(MOST_ITEMS)
    )
    return tuple(ActionItem(*row) for row in connection.execute(query))


def add_action(
    engine: Engine,
    settings: Settings,
    person: Person,
    meeting_id: UUID,
    words: str,
    owner: str,
    due: date | None = None,
) -> UUID:
    """Write one down, during a meeting or after it. Needs the role reviewer; returns its id.

    Raises :class:`InvalidInput` for an empty or long text, :class:`NotFound` for an unknown meeting.
    """
    require(person, Role.REVIEWER, settings)
    words, owner = words.strip(), owner.strip()
    for problem in (
        *text_problems(N_("action item"), words, MAX_WORDS, required=True),
        *text_problems(N_("name"), owner, MAX_NAME, required=True),
    ):
        raise InvalidInput(
            problem, detail=N_("Nothing was written."), hint=N_("Correct the form and try again.")
        )
    action_id = uuid4()
    with writing(engine) as connection:
        _need_table(connection)
        find(connection, meeting_id)
        if len(action_items(connection, meeting_id)) >= MOST_ITEMS:
            raise InvalidInput(N_("A meeting has at most {n} action items.", n=MOST_ITEMS))
        row = {"meeting_id": meeting_id, "words": words, "owner": owner, "due": due}
        connection.execute(insert(review_actions).values(action_id=action_id, created_by=person.name, **row))
        after = {"words": words, "owner": owner, "due": due and due.isoformat()}
        connection.execute(audit_line(person, "add_action", str(meeting_id), after=after))
        announce(connection, meeting_id)
    return action_id


def remove_action(engine: Engine, settings: Settings, person: Person, action_id: UUID) -> None:
    """Strike one out. Needs the role reviewer; raises :class:`NotFound` when it is gone."""
    require(person, Role.REVIEWER, settings)
    with writing(engine) as connection:
        _need_table(connection)
        gone = connection.execute(
            delete(review_actions).where(review_actions.c.action_id == action_id).returning(review_actions)
        ).first()
        if gone is None:
            raise NotFound(N_("This action item is no longer there."), hint=N_("Load the page again."))
        before = {"words": gone.words, "owner": gone.owner, "due": gone.due and gone.due.isoformat()}
        connection.execute(audit_line(person, "remove_action", str(gone.meeting_id), before=before))
        announce(connection, gone.meeting_id)


def _need_table(connection: Connection) -> None:
    need(connection, [review_actions], N_("This database has no place for action items yet."))
