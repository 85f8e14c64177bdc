"""The loss of the database as an alert: told from memory, since nothing can be stored."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import Connection, Engine

from feedly_core.alerts.channels.outgoing import DeliveryFailed
from feedly_core.alerts.conditions import Finding
from feedly_core.alerts.course import Alert, Event
from feedly_core.alerts.delivery import deliver
from feedly_core.alerts.outbox import Delivery, OutMessage, put
from feedly_core.alerts.rules import Rule, RuleKind
from feedly_core.alerts.store import keep_alert
from feedly_core.alerts.wording import content_of
from feedly_core.settings import Settings

_log = logging.getLogger("feedly.alerts")


@dataclass(frozen=True)
class _Told:
    rule: Rule
    alert: Alert


class DatabaseLoss:
    """Rules about the loss, kept in memory by the process that looked last."""

    def __init__(self, engine: Engine, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._engine, self._settings, self._clock = engine, settings, clock
        self._rules: tuple[Rule, ...] = ()
        self._since: datetime | None = None
        self._told: dict[UUID, _Told] = {}

    def know(self, rules: Iterable[Rule]) -> None:
        """Remember the rules while they can be read."""
        self._rules = tuple(rule for rule in rules if rule.kind is RuleKind.DATABASE_LOST)

    def lost(self) -> None:
        """The database could not be reached just now. Sends once per rule; a failed attempt is repeated."""
        now = self._clock()
        self._since = self._since or now
        lasts = now - self._since
        for rule in self._rules:
            if rule.rule_id in self._told or rule.quiet(now):
                continue
            if lasts >= timedelta(minutes=rule.new.threshold):
                self._tell(rule, self._since, now)

    def found(self, connection: Connection) -> None:
        """Store what was told, and its end as a message, in the caller's transaction."""
        now = self._clock()
        for told in self._told.values():
            ended = Alert(
                told.alert.alert_id,
                told.rule.rule_id,
                told.alert.opened_at,
                1,
                now,
                sent_size=1,
                sent_at=told.alert.sent_at,
                ended_at=now,
            )
            if keep_alert(connection, None, ended):
                content = content_of(told.rule, ended, Event.SOLVED, Finding())
                due_at = told.rule.quiet_ends(now) if told.rule.quiet(now) else None
                put(
                    connection,
                    Event.SOLVED,
                    told.rule.new.channel,
                    content,
                    due_at=due_at,
                    alert_id=ended.alert_id,
                )

    def forget(self) -> None:
        """After what :meth:`found` wrote was committed."""
        self._since, self._told = None, {}

    @property
    def open(self) -> bool:
        """Whether the last attempt did not reach it."""
        return self._since is not None

    @property
    def told(self) -> bool:
        """Whether somebody was told: the end must be too."""
        return bool(self._told)

    def _tell(self, rule: Rule, since: datetime, now: datetime) -> None:
        alert = Alert(uuid5(rule.rule_id, since.isoformat()), rule.rule_id, since, 1, now, 1, now)
        minutes = (now - since).total_seconds() / 60
        content = content_of(rule, alert, Event.OPENED, Finding(1, figure=minutes))
        ids = (uuid5(alert.alert_id, "message"), alert.alert_id)
        message = OutMessage(
            *ids, Event.OPENED, rule.new.channel, content, now, now, Delivery.CLAIMED, 1, None, False, None
        )
        try:
            deliver(self._engine, self._settings, message)
        except DeliveryFailed as failure:
            _log.warning("the loss of the database was not told to %s: %s", rule.new.channel, failure)
            if not (failure.hopeless or failure.uncertain):
                return  # the next attempt to reach the database tries it again
        self._told[rule.rule_id] = _Told(rule, alert)
