"""Alert rules and alerts in the dashboard's schema."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Row,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_once

from feedly_core.alerts.channels import channel_names
from feedly_core.alerts.course import Alert
from feedly_core.alerts.rules import NewRule, Rule, RuleKind, check_rule
from feedly_core.db.announcements import announce
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import ALERTS, alert_rules, alerts, installed, need
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.contract import ALERTS_TOPIC
from feedly_core.errors import InvalidInput, NotFound
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings

MOST_RULES = 100
MOST_ALERTS = 100
_KNOWN_KIND = alert_rules.c.kind.in_([kind.value for kind in RuleKind])
"""A newer program beside this one may have written others."""


@dataclass(frozen=True)
class StoredAlert:
    """One alert beside its rule, which may have been removed."""

    alert: Alert
    rule: Rule
    removed: bool


def need_alerts(connection: Connection) -> None:
    """Raise :class:`MissingInSchema` where the tables of alerts are missing."""
    need(connection, ALERTS, N_("The schema feedly_dashboard has no tables for alerts."))


def make_rule(engine: Engine, settings: Settings, person: Person, new: NewRule) -> UUID:
    """Keep a rule. Needs the role operator. Raises :class:`InvalidInput`; then nothing is written."""
    require(person, Role.OPERATOR, settings)
    check_rule(new, channel_names(settings))
    rule_id = uuid4()
    with writing(engine) as connection:
        need_alerts(connection)
        if len(list_rules(connection)) >= MOST_RULES:
            raise InvalidInput(
                N_("There are {n} rules already.", n=MOST_RULES),
                detail=N_("Nothing was written."),
                hint=N_("Remove one of them first."),
            )
        row = {"rule_id": rule_id, **_columns(new), "zone": settings.timezone, "active": True}
        connection.execute(insert(alert_rules).values({**row, "created_by": person.name}))
        audit(connection, person, "make_alert_rule", str(rule_id), after=_columns(new))
        announce(connection, ALERTS_TOPIC)
    return rule_id


def set_active(engine: Engine, settings: Settings, person: Person, rule_id: UUID, active: bool) -> None:
    """Pause a rule, or let it go on. Needs the role operator. Raises :class:`NotFound`."""
    _change(engine, settings, person, rule_id, "resume_alert_rule" if active else "pause_alert_rule", active)


def remove_rule(engine: Engine, settings: Settings, person: Person, rule_id: UUID) -> None:
    """End a rule; its alerts stay listed. Needs the role operator. Raises :class:`NotFound`."""
    _change(engine, settings, person, rule_id, "remove_alert_rule", False, removed=True)


def _change(
    engine: Engine,
    settings: Settings,
    person: Person,
    rule_id: UUID,
    action: str,
    active: bool,
    *,
    removed: bool = False,
) -> None:
    """Open alerts of a rule that no longer looks end without a message."""
    require(person, Role.OPERATOR, settings)
    values: dict[str, Any] = {"active": active}
    if removed:
        values["removed_at"] = func.now()
    with writing(engine) as connection:
        need_alerts(connection)
        rules = {rule.rule_id: rule for rule in list_rules(connection)}
        if rule_id not in rules:
            raise NotFound(N_("This alert rule does not exist."), hint=N_("Choose one from the list."))
        connection.execute(update(alert_rules).where(alert_rules.c.rule_id == rule_id).values(values))
        if not active:
            connection.execute(
                update(alerts)
                .where(alerts.c.rule_id == rule_id, alerts.c.ended_at.is_(None))
                .values(ended_at=func.now(), version=alerts.c.version + 1)
            )
        before = {"active": rules[rule_id].active}
        after = {"active": active, **({"removed": True} if removed else {})}
        audit(connection, person, action, str(rule_id), before=before, after=after)
        announce(connection, ALERTS_TOPIC)


@query_budget(statements=1, rows=200)
def list_rules(connection: Connection) -> tuple[Rule, ...]:
    """The rules that are kept, paused ones too, oldest first. One statement."""
    if not installed(connection, ALERTS):
        return ()
    query = (
        select(alert_rules)
        .where(alert_rules.c.removed_at.is_(None), _KNOWN_KIND)
        .order_by(alert_rules.c.created_at)
    )
    return tuple(_rule(row) for row in connection.execute(query))


def open_alerts(connection: Connection, now: datetime) -> dict[UUID, Alert]:
    """The open alert of each rule. What its rule finds now is asked anew, so it counts as seen now."""
    rows = connection.execute(select(alerts).where(alerts.c.ended_at.is_(None)))
    return {row.rule_id: replace(_alert(row), seen_at=now) for row in rows}


@query_budget(statements=1, rows=500)
def recent_alerts(
    connection: Connection, limit: int = 30, after: UUID | None = None
) -> tuple[StoredAlert, ...]:
    """Newest alerts with their rules, open ones first. One statement.

    ``after``: the id of the last alert of the page before.
    """
    if not installed(connection, ALERTS):
        return ()
    query = (
        select(alert_rules, *(column.label(f"alert_{column.name}") for column in alerts.c))
        .join(alerts, alerts.c.rule_id == alert_rules.c.rule_id)
        .where(_KNOWN_KIND, alert_rules.c.kind != RuleKind.DIGEST.value)
        .order_by(*_place_of(alerts))
        .limit(min(limit, MOST_ALERTS))
    )
    if after is not None:
        last = alerts.alias("last")
        query = query.join(last, last.c.alert_id == after)
        query = query.where(tuple_(*_place_of(alerts)) > tuple_(*_place_of(last)))
    return tuple(
        StoredAlert(_alert(row, "alert_"), _rule(row), row.removed_at is not None)
        for row in connection.execute(query)
    )


def _place_of(table: FromClause) -> tuple[ColumnElement[Any], ...]:
    """Where an alert stands in the list: open ones first, then by age, the newest first."""
    age = -func.extract("epoch", table.c.opened_at)
    return table.c.ended_at.is_not(None), age, table.c.alert_id


def keep_alert(connection: Connection, before: Alert | None, after: Alert) -> bool:
    """Store a change of an alert; False when another process, or a person, was faster."""
    values = {
        "size": after.size,
        "sent_size": after.sent_size,
        "sent_at": after.sent_at,
        "ended_at": after.ended_at,
    }
    if before is None:
        row = {"alert_id": after.alert_id, "rule_id": after.rule_id, "opened_at": after.opened_at}
        made = insert_once(alerts).values({**row, **values, "version": 0}).on_conflict_do_nothing()
        return connection.execute(made).rowcount == 1
    known = (alerts.c.alert_id == after.alert_id, alerts.c.version == before.version)
    changed = update(alerts).where(*known).values(**values, version=before.version + 1)
    return connection.execute(changed).rowcount == 1


def _columns(new: NewRule) -> dict[str, Any]:
    return {**asdict(new), "kind": new.kind.value}


def _rule(row: Row[Any]) -> Rule:
    known = {name: getattr(row, name) for name in NewRule.__dataclass_fields__ if name != "kind"}
    new = NewRule(RuleKind(row.kind), **known)
    return Rule(row.rule_id, new, row.zone, row.active, row.created_by, row.created_at)


def _alert(row: Row[Any], prefix: str = "") -> Alert:
    def value(name: str) -> Any:
        return getattr(row, prefix + name)

    return Alert(
        value("alert_id"),
        value("rule_id"),
        value("opened_at"),
        value("size"),
        value("ended_at") or datetime.now(UTC),
        value("sent_size"),
        value("sent_at"),
        value("ended_at"),
        value("version"),
    )
