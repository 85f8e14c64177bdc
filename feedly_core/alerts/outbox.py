"""Messages on their way: claimed in the database before they are sent.

A process that is killed while it sends leaves its claim. When the claim has run out another process sends the
message again, marked as a repeat, since the first may have arrived. So none is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Row, and_, case, func, insert, or_, select, update

from feedly_core.alerts.channels import channel_names
from feedly_core.alerts.course import Event
from feedly_core.alerts.store import need_alerts
from feedly_core.alerts.wording import Content, read_content, trial_content
from feedly_core.db.announcements import announce
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import ALERTS, alert_messages, installed
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.contract import ALERTS_TOPIC
from feedly_core.errors import InvalidInput, NotFound
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings

CLAIM = timedelta(seconds=60)
"""A sender that has not reported for so long was killed. Longer than any attempt may take."""

RETRY_AFTER = tuple(timedelta(seconds=s) for s in (15, 60, 300, 900, 1800, 3600))
"""Pauses before the next attempts. After the last one the message counts as not delivered."""

MOST_ATTEMPTS = len(RETRY_AFTER) + 1
MOST_MESSAGES = 200


class Delivery(StrEnum):
    """How far a message is."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"


_KNOWN = and_(
    alert_messages.c.event.in_([event.value for event in Event]),
    alert_messages.c.state.in_([state.value for state in Delivery]),
)
"""A newer program beside this one may have written others; it sends them itself."""


@dataclass(frozen=True)
class OutMessage:
    """One message. ``repeat``: an earlier attempt may have arrived already."""

    message_id: UUID
    alert_id: UUID | None
    event: Event
    channel: str
    content: Content
    created_at: datetime
    due_at: datetime
    state: Delivery
    attempts: int
    sent_at: datetime | None
    repeat: bool
    error: str | None


def put(
    connection: Connection,
    event: Event,
    channel: str,
    content: Content,
    *,
    due_at: datetime | None = None,
    alert_id: UUID | None = None,
) -> UUID:
    """Add a message in the caller's transaction. Without ``due_at`` it is due at once, by any clock."""
    message_id = uuid4()
    row = {
        "message_id": message_id,
        "alert_id": alert_id,
        "event": event.value,
        "channel": channel,
        "content": content.as_document(),
        "due_at": due_at or func.now(),
        "state": Delivery.WAITING.value,
    }
    connection.execute(insert(alert_messages).values(row))
    return message_id


