"""The support bundle: one ZIP with what an engineer needs from a colleague without a terminal."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import zipfile
from importlib.metadata import version
from typing import Any

from sqlalchemy import select, text

from feedly_core.dashboard_schema import audit_log, installed, live_test_runs, step_events
from feedly_core.database import capabilities, present
from feedly_core.diagnostics.examination import Examination
from feedly_core.diagnostics.masking import masked_settings, secrets_of, without
from feedly_core.diagnostics.scene import Scene
from feedly_core.domain.tables import jobs, jobs_variants
from feedly_core.errors import FeedlyError
from feedly_core.words import Text, translate

RECENT = 500
"""Rows of each kind of event that go into the bundle."""

NEWEST_JOBS = 100

_PACKAGES = ("streamlit", "sqlalchemy", "psycopg2-binary", "pandas", "plotly", "pillow", "starlette")


def support_bundle(scene: Scene, examination: Examination, language: str) -> bytes:
    """A ZIP of checks, versions, settings, schema fingerprint and recent events; secrets are masked.

    What cannot be read (no database) is named in the file that it would have filled.
    """
    documents: dict[str, str] = {
        "checks.json": _json(as_document(examination, language)),
        "checks.txt": as_text(examination, language),
        "settings.json": _json(masked_settings(scene.settings)),
        "versions.json": _json(_versions(scene)),
        "schema.json": _json(_schema(scene)),
        "work.json": _json(_work(scene)),
        "events.json": _json(_recent(scene)),
    }
    secrets = secrets_of(scene.settings)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in documents.items():
            archive.writestr(name, without(secrets, content))
    return packed.getvalue()


def as_document(examination: Examination, language: str) -> dict[str, Any]:
    """The answers as JSON-able data; sentences in ``language``."""

    def words(sentence: Text | None) -> str | None:
        return None if sentence is None else translate(sentence, language)

    return {
        "verdict": examination.verdict.value,
        "checks": [
            {
                "key": answer.check.key,
                "name": words(answer.check.name),
                "question": words(answer.check.question),
                "verdict": answer.verdict.value,
                "cause": answer.finding.cause,
                "found": words(answer.finding.found),
                "why": words(answer.finding.why),
                "fix": words(answer.finding.fix.advice) if answer.finding.fix else None,
                "sql": answer.finding.fix.sql if answer.finding.fix else "",
                "command": answer.finding.fix.command if answer.finding.fix else "",
                "difference": answer.finding.difference,
                "evidence": [
                    [words(cell) if isinstance(cell, Text) else cell for cell in row]
                    for row in answer.finding.rows
                ],
                "milliseconds": round(answer.milliseconds, 1),
            }
            for answer in examination
        ],
    }


def as_text(examination: Examination, language: str) -> str:
    """The answers as lines to read or to mail."""
    lines: list[str] = []
    for answer in examination:
        lines.append(
            f"[{answer.verdict.value:7}] {answer.check.key}: {translate(answer.finding.found, language)}"
        )
        if answer.finding.fix:
            lines.append(f"          -> {translate(answer.finding.fix.advice, language)}")
            lines += [f"             {line}" for line in answer.finding.fix.command.splitlines()]
            lines += [f"             {line}" for line in answer.finding.fix.sql.splitlines()]
    return "\n".join(lines) + "\n"


def _versions(scene: Scene) -> dict[str, Any]:
    found: dict[str, Any] = {
        "taken_at": scene.now().isoformat(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": {name: version(name) for name in _PACKAGES},
    }
    try:
        with scene.reading() as conn:
            found["postgresql"] = conn.scalar(text("SELECT version()"))
    except FeedlyError as error:
        found["postgresql"] = str(error)
    return found


def _schema(scene: Scene) -> dict[str, Any]:
    """Columns, triggers and functions with one hash each kind: equal hashes mean equal schemas."""
    try:
        with scene.reading() as conn:
            columns = [" ".join(row) for row in conn.execute(_COLUMNS)]
            triggers = {row.name: row.definition for row in conn.execute(_TRIGGERS)}
            functions = {row.name: row.definition for row in conn.execute(_FUNCTIONS)}
    except FeedlyError as error:
        return {"unreadable": str(error)}
    return {
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
    " WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
)
_FUNCTIONS = text(
    "SELECT p.oid::regprocedure::text AS name, pg_get_functiondef(p.oid) AS definition FROM pg_proc p"
    " WHERE p.pronamespace = current_schema()::regnamespace AND p.prorettype = 'trigger'::regtype"
)


def _work(scene: Scene) -> dict[str, Any]:
    """Where the newest jobs and their variants stand: there without our own schema too. No texts."""
    try:
        with scene.reading() as conn:
            known = capabilities(conn)
            newest = [
                dict(row)
                for row in conn.execute(
                    select(*present(jobs, known)).order_by(jobs.c.created_at.desc()).limit(NEWEST_JOBS)
                ).mappings()
            ]
            theirs = conn.execute(
                select(*present(jobs_variants, known))
                .where(jobs_variants.c.job_id.in_([job["job_id"] for job in newest]))
                .order_by(jobs_variants.c.job_id, jobs_variants.c.creation_order)
            ).mappings()
            return {"jobs": newest, "jobs_variants": [dict(row) for row in theirs]}
    except FeedlyError as error:
        return {"unreadable": str(error)}


def _recent(scene: Scene) -> dict[str, Any]:
    """The newest step events, audit lines and live tests, where our schema is installed."""
    try:
        with scene.reading() as conn:
            if not installed(conn):
                return {"unreadable": "feedly_dashboard is not installed"}
            return {
                table.name: [
                    dict(row)
                    for row in conn.execute(table.select().order_by(newest.desc()).limit(RECENT)).mappings()
                ]
                for table, newest in (
                    (step_events, step_events.c.seen_at),
                    (live_test_runs, live_test_runs.c.started_at),
                    (audit_log, audit_log.c.at),
                )
            }
    except FeedlyError as error:
        return {"unreadable": str(error)}


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
