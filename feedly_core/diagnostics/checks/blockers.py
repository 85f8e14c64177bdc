"""Locks that others wait for, and transactions left open: both hold notifications back."""

from __future__ import annotations

from sqlalchemy import text

from feedly_core.diagnostics.check import Check, Finding, Fix, Group, Verdict
from feedly_core.diagnostics.scene import Scene
from feedly_core.words import N_

_HOLDERS = text(
    "WITH waits AS ("
    "  SELECT unnest(pg_blocking_pids(pid)) AS holder FROM pg_stat_activity"
    "  WHERE wait_event_type = 'Lock' AND clock_timestamp() - query_start > make_interval(secs => :wait)"
    ")"
    " SELECT a.pid, coalesce(nullif(a.application_name, ''), '–') AS application, coalesce(a.state, '–') "
    "AS state,"
    " extract(epoch FROM clock_timestamp() - a.xact_start)::float AS open_for, left(a.query, 120) AS query,"
    " (SELECT count(*) FROM waits w WHERE w.holder = a.pid) AS waiting"
    " FROM pg_stat_activity a WHERE a.datname = current_database() AND a.xact_start IS NOT NULL"
    " AND (a.pid IN (SELECT holder FROM waits) OR (a.state LIKE 'idle in transaction%'"
    "  AND clock_timestamp() - a.xact_start > make_interval(secs => :idle)))"
    " ORDER BY waiting DESC, a.xact_start LIMIT 10"
)


def blockers(scene: Scene) -> Finding:
    """Sessions that make others wait for a lock, and transactions left open for too long."""
    limits = scene.thresholds
    with scene.reading() as conn:
        rows = conn.execute(_HOLDERS, {"wait": limits.lock_wait, "idle": limits.idle_in_transaction}).all()
    if not rows:
        return Finding(Verdict.OK, N_("Nobody waits for a lock, and no transaction was left open."))
    worst_one = rows[0]
    too_long = worst_one.open_for > limits.idle_in_transaction
    blocking = worst_one.waiting > 0
    return Finding(
        Verdict.FAILED if too_long and blocking else Verdict.WARNING,
        N_(
            "Process {pid} ({application}, {state}) makes {waiting} others wait; its transaction is "
            "{seconds} s old.",
            pid=worst_one.pid,
            application=worst_one.application,
            state=worst_one.state,
            waiting=worst_one.waiting,
            seconds=round(worst_one.open_for),
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
            "Notifications leave only at COMMIT: until this transaction ends, its own events and those of "
            "everybody who waits for it are held back. A worker holds its row while a model runs, which "
            "is normal."
        ),
        fix=Fix(
            N_("If no worker is at work there, end its connection: its changes are undone."),
            sql="\n".join(f"SELECT pg_terminate_backend({row.pid});" for row in rows),
        ),
        rows=(
            (
                N_("process"),
                N_("who"),
                N_("state"),
                N_("others waiting"),
                N_("seconds open"),
                N_("last statement"),
            ),
            *(
                (
                    str(row.pid),
                    row.application,
                    row.state,
                    str(row.waiting),
                    str(round(row.open_for)),
                    row.query,
                )
                for row in rows
            ),
        ),
    )


CHECKS = (
    Check(
        "listeners.blockers",
        Group.LISTENERS,
        N_("Locks and open transactions"),
        N_("Does an open transaction hold others, and so their events, back?"),
        blockers,
    ),
)
