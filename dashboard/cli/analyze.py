"""``python -m feedly_core analyze``: the results page in a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dashboard.cli import export, read_model
from dashboard.cli.report_table import print_report
from dashboard.cli.session import asking, session
from dashboard.output import language, print_json
from feedly_core.analytics.choices import require_known
from feedly_core.analytics.recent import TREND_SCORES, RecentJob, recent_jobs, score_trends
from feedly_core.db.engine import reading
from feedly_core.db.job_lookup import find_job
from feedly_core.documents import answers
from feedly_core.domain.labels import label
from feedly_core.domain.scores import SCORES, Limits, write_score
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, Message, translate
from feedly_core.results.legibility import measure_legibility
from feedly_core.results.report import job_report
from feedly_core.reviews.limits import limits_in_force

AGAINST_OLDER = N_("newer half of these jobs against the older")


def register(app: typer.Typer) -> None:
    """Add the commands ``analyze``, ``export``, ``trends`` and ``facts``."""
    app.command("analyze")(analyze)
    export.register(app)
    read_model.register(app)


def analyze(
    job_id: Annotated[str | None, typer.Option(help="Job id, or its first characters.")] = None,
    tenant_id: Annotated[str | None, typer.Option(help="List this tenant's newest jobs.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Jobs in the list.")] = 5,
    cursor: Annotated[str | None, typer.Option(help="With --json: next of the page before.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Explain one job, or list the newest jobs of a tenant."""
    if job_id is None and tenant_id is None:
        raise InvalidInput(
            N_("Nothing was asked for."), hint=N_("Give --job-id, or --tenant-id to see its newest jobs.")
        )
    now = datetime.now(UTC)
    with session() as here, reading(here.engine) as connection:
        require_known(connection, tenant=tenant_id)
        if as_json and job_id is not None:
            print_json(answers.job(connection, asking(here), job_id))
            return
        if as_json:
            print_json(answers.jobs(connection, asking(here), tenant_id, limit, cursor))
            return
        known = limits_in_force(connection, here.settings)
        if job_id is None:
            jobs = recent_jobs(connection, tenant_id, limit, now=now)
        else:
            report = job_report(connection, find_job(connection, job_id))
    if job_id is None:
        _print_jobs(jobs, known, here.settings.zone)
        return
    measured = {variant.order: measure_legibility(variant, here.settings) for variant in report.variants}
    print_report(report, known, measured, now)


def _print_jobs(jobs: tuple[RecentJob, ...], known: Limits, zone: ZoneInfo) -> None:
    heads = (N_("Job"), N_("Made"), N_("State"), *(SCORES[name].title for name in TREND_SCORES))
    table = Table(*(_say(head) for head in heads))
    for job in jobs:
        made = job.created_at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z") if job.created_at else "–"
        state = _say(label(job.status)) if job.status else "–"
        numbers = (write_score(name, job.scores[name], known) for name in TREND_SCORES)
        table.add_row(str(job.job_id), made, escape(state), *numbers)
    console = Console(highlight=False)
    console.print(table)
    for trend in score_trends([job.scores for job in jobs]):
        if trend.change is not None:
            title, now = _say(SCORES[trend.name].title), write_score(trend.name, trend.now, known)
            console.print(f"{title}: {now} ({trend.change:+.2f}, {_say(AGAINST_OLDER)})")


def _say(text: Message) -> str:
    return translate(text, language())
