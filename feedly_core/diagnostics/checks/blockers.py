"""Locks that others wait for, and transactions left open: both hold notifications back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from feedly_core.db.event_delivery import listening_sessions
from feedly_core.diagnostics.check import Check, CheckOutcome, Finding, Fix, Group
from feedly_core.diagnostics.context import CheckContext
from feedly_core.diagnostics.listeners import allow_activity
from feedly_core.i18n import N_, NN_

_HOLDERS = text(
    "WITH waits AS ("
    "  SELECT unnest(pg_blocking_pids(pid)) AS holder, clock_timestamp() - since AS waited"
    "  FROM pg_locks l JOIN pg_stat_activity s USING (pid), to_jsonb(l) AS told, LATERAL (SELECT"
    "   CASE WHEN told ? 'waitstart' THEN (told ->> 'waitstart')::timestamptz ELSE s.query_start END"
    "   AS since) began"
    "  WHERE NOT granted AND clock_timestamp() - since > make_interval(secs => :wait)"
    ")"
    " SELECT a.pid, coalesce(nullif(a.application_name, ''), '–') AS application, coalesce(a.state, '–') "
    "AS state,"
    " coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float AS open_for,"
    " left(a.query, 120) AS query,"
    " (SELECT count(*) FROM waits w WHERE w.holder = a.pid) AS waiting,"
    " coalesce((SELECT extract(epoch FROM max(waited)) FROM waits w WHERE w.holder = a.pid), 0)::float"
    "  AS waited"
    " FROM pg_stat_activity a WHERE a.datname = current_database()"
    " AND (a.pid IN (SELECT holder FROM waits) OR (a.state LIKE 'idle in transaction%'"
    "  AND clock_timestamp() - a.xact_start > make_interval(secs => :idle)))"
    " ORDER BY waiting DESC, a.xact_start LIMIT 10"
)
"""Waits come from ``pg_locks``, which every role may read; the age of another role's transaction does not.
PostgreSQL 13 does not yet say there since when: the waiting statement's start, where it may be seen."""


def blockers(context: CheckContext) -> Finding:
    """Sessions that make others wait for a lock, and transactions left open for too long."""
    limits = context.thresholds
    with context.reading() as connection:
        rows = connection.execute(
            _HOLDERS, {"wait": limits.lock_wait, "idle": limits.idle_in_transaction}
        ).all()
        hidden = listening_sessions(connection).hidden
        role = str(connection.scalar(text("SELECT quote_ident(current_user)")))
    if rows:
        return _held_back(rows, limits.idle_in_transaction)
    if hidden:
        return Finding(
            CheckOutcome.UNKNOWN,
            NN_(
                "No session waits for a lock, but role {role} cannot see what {n} connection does.",
                "No session waits for a lock, but role {role} cannot see what {n} connections do.",
                hidden,
                role=role,
            ),
            cause="activity_hidden",
            why=N_("A transaction that one of them left open would delay its own events, unseen."),
            fix=allow_activity(role),
        )
    return Finding(CheckOutcome.OK, N_("No session waits for a lock, and no transaction was left open."))


def _held_back(rows: Sequence[Any], too_long: float) -> Finding:
    worst_one = rows[0]
    blocking = worst_one.waiting > 0
    return Finding(
        CheckOutcome.FAILED if worst_one.open_for > too_long and blocking else CheckOutcome.WARNING,
        NN_(
            "Process {pid} ({application}, {state}) has kept {n} other waiting for {seconds} s.",
            "Process {pid} ({application}, {state}) has kept {n} others waiting for {seconds} s.",
            worst_one.waiting,
            pid=worst_one.pid,
            application=worst_one.application,
            state=worst_one.state,
            seconds=round(worst_one.waited),
        )
        if blocking
        else N_(
            "Process {pid} ({application}) left a transaction open {seconds} s ago.",
            pid=worst_one.pid,
            application=worst_one.application,
            seconds=round(worst_one.open_for),
        ),
        cause="blocked" if blocking else "idle_in_transaction",
        why=N_(
            "Notifications are sent at COMMIT. Until this transaction ends, its own events and "
            "those of the sessions that wait for it are delayed. A worker holds its row while "
            "a model runs, which is normal."
        ),
        fix=Fix(
            N_("If no worker uses it, end its connection: its changes are undone."),
            sql="\n".join(f"SELECT pg_terminate_backend({row.pid});" for row in rows),
        ),
        rows=(_HEADING, *map(_evidence, rows)),
    )


_HEADING = (
    N_("Process"),
    N_("Session"),
    N_("State"),
    N_("Others waiting"),
    N_("Open for (s)"),
    N_("Last statement"),
)


def _evidence(row: Any) -> tuple[str, ...]:
    seconds = str(round(row.open_for))
    return str(row.pid), row.application, row.state, str(row.waiting), seconds, row.query


CHECKS = (
    Check(
        "listeners.blockers",
        Group.LISTENERS,
        N_("Locks and open transactions"),
        N_("Does an open transaction delay other sessions and their events?"),
        blockers,
    ),
)
