"""Facts of the database for checks and support bundle: schema, work, recent events."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Connection, select, text

from feedly_core.db.engine import capabilities, present
from feedly_core.db.own_schema import audit_log, installed, live_test_runs, step_events
from feedly_core.domain.tables import jobs, jobs_variants

RECENT = 500
"""Rows of each kind of event."""

NEWEST_JOBS = 100


def schema(connection: Connection) -> dict[str, Any]:
    """Columns, triggers and functions with one hash each kind: equal hashes mean equal schemas."""
    columns = [" ".join(row) for row in connection.execute(_COLUMNS)]
    triggers = {row.name: row.definition for row in connection.execute(_TRIGGERS)}
    functions = {row.name: row.definition for row in connection.execute(_FUNCTIONS)}
    return {
        "postgresql": connection.scalar(text("SELECT version()")),
        "fingerprint": {
            "columns": _hash(columns),
            "triggers": _hash(sorted(triggers.items())),
            "functions": _hash(sorted(functions.items())),
        },
        "columns": columns,
        "triggers": triggers,
        "functions": functions,
    }


_COLUMNS = text(
    "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
    " WHERE table_schema = current_schema() ORDER BY table_name, column_name"
)
_TRIGGERS = text(
    "SELECT t.tgname || ' on ' || c.relname AS name,"
    " pg_get_triggerdef(t.oid) || ' /* ' || t.tgenabled::text || ' */' AS definition"
    " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    " WHERE NOT t.tgisinternal AND c.relnamespace = quote_ident(current_schema())::regnamespace"
)
_FUNCTIONS = text(
    "SELECT p.oid::regprocedure::text AS name, pg_get_functiondef(p.oid) AS definition FROM pg_proc p"
    " WHERE p.pronamespace = quote_ident(current_schema())::regnamespace"
    " AND p.prorettype = 'trigger'::regtype"
)


def work(connection: Connection) -> dict[str, Any]:
    """Where the newest jobs and their variants stand: there without our own schema too. No texts."""
    known = capabilities(connection)
    newest = select(*present(jobs, known)).order_by(jobs.c.created_at.desc()).limit(NEWEST_JOBS)
    shown = [dict(row) for row in connection.execute(newest).mappings()]
    theirs = (
        select(*present(jobs_variants, known))
        .where(jobs_variants.c.job_id.in_([job["job_id"] for job in shown]))
        .order_by(jobs_variants.c.job_id, jobs_variants.c.creation_order)
    )
    return {"jobs": shown, "jobs_variants": [dict(row) for row in connection.execute(theirs).mappings()]}


def recent(connection: Connection) -> dict[str, Any]:
    """The newest step events, trigger probes and audit lines, where our schema is installed."""
    if not installed(connection):
        return {"unreadable": "feedly_dashboard is not installed"}
    return {
        table.name: [
            dict(row)
            for row in connection.execute(table.select().order_by(newest.desc()).limit(RECENT)).mappings()
        ]
        for table, newest in (
            (step_events, step_events.c.seen_at),
            (live_test_runs, live_test_runs.c.started_at),
            (audit_log, audit_log.c.at),
        )
    }


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]
