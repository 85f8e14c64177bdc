"""Who listens on the pipeline's channels: backends whose last statement is LISTEN.

A listener that runs other statements on that connection is not found here; the trigger probe decides then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Connection, text

from feedly_core.diagnostics.check import Fix, age_words
from feedly_core.diagnostics.context import APPLICATION
from feedly_core.diagnostics.trigger_needs import CHANNELS
from feedly_core.i18n import N_, Message

_BACKENDS = text(
    "SELECT pid, coalesce(application_name, '') AS application, coalesce(client_addr::text, 'local') AS "
    "address,"
    " coalesce(datname, '') AS database, coalesce(state, '') AS state, query,"
    " extract(epoch FROM clock_timestamp() - backend_start)::float AS age,"
    " extract(epoch FROM clock_timestamp() - state_change)::float AS unchanged,"
    " datname = current_database() AS here"
    " FROM pg_stat_activity WHERE datid IS NOT NULL AND pid <> pg_backend_pid()"
)

_LISTEN = re.compile(r"\blisten\s+\"?(\w+)\"?", re.IGNORECASE)


@dataclass(frozen=True)
class Listener:
    """One backend that listens; ``own`` means this dashboard's. ``age`` and ``unchanged`` in seconds."""

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
    """All listeners of the server. ``hidden``: sessions whose statement our role may not see."""

    listeners: tuple[Listener, ...]
    hidden: int

    def services(self, channel: str) -> list[Listener]:
        """Listeners on ``channel`` of this database that are not the dashboard's own."""
        return [one for one in self.listeners if one.here and not one.own and channel in one.channels]

    def elsewhere(self, channel: str) -> list[Listener]:
        """Listeners on ``channel`` in another database of the server: they receive nothing of this one."""
        return [one for one in self.listeners if not one.here and not one.own and channel in one.channels]


def listening_sessions(connection: Connection) -> ListeningSessions:
    """Who listens on the pipeline's channels, on the whole server."""
    rows = connection.execute(_BACKENDS).all()
    listeners = tuple(
        Listener(
            row.pid,
            row.application,
            row.address,
            row.database,
            bool(row.here),
            row.state,
            row.age or 0.0,
            row.unchanged or 0.0,
            frozenset(_LISTEN.findall(row.query or "")) & frozenset(CHANNELS),
            row.application.startswith(APPLICATION),
        )
        for row in rows
        if _LISTEN.search(row.query or "") and set(_LISTEN.findall(row.query)) & set(CHANNELS)
    )
    return ListeningSessions(
        listeners, sum(row.query == "<insufficient privilege>" and bool(row.here) for row in rows)
    )


def evidence(sessions: ListeningSessions) -> tuple[tuple[Message | str, ...], ...]:
    """A table of all listeners, services first; empty for none."""
    if not sessions.listeners:
        return ()
    heading = (
        N_("Session"),
        N_("Process"),
        N_("Address"),
        N_("Database"),
        N_("State"),
        N_("Connected for"),
        N_("Channels"),
    )
    return (
        heading,
        *(
            (
                N_("this dashboard") if one.own else (one.application or N_("no name")),
                str(one.pid),
                one.address,
                one.database,
                one.state,
                age_words(one.age),
                ", ".join(sorted(one.channels)),
            )
            for one in sorted(sessions.listeners, key=lambda one: (one.own, one.pid))
        ),
    )


def allow_activity(role: str) -> Fix:
    """Fix that lets ``role`` (already quoted) see the statements of other roles."""
    return Fix(
        N_("Let an administrator allow the dashboard's role to see activity."),
        sql=f"GRANT pg_read_all_stats TO {role};",
    )
