"""Whether events can arrive: enabled triggers and listeners per channel."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    column,
    exists,
    extract,
    func,
    not_,
    or_,
    select,
    table,
)

from feedly_core.domain.contract import DASHBOARD_APPLICATION, FIRING, PIPELINE_CHANNELS, PipelineTrigger

_trigger = table("pg_trigger", column("tgname"), column("tgrelid"), column("tgenabled"), schema="pg_catalog")
_backend = table(
    "pg_stat_activity",
    *(
        column(name)
        for name in (
            "pid",
            "application_name",
            "client_addr",
            "datid",
            "datname",
            "state",
            "query",
            "backend_start",
            "state_change",
        )
    ),
    schema="pg_catalog",
)
_HIDDEN = "<insufficient privilege>"


def trigger_enabled(trigger: PipelineTrigger) -> ColumnElement[bool]:
    """Whether the trigger exists and fires for ordinary sessions.

    One column of a SELECT.
    """
    return exists(
        select(_trigger.c.tgname).where(
            _trigger.c.tgname == trigger.trigger,
            _trigger.c.tgrelid == func.to_regclass(trigger.table),
            _trigger.c.tgenabled.in_(FIRING),
        )
    )


def missing_triggers(connection: Connection, triggers: Sequence[PipelineTrigger]) -> list[str]:
    """Names of those that are absent or disabled. One statement."""
    enabled = connection.execute(select(*map(trigger_enabled, triggers))).one()
    return [trigger.trigger for trigger, there in zip(triggers, enabled, strict=True) if not there]


@dataclass(frozen=True)
class Listener:
    """One session that listens; ``own``: the dashboard's.

    ``age`` and ``unchanged`` in seconds.
    """

    pid: int
    application: str
    address: str
    database: str
    here: bool
    state: str
    age: float
    unchanged: float
    channels: frozenset[str]
    own: bool


@dataclass(frozen=True)
class ListeningSessions:
    """Every listener of the server.

    ``hidden``: sessions here whose statement our role may not see.
    """

    listeners: tuple[Listener, ...]
    hidden: int

    def services(self, channel: str) -> list[Listener]:
        """Listeners on ``channel`` of this database, without the dashboard's own."""
        return [one for one in self.listeners if one.here and not one.own and channel in one.channels]

    def elsewhere(self, channel: str) -> list[Listener]:
        """Listeners on ``channel`` in another database of this server: they receive nothing of this one."""
        return [one for one in self.listeners if not one.here and not one.own and channel in one.channels]


def listening_sessions(connection: Connection) -> ListeningSessions:
    """Who listens on the pipeline's channels, on the whole server.

    One statement.

    A listener is a session whose last statement is LISTEN. One that also asks other things on that
    connection is not seen here: the live test decides then.
    """
    rows = connection.execute(
        select(
            _backend.c.pid,
            func.coalesce(_backend.c.application_name, "").label("application"),
            func.coalesce(func.host(_backend.c.client_addr), "local").label("address"),
            func.coalesce(_backend.c.datname, "").label("database"),
            func.coalesce(_HERE, False).label("here"),
            func.coalesce(_backend.c.state, "").label("state"),
            _seconds_since(_backend.c.backend_start).label("age"),
            _seconds_since(_backend.c.state_change).label("unchanged"),
            func.coalesce(_OWN, False).label("own"),
            _IS_HIDDEN.label("hidden"),
            *(_listens(channel).label(channel) for channel in PIPELINE_CHANNELS),
        ).where(
            _backend.c.datid.is_not(None),
            _backend.c.pid != func.pg_backend_pid(),
            or_(_IS_HIDDEN, *map(_listens, PIPELINE_CHANNELS)),
        )
    ).mappings()
    found, hidden = [], 0
    for row in rows:
        if row["hidden"]:
            hidden += row["here"]
            continue
        channels = frozenset(channel for channel in PIPELINE_CHANNELS if row[channel])
        fields = {field.name: row[field.name] for field in dataclasses.fields(Listener) if field.name in row}
        found.append(Listener(channels=channels, **fields))
    return ListeningSessions(tuple(found), hidden)


def service_may_listen(channel: str) -> ColumnElement[bool]:
    """False when no service is seen listening on ``channel`` here.

    One column of a SELECT.

    A session whose statement is hidden from our role may be one. The dashboard's own start nothing.
    """
    return exists(
        select(_backend.c.pid).where(
            _HERE, not_(func.coalesce(_OWN, False)), or_(_listens(channel), _IS_HIDDEN)
        )
    )


def _listens(channel: str) -> ColumnElement[bool]:
    listen = rf'\mlisten\s+"?{channel}\M'
    return func.coalesce(_backend.c.query, "").regexp_match(listen, flags="i")


def _seconds_since(moment: ColumnElement[object]) -> ColumnElement[float]:
    return func.coalesce(extract("epoch", func.clock_timestamp() - moment).cast(Float), 0.0)


_HERE = _backend.c.datname == func.current_database()
_OWN = _backend.c.application_name.startswith(DASHBOARD_APPLICATION)
_IS_HIDDEN = func.coalesce(_backend.c.query, "") == _HIDDEN
