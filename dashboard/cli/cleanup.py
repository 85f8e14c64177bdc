"""``remove-jobs``: look at what would go, then remove test jobs, or jobs of any tenant by their ids."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from dashboard.cli.session import session
from dashboard.output import language, say
from feedly_core.campaigns.campaigns import find_campaign
from feedly_core.db.engine import reading
from feedly_core.db.job_rows import read_statuses
from feedly_core.domain.job_rows import Statuses
from feedly_core.domain.labels import label
from feedly_core.domain.pipeline import Status
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, NN_, joined, translate, verbatim
from feedly_core.jobs.cleanup import (
    MANY,
    DeletionPlan,
    DeletionResult,
    JobSelection,
    delete_jobs,
    plan_deletion,
)
from feedly_core.jobs.named_cleanup import NamedPlan, delete_named_jobs, parse_job_ids, plan_named_deletion


def register(app: typer.Typer) -> None:
    app.command("remove-jobs")(remove_jobs)


def remove_jobs(
    job_id: Annotated[
        list[str] | None, typer.Option(help="This job, of whatever tenant; whole id, may be repeated.")
    ] = None,
    tenant_id: Annotated[str | None, typer.Option(help="Only jobs of this tenant.")] = None,
    campaign: Annotated[
        str | None, typer.Option(help="Only jobs of this campaign (first characters).")
    ] = None,
    older_than_hours: Annotated[float | None, typer.Option(min=0, help="Only older jobs.")] = None,
    status: Annotated[str | None, typer.Option(help="Only jobs with this status.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them. Without: only list.")] = False,
    really: Annotated[bool, typer.Option("--really", help="Needed beside --yes with --job-id.")] = False,
) -> None:
    """Remove test jobs (tenants that FEEDLY_TEST_TENANTS names), or jobs by --job-id, with rows and files."""
    age = timedelta(hours=older_than_hours) if older_than_hours is not None else None
    if job_id:
        if tenant_id or campaign or age is not None or status:
            raise InvalidInput(
                N_("--job-id cannot be combined with filters."), hint=N_("The ids alone say which jobs go.")
            )
        _remove_named(job_id, yes=yes, really=really)
        return
    _check_status(status)
    with session(write=yes) as here:
        with reading(here.engine) as connection:
            campaign_id = find_campaign(connection, campaign).campaign_id if campaign else None
            selection = JobSelection(tenant_id, campaign_id, age, status)
            plan = plan_deletion(connection, selection, here.settings.assets_dir, here.settings)
        _print_plan(plan)
        if plan.more:
            say(N_("The oldest {n} are chosen at once; remove these first, then the rest.", n=MANY))
        if not yes or not plan.jobs:
            return
        result = delete_jobs(
            here.engine,
            [job.job_id for job in plan.jobs],
            assets_dir=here.settings.assets_dir,
            person=here.person,
            settings=here.settings,
        )
    _print_result(result)


def _check_status(status: str | None) -> None:
    """Refuse a status that no job can have: it would fit 0 jobs without a word."""
    known = [each.value for each in Status]
    if status is not None and status not in known:
        raise InvalidInput(
            N_("{value} is no status.", value=status),
            hint=N_("Known are: {names}.", names=joined(", ", [verbatim(name) for name in known])),
        )


def _remove_named(words: list[str], *, yes: bool, really: bool) -> None:
    job_ids = parse_job_ids(" ".join(words))
    with session(write=yes and really) as here:
        with reading(here.engine) as connection:
            plan = plan_named_deletion(connection, job_ids, here.settings.assets_dir)
            statuses = read_statuses(connection, job_ids, datetime.now(UTC))
        _print_named(plan, statuses)
        _print_plan(plan.total)
        if not yes:
            return
        if not really:
            raise InvalidInput(
                N_("Nothing was removed: jobs of customers may be among them."),
                hint=N_("Give --yes --really to remove them for good."),
            )
        result = delete_named_jobs(
            here.engine,
            job_ids,
            assets_dir=here.settings.assets_dir,
            person=here.person,
            settings=here.settings,
        )
    _print_result(result)


def _print_result(result: DeletionResult) -> None:
    say(NN_("{n} job removed.", "{n} jobs removed.", result.removed))
    for job_id, reason in result.kept:
        say(N_("Kept {job}: {reason}", job=job_id, reason=reason), error=True)
    for path in result.files_left:
        say(N_("Could not be deleted: {path}", path=verbatim(path)), error=True)
    if result.kept or result.files_left:
        raise typer.Exit(1)


def _print_named(plan: NamedPlan, statuses: Mapping[UUID, Statuses]) -> None:
    """A line per job, with whole ids: what is removed here must be recognised."""
    for named in plan.jobs:
        job = named.job
        say(
            N_(
                "{job} · {tenant} · {description} · {status} · rows: {rows}, files: {files}",
                job=job.job_id,
                tenant=verbatim(job.tenant_id or "–"),
                description=verbatim(" ".join(named.description.split())[:60] or "–"),
                status=label(statuses[job.job_id].job) if job.job_id in statuses else verbatim("–"),
                rows=named.rows,
                files=named.files,
            )
        )


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
