"""Does LISTEN work on the dashboard's connection? A round trip shows it."""

from __future__ import annotations

import secrets
import time
from typing import Any

import psycopg2
from psycopg2 import sql as psql
from sqlalchemy import text

from feedly_core.db.listening import ListenConnection
from feedly_core.diagnostics.check import Check, CheckOutcome, Finding, Fix, Group
from feedly_core.diagnostics.context import CheckContext
from feedly_core.domain.contract import DASHBOARD_APPLICATION
from feedly_core.errors import DatabaseUnreachable
from feedly_core.i18n import N_


def round_trip(context: CheckContext) -> Finding:
    """NOTIFY on one connection, LISTEN on the one that the dashboard listens with."""
    channel = f"feedly_dashboard_probe_{secrets.token_hex(6)}"
    try:
        ear = ListenConnection(
            context.listen_url, f"{DASHBOARD_APPLICATION} probe", (channel,), connect_timeout=2
        )
    except psycopg2.Error as error:
        return _no_ear(context, error)
    with ear:
        where = ear.execute("SELECT current_database(), pg_postmaster_start_time()")[0]
        with context.reading() as connection:
            here = connection.execute(text("SELECT current_database(), pg_postmaster_start_time()")).one()
            direct = _direct_address(context, connection.execute(text(_ADDRESS)).one())
            began = time.monotonic()
            connection.execute(text("SELECT pg_notify(:channel, 'ping')"), {"channel": channel})
        received = any(event.channel == channel for event in ear.wait(context.thresholds.round_trip))
        taken = (time.monotonic() - began) * 1000
        ear.execute(psql.SQL("UNLISTEN {}").format(psql.Identifier(channel)))
    if received:
        return Finding(CheckOutcome.OK, N_("A NOTIFY came back after {ms} ms.", ms=f"{taken:.1f}"))
    if tuple(where) != tuple(here):
        return Finding(
            CheckOutcome.FAILED,
            N_("LISTEN_DATABASE_URL leads to another database ({name}).", name=where[0]),
            cause="listening_elsewhere",
            why=N_("Events stay inside one database: the dashboard receives none of this one."),
            fix=Fix(N_("Correct LISTEN_DATABASE_URL and restart."), command=f"LISTEN_DATABASE_URL={direct}"),
        )
    return Finding(
        CheckOutcome.FAILED,
        N_("A NOTIFY did not come back within {seconds} s.", seconds=f"{context.thresholds.round_trip:g}"),
        cause="listen_lost",
        why=N_(
            "A pooler in transaction mode stands between: it drops LISTEN silently after each "
            "transaction. A service that connects through it receives nothing either."
        ),
        fix=Fix(
            N_("Give the dashboard a direct connection for listening, and the services too; then restart."),
            command=f"LISTEN_DATABASE_URL={direct}",
        ),
    )


_ADDRESS = (
    "SELECT host(inet_server_addr()) AS host, current_setting('port') AS port, current_user AS person,"
    " current_database() AS name, (SELECT split_part(setting, ',', 1) FROM pg_settings"
    "  WHERE name = 'unix_socket_directories') AS socket"
)


def _direct_address(context: CheckContext, server: Any) -> str:
    """The server's own address as it reports it, past any pooler; the password is left for the person."""
    login = f"{server.person}:<password>" if context.listen_url.password else server.person
    if server.host:
        return f"postgresql://{login}@{server.host}:{server.port}/{server.name}"
    socket = server.socket or "/var/run/postgresql"  # the setting is hidden from ordinary roles
    return f"postgresql://{login}@/{server.name}?host={socket}&port={server.port}"


def _no_ear(context: CheckContext, error: psycopg2.Error) -> Finding:
    reason = str(error).strip().splitlines()[0]
    if not isinstance(error, psycopg2.OperationalError):
        return Finding(
            CheckOutcome.FAILED,
            N_("The server refuses LISTEN: {reason}", reason=reason),
            cause="listen_refused",
            why=N_("Live views and probes do not work here. A standby server behaves like this."),
            fix=Fix(
                N_("Point DATABASE_URL at the primary server."),
                command="DATABASE_URL=postgresql://…@primary/feedlyai",
            ),
        )
    if context.settings.listen_database_url is None:
        raise DatabaseUnreachable(N_("The database cannot be reached."))
    with context.reading() as connection:
        direct = _direct_address(context, connection.execute(text(_ADDRESS)).one())
    return Finding(
        CheckOutcome.FAILED,
        N_("LISTEN_DATABASE_URL cannot be reached: {reason}", reason=reason),
        cause="listening_address_down",
        why=N_("Pages fall back to polling every few seconds."),
        fix=Fix(N_("Correct LISTEN_DATABASE_URL and restart."), command=f"LISTEN_DATABASE_URL={direct}"),
    )


CHECKS = (
    Check(
        "database.listen",
        Group.DATABASE,
        N_("LISTEN works"),
        N_("Does a NOTIFY come back on the connection that the dashboard listens with?"),
        round_trip,
    ),
)
