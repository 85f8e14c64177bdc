"""Locks and open transactions: both delay notifications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from feedly_core.db.event_delivery import listening_sessions
from feedly_core.diagnostics.check import Check, CheckOutcome, Finding, Fix, Group
from feedly_core.diagnostics.context import CheckContext
from feedly_core.diagnostics.listeners import allow_activity
from feedly_core.domain.contract import DASHBOARD_APPLICATION
from feedly_core.i18n import N_, NN_, Message

_HOLDERS = text(
    "WITH waits AS ("
    "  SELECT unnest(pg_blocking_pids(pid)) AS holder, clock_timestamp() - since AS waited,"
    "   coalesce(s.application_name, '') LIKE :own AS by_us"
    "  FROM pg_locks l JOIN pg_stat_activity s USING (pid), to_jsonb(l) AS shown, LATERAL (SELECT"
    "   CASE WHEN shown ? 'waitstart' THEN (shown ->> 'waitstart')::timestamptz ELSE s.query_start END"
    "   AS since) began"
    "  WHERE NOT granted AND clock_timestamp() - since > make_interval(secs => :wait)"
    ")"
    " SELECT a.pid, coalesce(nullif(a.application_name, ''), '–') AS application,"
    " coalesce(a.state, '–') AS state, coalesce(a.application_name, '') LIKE :own AS own,"
    " coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float AS open_for,"
    " left(a.query, 120) AS query,"
    " (SELECT count(*) FROM waits w WHERE w.holder = a.pid) AS waiting,"
    " coalesce((SELECT extract(epoch FROM max(waited)) FROM waits w WHERE w.holder = a.pid), 0)::float"
    "  AS waited"
    " FROM pg_stat_activity a WHERE a.datname = current_database()"
    " AND CASE WHEN coalesce(a.application_name, '') LIKE :own"
    "  THEN a.pid IN (SELECT holder FROM waits WHERE NOT by_us)"
    "  ELSE a.pid IN (SELECT holder FROM waits) OR (a.state LIKE 'idle in transaction%'"
    "   AND clock_timestamp() - a.xact_start > make_interval(secs => :idle)) END"
    " ORDER BY own, waiting DESC, a.xact_start LIMIT 10"
)
"""Waits come from ``pg_locks``, which every role may read; the age of another role's transaction does not.
PostgreSQL 13 does not yet say there since when: the waiting statement's start, where it may be seen.
Sessions of the dashboard keep transactions open on purpose (one process holds the lock of a shared duty), so
they count only when a session that is not ours waits for them."""


def blockers(context: CheckContext) -> Finding:
    """Sessions that make others wait for a lock, and transactions left open for too long."""
    limits = context.thresholds
    with context.reading() as connection:
        rows = connection.execute(
            _HOLDERS,
            {
                "wait": limits.lock_wait,
                "idle": limits.idle_in_transaction,
                "own": f"{DASHBOARD_APPLICATION}%",
            },
        ).all()
        hidden = listening_sessions(connection).hidden
        role = str(connection.scalar(text("SELECT quote_ident(current_user)")))
    suspects = [row for row in rows if not row.own]
    if suspects:
        return _held_back(suspects, limits.idle_in_transaction)
    if rows:
        return _held_by_us(rows)
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


def _held_by_us(rows: Sequence[Any]) -> Finding:
    first = rows[0]
    return Finding(
        CheckOutcome.WARNING,
        NN_(
            "A session of this dashboard (process {pid}) has kept {n} other waiting for {seconds} s.",
            "A session of this dashboard (process {pid}) has kept {n} others waiting for {seconds} s.",
            first.waiting,
            pid=first.pid,
            seconds=round(first.waited),
        ),
        cause="blocked_by_dashboard",
        why=N_("The dashboard holds such locks for less than a second; a longer one is a fault of its own."),
        fix=Fix(
            N_("Restart the dashboard: its work continues where it was. Then send us the support bundle."),
            command="python -m feedly_core doctor --bundle support.zip",
        ),
        rows=(_HEADING, *map(_evidence, rows)),
    )


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


def _evidence(row: Any) -> tuple[Message | str, ...]:
    who = N_("this dashboard") if row.own else row.application
    return str(row.pid), who, row.state, str(row.waiting), str(round(row.open_for)), row.query


CHECKS = (
    Check(
        "listeners.blockers",
        Group.LISTENERS,
        N_("Locks and open transactions"),
        N_("Does an open transaction delay other sessions and their events?"),
        blockers,
    ),
)
