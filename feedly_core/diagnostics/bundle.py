"""The support bundle: one ZIP with what an engineer needs from a colleague without a terminal."""

from __future__ import annotations

import io
import json
import platform
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from sqlalchemy import Connection

from feedly_core.diagnostics.check import Verdict
from feedly_core.diagnostics.check_report import Examination
from feedly_core.diagnostics.context import Scene
from feedly_core.diagnostics.database_facts import recent, schema, work
from feedly_core.diagnostics.masking import masked_settings, secrets_of, without
from feedly_core.errors import FeedlyError
from feedly_core.i18n import Message, translate

_PACKAGES = ("streamlit", "sqlalchemy", "psycopg2-binary", "pandas", "plotly", "pillow", "starlette")

_QUESTIONS = {"schema.json": schema, "work.json": work, "events.json": recent}


def support_bundle(scene: Scene, examination: Examination, language: str) -> bytes:
    """A ZIP of checks, versions, settings, schema fingerprint and recent events; secrets are masked.

    What cannot be read (no database) is named in the file that it would have filled.
    """
    documents: dict[str, str] = {
        "checks.json": _json(as_document(examination, language)),
        "checks.txt": as_text(examination, language),
        "settings.json": _json(masked_settings(scene.settings)),
        "versions.json": _json(_versions(scene)),
        **{name: _json(_asked(scene, examination, question)) for name, question in _QUESTIONS.items()},
    }
    secrets = secrets_of(scene.settings)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in documents.items():
            archive.writestr(name, without(secrets, content))
    return packed.getvalue()


def as_document(examination: Examination, language: str) -> dict[str, Any]:
    """The answers as JSON-able data; sentences in ``language``."""

    def words(sentence: Message | None) -> str | None:
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
                    [words(cell) if isinstance(cell, Message) else cell for cell in row]
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


def _asked(
    scene: Scene, examination: Examination, question: Callable[[Connection], dict[str, Any]]
) -> dict[str, Any]:
    """The answer, or why there is none. A database that the checks did not reach is not waited for again."""
    reachable = examination["database.reachable"]
    if reachable.verdict is not Verdict.OK:
        return {"unreadable": str(reachable.finding.found)}
    try:
        with scene.reading() as connection:
            return question(connection)
    except FeedlyError as error:
        return {"unreadable": str(error)}


def _versions(scene: Scene) -> dict[str, Any]:
    return {
        "taken_at": scene.now().isoformat(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
