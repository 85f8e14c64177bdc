"""Is the database reachable, on time, writable, with free space?"""

from __future__ import annotations

import time

from sqlalchemy import text

from feedly_core.diagnostics.check import Check, CheckOutcome, Finding, Fix, Group
from feedly_core.diagnostics.context import CheckContext
from feedly_core.domain.contract import DASHBOARD_APPLICATION
from feedly_core.errors import DatabaseUnreachable, LoginRefused, NoConnectionLeft
from feedly_core.i18n import N_

_START = "docker ps --filter name=feedlyai-postgres\ndocker start feedlyai-postgres"
_END_IDLE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity\n"  # noqa: S608 (a constant)
    "WHERE state = 'idle' AND state_change < now() - interval '10 minutes'\n"
    "  AND query NOT ILIKE 'listen%' AND pid <> pg_backend_pid()\n"
    f"  AND application_name NOT LIKE '{DASHBOARD_APPLICATION}%';"
)


def reachable(context: CheckContext) -> Finding:
    """Connect, ask for the version, and time one answer."""
    try:
        with context.reading() as connection:
            began = time.monotonic()
            version = connection.scalar(text("SHOW server_version"))
            taken = (time.monotonic() - began) * 1000
            name = connection.scalar(text("SELECT current_database()"))
    except DatabaseUnreachable as error:
        return _not_there(error)
    return Finding(
        CheckOutcome.OK,
        N_(
            "PostgreSQL {version}, database {name}, {ms} ms per query.",
            version=version,
            name=name,
            ms=f"{taken:.1f}",
        ),
    )


def _not_there(error: DatabaseUnreachable) -> Finding:
    cause, command, sql = "database_down", _START, ""
    if isinstance(error, LoginRefused):
        cause, command = "login_refused", "DATABASE_URL=postgresql://feedlyai:…@localhost:5432/feedlyai"
    elif isinstance(error, NoConnectionLeft):
        cause, command, sql = "no_connection_left", "", _END_IDLE
    return Finding(
        CheckOutcome.FAILED,
        error.message,
        cause=cause,
        why=error.detail or N_("Without the database nothing in the pipeline moves."),
        fix=Fix(
            error.hint or N_("Start the database, or correct DATABASE_URL in .env and restart."),
            sql=sql,
            command=command,
        ),
    )


def clock(context: CheckContext) -> Finding:
    """The database's clock against ours, and its time zone.

    Half the round trip is subtracted.
    """
    with context.reading() as connection:
        connection.execute(text("SELECT 1"))
        before = context.now()
        theirs = connection.scalar(text("SELECT clock_timestamp()"))
        after = context.now()
        zone = connection.scalar(text("SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'"))
    if theirs is None:
        raise RuntimeError("clock_timestamp() gave nothing")
    skew = (theirs - (before + (after - before) / 2)).total_seconds()
    if abs(skew) <= context.thresholds.clock_skew:
        return Finding(
            CheckOutcome.OK,
            N_(
                "{ms} ms apart from this machine; the server's time zone is {zone}.",
                ms=f"{round(skew * 1000):+d}",
                zone=zone,
            ),
        )
    severe = abs(skew) > context.thresholds.clock_skew_failed
    return Finding(
        CheckOutcome.FAILED if severe else CheckOutcome.WARNING,
        N_(
            "The database's clock is {seconds} s apart from this machine (time zone {zone}).",
            seconds=f"{skew:+.1f}",
            zone=zone,
        ),
        cause="clock_skew",
        why=N_("Ages, durations and the status “stalled” compare both clocks and are wrong by that much."),
        fix=Fix(
            N_("Synchronise the clock of the machine that is wrong."),
            command="sudo timedatectl set-ntp true\ntimedatectl status",
        ),
    )


def connections(context: CheckContext) -> Finding:
    """Client connections against ``max_connections``."""
    usage = text(
        "SELECT sum(numbackends)::int AS used, current_setting('max_connections')::int AS most"
        " FROM pg_stat_database"
    )
    largest = text(
        "SELECT coalesce(nullif(application_name, ''), '(no name)') AS application, coalesce(state, '–') "
        "AS state,"
        " count(*)::text AS connections FROM pg_stat_activity WHERE datid IS NOT NULL"
        " GROUP BY 1, 2 ORDER BY count(*) DESC LIMIT 8"
    )
    with context.reading() as connection:
        row = connection.execute(usage).one()
        users = [tuple(line) for line in connection.execute(largest)]
    share = row.used / row.most
    found = N_("{used} of {most} connections are in use.", used=row.used, most=row.most)
    if share < context.thresholds.connections_warning:
        return Finding(CheckOutcome.OK, found)
    return Finding(
        CheckOutcome.FAILED if share >= context.thresholds.connections_failed else CheckOutcome.WARNING,
        found,
        cause="connections_exhausted",
        why=N_("When none is left, services and listeners cannot reconnect and the pipeline stops."),
        fix=Fix(
            N_("End connections that are idle for long, then find out who opens so many."),
            sql=_END_IDLE,
        ),
        rows=((N_("Application"), N_("State"), N_("Connections")), *users),
    )


def primary(context: CheckContext) -> Finding:
    """A standby refuses LISTEN and every write.

    So does a session that is read-only by default.
    """
    with context.reading() as connection:
        standby = connection.scalar(text("SELECT pg_is_in_recovery()"))
        read_only = connection.scalar(
            text("SELECT reset_val = 'on' FROM pg_settings WHERE name = 'default_transaction_read_only'")
        )
        role = connection.scalar(text("SELECT quote_ident(current_user)"))
    if standby:
        return Finding(
            CheckOutcome.FAILED,
            N_("This server is a standby (replica)."),
            cause="replica",
            why=N_("A standby refuses LISTEN and every write: live views and probes do not work."),
            fix=Fix(
                N_("Point DATABASE_URL at the primary server."),
                command="DATABASE_URL=postgresql://…@primary/feedlyai",
            ),
        )
    if read_only:
        return Finding(
            CheckOutcome.WARNING,
            N_("The primary server, but transactions are read-only by default for this role."),
            cause="read_only_by_default",
            why=N_("Everything can be read, but no test job can be created, tested or deleted."),
            fix=Fix(
                N_(
                    "Switch it off for the dashboard's role, or set FEEDLY_READ_ONLY=1 for a "
                    "read-only dashboard."
                ),
                sql=f"ALTER ROLE {role} RESET default_transaction_read_only;",
            ),
        )
    return Finding(CheckOutcome.OK, N_("The primary server; it accepts writes and LISTEN."))


CHECKS = (
    Check(
        "database.reachable",
        Group.DATABASE,
        N_("Connection"),
        N_("Does the database answer, and which one is it?"),
        reachable,
    ),
    Check(
        "database.clock",
        Group.DATABASE,
        N_("Clock"),
        N_("Do the database's clock and this machine's agree?"),
        clock,
    ),
    Check(
        "database.connections",
        Group.DATABASE,
        N_("Free connections"),
        N_("Are enough connections left for services and listeners?"),
        connections,
    ),
    Check(
        "database.primary",
        Group.DATABASE,
        N_("Primary server"),
        N_("Is this the server that takes writes?"),
        primary,
    ),
)
