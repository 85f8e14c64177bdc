"""``remove-jobs``: look at what would go, then remove test jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from dashboard.cli.session import session
from dashboard.output import language, say
from feedly_core.campaigns.campaigns import find_campaign
from feedly_core.db.engine import reading
from feedly_core.i18n import N_, NN_, translate, verbatim
from feedly_core.jobs.cleanup import DeletionPlan, JobSelection, delete_jobs, plan_deletion


def register(app: typer.Typer) -> None:
    app.command("remove-jobs")(remove_jobs)


def remove_jobs(
    tenant_id: Annotated[str | None, typer.Option(help="Only jobs of this tenant.")] = None,
    campaign: Annotated[
        str | None, typer.Option(help="Only jobs of this campaign (first characters).")
    ] = None,
    older_than_hours: Annotated[float | None, typer.Option(min=0, help="Only older jobs.")] = None,
    status: Annotated[str | None, typer.Option(help="Only jobs with this status.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them. Without: only list.")] = False,
) -> None:
    """Remove test jobs with their rows and files. Only tenants that FEEDLY_TEST_TENANTS names."""
    age = timedelta(hours=older_than_hours) if older_than_hours is not None else None
    with session(write=yes) as here:
        with reading(here.engine) as connection:
            campaign_id = find_campaign(connection, campaign).campaign_id if campaign else None
            selection = JobSelection(tenant_id, campaign_id, age, status)
            plan = plan_deletion(connection, selection, here.settings.assets_dir, here.settings)
        _print_plan(plan)
        if not yes or not plan.jobs:
            return
        result = delete_jobs(
            here.engine,
            [job.job_id for job in plan.jobs],
            assets_dir=here.settings.assets_dir,
            person=here.person,
            settings=here.settings,
        )
    say(NN_("{n} job removed.", "{n} jobs removed.", result.removed))
    for job_id, reason in result.kept:
        say(N_("Kept {job}: {reason}", job=job_id, reason=reason), error=True)
    for path in result.files_left:
        say(N_("Could not be deleted: {path}", path=verbatim(path)), error=True)
    if result.kept or result.files_left:
        raise typer.Exit(1)


def _print_plan(plan: DeletionPlan) -> None:
    say(NN_("{n} job fits.", "{n} jobs fit.", len(plan.jobs)))
    moving = sum(job.moving for job in plan.jobs)
    if moving:
        say(NN_("{n} of them may still be worked on.", "{n} of them may still be worked on.", moving))
    if not plan.jobs:
        return
    table = Table(translate(N_("Table"), language()), translate(N_("Rows"), language()))
    for name, count in plan.rows.items():
        table.add_row(name, str(count))
    Console().print(table)
    say(
        NN_(
            "{n} file, {size:.1f} MB",
            "{n} files, {size:.1f} MB",
            len(plan.files),
            size=plan.bytes / 1_000_000,
        )
    )
