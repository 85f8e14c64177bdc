"""The course of an alert: opened, grown, reminded, solved. Pure.

A rule has one open alert at most, however many jobs it is about: twenty failures in a minute are one message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from feedly_core.alerts.conditions import OF_TROUBLED_JOBS, Finding
from feedly_core.alerts.rules import Rule

GATHER = timedelta(minutes=1)
"""What is found within this time of the first travels in one message. What ends within it is not sent."""

GROWTH_PAUSE = timedelta(minutes=10)
"""Between two messages about the growth of one alert, at least."""

REMIND_EVERY = timedelta(hours=6)

CLEAR = timedelta(minutes=2)
"""An alert ends when its rule has found nothing for so long: one that flickers stays one alert."""

_STEPS = (1, 3, 10, 30, 100, 300, 1000)


class Event(StrEnum):
    """Why a message is sent."""

    OPENED = "opened"
    GROWN = "grown"
    REMINDER = "reminder"
    SOLVED = "solved"
    TEST = "test"
    DIGEST = "digest"


@dataclass(frozen=True)
class Alert:
    """One alert of a rule.

    ``size``: how many it is about now; ``sent_size``: how many its newest message said, 0 before the first.
    ``seen_at``: when its rule last found something. ``version`` grows with each stored change.
    """

    alert_id: UUID
    rule_id: UUID
    opened_at: datetime
    size: int
    seen_at: datetime
    sent_size: int = 0
    sent_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 0

    @property
    def lasted(self) -> timedelta:
        """From its beginning to its end, or to when it was last seen."""
        return (self.ended_at or self.seen_at) - self.opened_at


@dataclass(frozen=True)
class Planned:
    """A message that must be sent, at once or after the quiet hours (``due_at``)."""

    event: Event
    due_at: datetime | None = None


def next_state(
    rule: Rule, alert: Alert | None, finding: Finding, now: datetime
) -> tuple[Alert | None, Planned | None]:
    """The rule's alert after ``finding``, and the message it causes."""
    if alert is None:
        if not finding.size:
            return None, None
        opened = uuid5(rule.rule_id, now.isoformat())
        alert = Alert(opened, rule.rule_id, now, finding.size, now)
    elif finding.size:
        alert = replace(alert, size=finding.size, seen_at=now)
    elif now - alert.seen_at < CLEAR:
        return alert, None
    else:
        return _ended(rule, alert, now)
    event = _event(rule, alert, now)
    if event is None or rule.quiet(now):
        return alert, None
    return replace(alert, sent_size=alert.size, sent_at=now), Planned(event)


def wakes_at(rule: Rule, alert: Alert, now: datetime) -> datetime:
    """The next moment when time alone may change the alert."""
    moments = [alert.opened_at + GATHER, alert.seen_at + CLEAR, rule.quiet_ends(now)]
    if alert.sent_at is not None:
        moments += [alert.sent_at + GROWTH_PAUSE, alert.sent_at + REMIND_EVERY]
    return min((moment for moment in moments if moment > now), default=now + REMIND_EVERY)


def _ended(rule: Rule, alert: Alert, now: datetime) -> tuple[Alert, Planned | None]:
    ended = replace(alert, ended_at=alert.seen_at)
    if not alert.sent_size:
        return ended, None
    return ended, Planned(Event.SOLVED, rule.quiet_ends(now) if rule.quiet(now) else None)


def _event(rule: Rule, alert: Alert, now: datetime) -> Event | None:
    if not alert.sent_size or alert.sent_at is None:
        # They are found one after the other; the other kinds are about one thing, with nothing to gather.
        gathered = rule.kind not in OF_TROUBLED_JOBS or now - alert.opened_at >= GATHER
        return Event.OPENED if gathered else None
    if _step(alert.size) > _step(alert.sent_size) and now - alert.sent_at >= GROWTH_PAUSE:
        return Event.GROWN
    return Event.REMINDER if now - alert.sent_at >= REMIND_EVERY else None


def _step(size: int) -> int:
    return sum(size >= step for step in _STEPS)
