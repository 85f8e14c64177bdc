"""The thread that asks the alert rules and sends their messages, in one process at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import InterfaceError, OperationalError

from dashboard.server.database_loss import DatabaseLoss
from feedly_core.alerts.channels.outgoing import DeliveryFailed
from feedly_core.alerts.conditions import Finding, Observed, WatchedJob, find, remember_ends, watched
from feedly_core.alerts.course import Alert, Planned, next_state
from feedly_core.alerts.delivery import deliver
from feedly_core.alerts.digest import MISSED, due_digest, send_due
from feedly_core.alerts.heartbeat import EVERY_SECONDS, beat
from feedly_core.alerts.measured import EVERY, FIGURES, RARE, RARELY, measure
from feedly_core.alerts.outbox import MOST_ATTEMPTS, OutMessage, claim, next_due, not_sent, put, sent
from feedly_core.alerts.recorded import past_ends, recorded_past
from feedly_core.alerts.rules import Rule, RuleKind
from feedly_core.alerts.store import keep_alert, list_rules, open_alerts
from feedly_core.alerts.wording import content_of
from feedly_core.analytics.exclusive import ExclusiveWorker
from feedly_core.campaigns.runner import runner_name
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import ALERTS, installed
from feedly_core.domain.contract import ALERTS_TOPIC
from feedly_core.errors import DatabaseUnreachable, MissingInSchema
from feedly_core.i18n import N_
from feedly_core.live.hub import Hub
from feedly_core.live.reader import LINGER
from feedly_core.live.snapshot import HubKind
from feedly_core.settings import Settings

EXCLUSIVE_KEY = 7_303_014_005
PAUSE_SECONDS = 2.0
"""Between two looks at least, however much changes."""

LOOK_SECONDS = 15.0
"""Between two looks at most: silence is a finding too. A look at what the hub holds costs no statement."""

REREAD = timedelta(minutes=5)
"""Rules are read again at each announcement; this covers a missed one."""

RIGHT = timedelta(minutes=1)
"""How often the right to send is proven."""

_FOLLOWED = frozenset({HubKind.LIVE, HubKind.POLLING})
_log = logging.getLogger("feedly.alerts")


class AlertSender(ExclusiveWorker):
    """Looks through the rules at what the hub holds, and delivers what is due.

    An alert's change and its message are one transaction; a message is claimed before it is sent.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        hub: Hub,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__("alerts", EXCLUSIVE_KEY, engine)
        self.name = runner_name()
        self._settings, self._hub, self._clock = settings, hub, clock
        self._rules: tuple[Rule, ...] = ()
        self._alerts: dict[UUID, Alert] = {}
        self._ended: dict[UUID, WatchedJob] = {}
        self._since: datetime | None = None
        self._known_at: datetime | None = None
        self._read_at: datetime | None = None
        self._due_at: datetime | None = None
        self._loss = DatabaseLoss(engine, settings, clock)
        self._measured: dict[UUID, Finding] = {}
        self._measured_at: dict[UUID, tuple[datetime, int]] = {}
        self._digested: dict[UUID, datetime] = {}
        self._heartbeat = self._worker.add_duty("alerts heartbeat")
        self._beat_at = clock()
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        self._unsubscribe = self._hub.subscribe(self._announced, ALERTS_TOPIC)
        super().start()

    def stop(self, timeout: float = 5.0) -> None:
        self._unsubscribe()
        super().stop(timeout)

    def has_place(self, connection: Connection) -> bool:
        return installed(connection, ALERTS)

    def _turn(self) -> float:
        try:
            return super()._turn()
        except (DatabaseUnreachable, OperationalError, InterfaceError):
            self._loss.lost()
            raise

    def work(self, right: Connection) -> None:
        proven, self._read_at = self._clock(), None
        while not self._stop.is_set():
            self._woken.clear()
            if self._clock() - proven > RIGHT:
                right.execute(select(1))  # fails when the right was lost with its connection
                proven = self._clock()
            self.turn()
            if not self._stop.wait(PAUSE_SECONDS):
                self._woken.wait(self._pause())

    def turn(self) -> None:
        """Read what has changed, ask every rule once, deliver what is due."""
        now = self._clock()
        if self._loss.open:
            self._found_again()
        if self._read_at is None or now - self._read_at > REREAD:
            self._read(now)
        self._measure(now)
        self._digest(now)
        self._look(self._observe(now))
        if self._due_at is not None and self._due_at <= self._clock():
            self._deliver()
        if now >= self._beat_at:
            self._beat(now)

    def _found_again(self) -> None:
        if self._loss.told:
            with writing(self._engine) as connection:
                self._loss.found(connection)
        self._loss.forget()
        self._read_at = None

    def _beat(self, now: datetime) -> None:
        self._beat_at = now + timedelta(seconds=EVERY_SECONDS)
        try:
            beat(self._settings)
        except DeliveryFailed as failure:
            self._heartbeat.failed(failure)
        else:
            self._heartbeat.succeeded()

    def _measure(self, now: datetime) -> None:
        """Ask for figures again where something has changed since; an idle pipeline is asked nothing."""
        for rule in self._rules:
            if rule.kind not in FIGURES:
                continue
            asked_at, version = self._measured_at.get(rule.rule_id, (None, -1))
            pause = RARELY if rule.kind in RARE else EVERY
            changed = self._hub.version != version or rule.kind is RuleKind.CHECK_FAILED
            if asked_at is None or (changed and now - asked_at > pause):
                self._measured_at[rule.rule_id] = (now, self._hub.version)
                self._measured[rule.rule_id] = measure(self._engine, self._settings, rule, now)

    def _digest(self, now: datetime) -> None:
        for rule in self._rules:
            if rule.kind is not RuleKind.DIGEST:
                continue
            due = due_digest(rule, now)
            if self._digested.get(rule.rule_id) == due or not rule.created_at < due > now - MISSED:
                continue
            send_due(self._engine, rule, due, now)
            self._digested[rule.rule_id] = due
            self._due_at = now

    def _announced(self, _version: int) -> None:
        self._read_at = None
        self.wake()

    def _pause(self) -> float:
        if self._due_at is None:
            return LOOK_SECONDS - PAUSE_SECONDS
        due = (self._due_at - self._clock()).total_seconds()
        return max(0.0, min(LOOK_SECONDS - PAUSE_SECONDS, due))

    def _read(self, now: datetime) -> None:
        with reading(self._engine) as connection:
            if not installed(connection, ALERTS):
                raise MissingInSchema(N_("The tables of alerts are gone."))
            self._rules = tuple(rule for rule in list_rules(connection) if rule.active)
            known = self._alerts
            self._alerts = {
                rule_id: replace(alert, seen_at=known[rule_id].seen_at)
                if rule_id in known and known[rule_id].alert_id == alert.alert_id
                else alert
                for rule_id, alert in open_alerts(connection, now).items()
            }
            self._due_at = next_due(connection)
        self._loss.know(self._rules)
        self._read_at = now

    def _observe(self, now: datetime) -> Observed:
        hub = self._hub
        jobs: dict[UUID, WatchedJob] | None = None
        if hub.version and hub.state.kind in _FOLLOWED:
            jobs = {row.view.job_id: watched(row) for row in hub.board().rows}
            if self._since is None or self._known_at is None or now - self._known_at > LINGER:
                self._begin(now)
            self._ended = remember_ends(self._ended, jobs.values(), now)
            self._known_at = now
        listeners = hub.metrics.listeners if hub.metrics else {}
        return Observed(
            *(now, self._since or now, jobs, self._ended, hub.state, listeners, hub.history.steps),
            measured=self._measured,
        )

    def _begin(self, now: datetime) -> None:
        """What ended before this process followed the jobs. The board shows the ends of the last minutes."""
        self._since, self._ended = now - LINGER, {}
        longest = max((_looks_back(rule) for rule in self._rules), default=timedelta())
        if longest > LINGER:
            with reading(self._engine) as connection:
                past = recorded_past(connection, now - longest, now)
            self._since, self._ended = min(past.since, self._since), past_ends(past, now)

    def _look(self, observed: Observed) -> None:
        for rule in self._rules:
            finding = find(rule, observed)
            if finding is None:
                continue
            before = self._alerts.get(rule.rule_id)
            after, planned = next_state(rule, before, finding, observed.now)
            if after is not None:
                self._keep(rule, before, after, planned, finding)

    def _keep(
        self, rule: Rule, before: Alert | None, after: Alert, planned: Planned | None, finding: Finding
    ) -> None:
        if before is None or planned is not None or _stored(before) != _stored(after):
            with writing(self._engine) as connection:
                if not keep_alert(connection, before, after):
                    self._read_at = None  # a person or another process was faster: read it anew
                    return
                if planned is not None:
                    content = content_of(rule, after, planned.event, finding)
                    put(
                        connection,
                        planned.event,
                        rule.new.channel,
                        content,
                        due_at=planned.due_at,
                        alert_id=after.alert_id,
                    )
            after = replace(after, version=before.version + 1 if before else 0)
        if planned is not None:
            due_at = planned.due_at or self._clock()
            self._due_at = min(self._due_at or due_at, due_at)
        if after.ended_at is None:
            self._alerts[rule.rule_id] = after
        else:
            self._alerts.pop(rule.rule_id, None)

    def _deliver(self) -> None:
        while not self._stop.is_set() and (message := claim(self._engine, self.name)) is not None:
            try:
                if message.attempts > MOST_ATTEMPTS:  # each of them ended its process, or never returned
                    raise DeliveryFailed("too many attempts were broken off", hopeless=True)
                deliver(self._engine, self._settings, message)
            except Exception as error:  # noqa: BLE001 - noted with the message, whose claim must not stay
                self._note_failure(message, error)
            else:
                sent(self._engine, self.name, message)
        with reading(self._engine) as connection:
            self._due_at = next_due(connection)

    def _note_failure(self, message: OutMessage, error: Exception) -> None:
        if not isinstance(error, DeliveryFailed):
            _log.exception("an alert was not delivered to %s", message.channel)
            error = DeliveryFailed(type(error).__name__, uncertain=True)
        else:
            _log.warning("an alert was not delivered to %s: %s", message.channel, error)
        not_sent(
            self._engine,
            self.name,
            message,
            str(error),
            after=error.after,
            hopeless=error.hopeless,
            uncertain=error.uncertain,
        )


def _looks_back(rule: Rule) -> timedelta:
    if rule.kind is RuleKind.NOTHING_FINISHED:
        return timedelta(minutes=rule.new.threshold)
    return rule.window if rule.kind is RuleKind.FAILURE_SHARE else timedelta()


def _stored(alert: Alert) -> tuple[object, ...]:
    return (alert.size, alert.sent_size, alert.sent_at, alert.ended_at)
