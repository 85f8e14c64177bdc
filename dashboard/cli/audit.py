"""Command ``audit``: who did what, in a terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from dashboard.cli.session import session
from dashboard.output import language, print_json, say
from feedly_core.audit.lines import MOST_LINES, AuditFilters, AuditLine, audit_lines, history_of_job
from feedly_core.audit.words import action_words, audit_csv, difference_words, differences
from feedly_core.db.engine import reading
from feedly_core.db.job_lookup import find_job
from feedly_core.i18n import N_, translate


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("audit")(audit)


def audit(
    person: Annotated[str, typer.Option("--person", help="Of this person alone.")] = "",
    action: Annotated[str, typer.Option("--action", help="Such as rerun_step.")] = "",
    target: Annotated[str, typer.Option("--target", help="An id, or its beginning.")] = "",
    job: Annotated[str, typer.Option("--job", help="A job and its variants.")] = "",
    days: Annotated[int, typer.Option("--days", min=1, max=36_500)] = 30,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST_LINES)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    file: Annotated[Path | None, typer.Option("--csv", help="Write a CSV file.")] = None,
) -> None:
    """Who did what and when, the newest first."""
    since = datetime.now(UTC) - timedelta(days=days)
    with session() as feedly, reading(feedly.engine) as connection:
        if job:
            lines = history_of_job(connection, feedly.person, find_job(connection, job))
        else:
            asked = AuditFilters(person, action, target, since)
            lines = audit_lines(connection, feedly.person, asked, limit=limit)
        zone = feedly.settings.zone
    if file is not None:
        file.write_bytes(audit_csv(lines, language(), zone))
        say(N_("{n} lines in {file}", n=len(lines), file=file))
    elif as_json:
        print_json([_document(line) for line in lines])
    else:
        for line in lines:
            change = "; ".join(map(difference_words, differences(line)))
            at = line.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
            words = translate(action_words(line.action), language())
            typer.echo(f"{at}  {line.person}  {words}  {line.target}  {change}".rstrip())


def _document(line: AuditLine) -> dict[str, object]:
    return {
        "entry_id": line.entry_id,
        "at": line.at.isoformat(),
        "person": line.person,
        "role": line.role,
        "action": line.action,
        "target": line.target,
        "before": line.before,
        "after": line.after,
        "result": line.result,
    }