def claim(engine: Engine, sender: str) -> OutMessage | None:
    """Take the message that is due longest; None when none is, or others are busy with those that are."""
    known = alert_messages.c
    left_behind = and_(known.state == Delivery.CLAIMED.value, known.claimed_at < func.now() - CLAIM)
    due = and_(known.state == Delivery.WAITING.value, known.due_at <= func.now())
    mine = (
        select(known.message_id)
        .where(or_(due, left_behind), _KNOWN)
        .order_by(known.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = (
        update(alert_messages)
        .where(known.message_id == mine)
        .values(
            state=Delivery.CLAIMED.value,
            claimed_by=sender,
            claimed_at=func.now(),
            attempts=known.attempts + 1,
            repeat=case((known.state == Delivery.CLAIMED.value, True), else_=known.repeat),
        )
        .returning(alert_messages)
    )
    with writing(engine) as connection:
        row = connection.execute(taken).one_or_none()
    return None if row is None else _message(row)


def sent(engine: Engine, sender: str, message: OutMessage) -> None:
    """Note that a claimed message has arrived."""
    _report(engine, sender, message, {"state": Delivery.SENT.value, "sent_at": func.now(), "error": None})


def not_sent(
    engine: Engine,
    sender: str,
    message: OutMessage,
    error: str,
    *,
    after: float | None = None,
    hopeless: bool = False,
    uncertain: bool = False,
) -> None:
    """Note a failed attempt.

    ``after``: seconds that the receiver asked us to wait. ``hopeless``: it is not tried again. ``uncertain``:
    it may have arrived, so the next attempt is marked as a repeat.
    """
    values: dict[str, Any] = {"error": error[:500], "repeat": message.repeat or uncertain}
    if hopeless or message.attempts >= MOST_ATTEMPTS:
        values["state"] = Delivery.FAILED.value
    else:
        pause = RETRY_AFTER[max(message.attempts, 1) - 1]
        asked = timedelta(seconds=min(after or 0.0, 3600.0))
        values |= {"state": Delivery.WAITING.value, "due_at": func.now() + max(pause, asked)}
    _report(engine, sender, message, values)


def _report(engine: Engine, sender: str, message: OutMessage, values: dict[str, Any]) -> None:
    """Touches nothing when the claim has run out and another process took the message."""
    known = alert_messages.c
    held = (known.message_id == message.message_id, known.claimed_by == sender)
    at = (known.attempts == message.attempts, known.state == Delivery.CLAIMED.value)
    with writing(engine) as connection:
        connection.execute(update(alert_messages).where(*held, *at).values(values))


def next_due(connection: Connection) -> datetime | None:
    """When the next message must be looked at; None when none waits."""
    known = alert_messages.c
    claimed = known.state == Delivery.CLAIMED.value
    moment = func.min(case((claimed, known.claimed_at + CLAIM), else_=known.due_at))
    open_ = known.state.in_((Delivery.WAITING.value, Delivery.CLAIMED.value))
    found: datetime | None = connection.scalar(select(moment).where(open_))
    return found


@query_budget(statements=1, rows=1000)
def recent_messages(
    connection: Connection, limit: int = 50, channel: str | None = None
) -> tuple[OutMessage, ...]:
    """The newest messages, or those of one channel, newest first. One statement."""
    if not installed(connection, ALERTS):
        return ()
    query = select(alert_messages).where(_KNOWN).order_by(alert_messages.c.created_at.desc())
    if channel is not None:
        query = query.where(alert_messages.c.channel == channel)
    return tuple(_message(row) for row in connection.execute(query.limit(min(limit, MOST_MESSAGES))))


def send_test(engine: Engine, settings: Settings, person: Person, channel: str, language: str) -> UUID:
    """Send a message that tests a channel. As :func:`send_now`."""
    content = trial_content(person.name, language)
    return send_now(engine, settings, person, "send_test_alert", Event.TEST, channel, content)


def send_now(
    engine: Engine,
    settings: Settings,
    person: Person,
    action: str,
    event: Event,
    channel: str,
    content: Content,
) -> UUID:
    """Send what a person asks for; ``action`` stands in the audit log.

    Needs the role operator. Raises :class:`InvalidInput` for an unknown channel.
    """
    require(person, Role.OPERATOR, settings)
    if channel not in channel_names(settings):
        raise InvalidInput(
            N_("There is no channel {name}.", name=channel),
            detail=N_("Nothing was sent."),
            hint=N_("Known: {names}", names=", ".join(channel_names(settings))),
        )
    with writing(engine) as connection:
        need_alerts(connection)
        message_id = put(connection, event, channel, content)
        audit(connection, person, action, channel, after={"message": str(message_id)})
        announce(connection, ALERTS_TOPIC)
    return message_id


def send_again(engine: Engine, settings: Settings, person: Person, message_id: UUID) -> None:
    """Try a message again that was not delivered. Needs the role operator. Raises :class:`NotFound`."""
    require(person, Role.OPERATOR, settings)
    known = alert_messages.c
    failed = (known.message_id == message_id, known.state == Delivery.FAILED.value)
    again = {"state": Delivery.WAITING.value, "due_at": func.now(), "attempts": 0}
    with writing(engine) as connection:
        need_alerts(connection)
        if connection.execute(update(alert_messages).where(*failed).values(again)).rowcount == 0:
            raise NotFound(
                N_("There is no such message that was not delivered."), hint=N_("Choose one from the list.")
            )
        audit(
            connection,
            person,
            "send_alert_again",
            str(message_id),
            before={"state": Delivery.FAILED.value},
            after={"state": Delivery.WAITING.value},
        )
        announce(connection, ALERTS_TOPIC)


def _message(row: Row[Any]) -> OutMessage:
    return OutMessage(
        row.message_id,
        row.alert_id,
        Event(row.event),
        row.channel,
        read_content(row.content),
        row.created_at,
        row.due_at,
        Delivery(row.state),
        row.attempts,
        row.sent_at,
        row.repeat,
        row.error,
    )
