"""Support bundle: one ZIP for the engineer who helps."""

from __future__ import annotations

import io
import json
import platform
import zipfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sqlalchemy import Connection
from typing_extensions import TypedDict

from feedly_core.diagnostics.check import CheckOutcome
from feedly_core.diagnostics.check_report import CheckReport
from feedly_core.diagnostics.context import CheckContext
from feedly_core.diagnostics.database_facts import recent, schema, work
from feedly_core.diagnostics.masking import masked_settings, secrets_of, without
from feedly_core.errors import FeedlyError
from feedly_core.i18n import Message, translate
from feedly_core.version import __version__

_PACKAGES = ("streamlit", "sqlalchemy", "psycopg2-binary", "pandas", "plotly", "pillow", "starlette")

_QUESTIONS = {"schema.json": schema, "work.json": work, "events.json": recent}


def support_bundle(context: CheckContext, check_report: CheckReport, language: str) -> bytes:
    """A ZIP of checks, versions, settings, schema fingerprint and recent events; secrets are masked.

    What cannot be read (no database) is named in the file that it would have filled.
    """
    documents: dict[str, str] = {
        "checks.json": _json(as_document(check_report, language)),
        "checks.txt": as_text(check_report, language),
        "settings.json": _json(masked_settings(context.settings)),
        "versions.json": _json(_versions(context)),
        **{name: _json(_asked(context, check_report, question)) for name, question in _QUESTIONS.items()},
    }
    secrets = secrets_of(context.settings)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in documents.items():
            archive.writestr(name, without(secrets, content))
    return packed.getvalue()


class CheckDocument(TypedDict):
    """One check. ``verdict``: ok, unknown, warning, failed; ``evidence``: rows of a table, its head first."""

    key: str
    name: str | None
    question: str | None
    verdict: str
    cause: str
    found: str | None
    why: str | None
    fix: str | None
    sql: str
    command: str
    difference: str
    evidence: list[list[str | None]]
    milliseconds: float


class ChecksDocument(TypedDict):
    """Every check, and the worst verdict of all."""

    verdict: str
    checks: list[CheckDocument]


def as_document(check_report: CheckReport, language: str) -> ChecksDocument:
    """The answers as JSON-able data; sentences in ``language``."""

    def words(sentence: Message | None) -> str | None:
        return None if sentence is None else translate(sentence, language)

    return {
        "verdict": check_report.outcome.value,
        "checks": [
            {
                "key": result.check.key,
                "name": words(result.check.name),
                "question": words(result.check.question),
                "verdict": result.outcome.value,
                "cause": result.finding.cause,
                "found": words(result.finding.found),
                "why": words(result.finding.why),
                "fix": words(result.finding.fix.advice) if result.finding.fix else None,
                "sql": result.finding.fix.sql if result.finding.fix else "",
                "command": result.finding.fix.command if result.finding.fix else "",
                "difference": result.finding.difference,
                "evidence": [
                    [words(cell) if isinstance(cell, Message) else cell for cell in row]
                    for row in result.finding.rows
                ],
                "milliseconds": round(result.milliseconds, 1),
            }
            for result in check_report
        ],
    }


def as_text(check_report: CheckReport, language: str) -> str:
    """The answers as lines to read or to mail."""
    lines: list[str] = []
    for result in check_report:
        lines.append(
            f"[{result.outcome.value:7}] {result.check.key}: {translate(result.finding.found, language)}"
        )
        if result.finding.fix:
            lines.append(f"          -> {translate(result.finding.fix.advice, language)}")
            lines += [f"             {line}" for line in result.finding.fix.command.splitlines()]
            lines += [f"             {line}" for line in result.finding.fix.sql.splitlines()]
    return "\n".join(lines) + "\n"


def _asked(
    context: CheckContext, check_report: CheckReport, question: Callable[[Connection], dict[str, Any]]
) -> dict[str, Any]:
    """The answer, or why there is none. A database that the checks did not reach is not waited for again."""
    reachable = check_report["database.reachable"]
    if reachable.outcome is not CheckOutcome.OK:
        return {"unreadable": str(reachable.finding.found)}
    try:
        with context.reading() as connection:
            return question(connection)
    except FeedlyError as error:
        return {"unreadable": str(error)}


def _versions(context: CheckContext) -> dict[str, Any]:
    return {
        "taken_at": context.now().astimezone(context.settings.zone).isoformat(),
        "dashboard": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": {name: _installed_version(name) for name in _PACKAGES},
    }


def _installed_version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:  # of an extra that this installation lacks
        return None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
