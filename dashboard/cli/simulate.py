"""``simulate-ye``: pretend that the image generation finished the waiting variants of a job or a tenant."""

from __future__ import annotations

from typing import Annotated

import typer

from dashboard.cli.session import session
from dashboard.output import say
from feedly_core.api import Feedly
from feedly_core.db.engine import reading
from feedly_core.db.job_lookup import find_job
from feedly_core.diagnostics.probe.report import PHASE_LABELS, Phase, Report
from feedly_core.diagnostics.probe.rows import ending_updates
from feedly_core.diagnostics.probe.run import as_sql
from feedly_core.diagnostics.ye_completion import WaitingVariant, complete_in_turn, waiting_for_ye
from feedly_core.i18n import N_, NN_

DEFAULT_TENANT = "ye_test_tenant"


def simulate_ye(
    job_id: Annotated[str | None, typer.Option(help="Only this job (its first characters).")] = None,
    tenant_id: Annotated[
        str, typer.Option(help="Without --job-id: the waiting variants of this tenant.")
    ] = DEFAULT_TENANT,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List variants and statements, run nothing.")
    ] = False,
) -> None:
    """Move waiting variants to img_gen (done) and watch them.

    Exit code: 0 all, 2 not all.
    """
    with session(write=not dry_run) as here:
        waiting = _waiting(here, job_id, tenant_id)
    say(NN_("{n} variant waits.", "{n} variants wait.", len(waiting)))
    for each in waiting:
        say(
            N_(
                "job {job} · variant {number} · {variant}",
                job=each.job_id,
                number=each.number,
                variant=each.job_variants_id,
            )
        )
    if dry_run:
        for each in waiting:
            for update in ending_updates(each.job_variants_id):
                typer.echo(as_sql(update))
        return
    numbers = {each.job_variants_id: each.number for each in waiting}
    reports = complete_in_turn(
        here.settings,
        here.person,
        list(numbers),
        on_change=lambda variant, report: _report(numbers[variant], report),
    )
    raise typer.Exit(0 if all(report.broken is None for report in reports.values()) else 2)


def _waiting(here: Feedly, job_prefix: str | None, tenant_id: str) -> list[WaitingVariant]:
    with reading(here.engine) as connection:
        if job_prefix is None:
            return waiting_for_ye(connection, tenant_id=tenant_id)
        return waiting_for_ye(connection, job_id=find_job(connection, job_prefix))


def _report(number: int, report: Report) -> None:
    if report.phase is Phase.FINISHED and report.finding is not None:
        say(N_("variant {number}: {found}", number=number, found=report.finding.found))
        if report.finding.why is not None:
            say(report.finding.why)
        if report.finding.fix is not None:
            say(report.finding.fix.advice)
        if report.broken is not None:
            say(N_("The whole chain: python -m feedly_core doctor, or the page Diagnostics."))
    else:
        say(N_("variant {number}: {phase}", number=number, phase=PHASE_LABELS[report.phase]))
