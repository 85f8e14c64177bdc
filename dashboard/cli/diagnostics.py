"""Commands ``doctor``, ``trigger-probe``, ``resend-notifications``, ``rerun-step`` and others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from dashboard.cli.session import check_context
from dashboard.cli.simulate import simulate_ye
from dashboard.output import language, print_json, say, say_error
from feedly_core.diagnostics.bundle import as_document, support_bundle
from feedly_core.diagnostics.check import GROUP_TITLES, OUTCOME_LABELS, CheckOutcome, Finding, age_words
from feedly_core.diagnostics.check_report import CheckReport, run_checks
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.diagnostics.context import CheckContext
from feedly_core.diagnostics.probe.history import history
from feedly_core.diagnostics.probe.report import LINK_TITLES, PHASE_LABELS, Link, Report
from feedly_core.diagnostics.probe.rows import ending_updates
from feedly_core.diagnostics.probe.run import as_sql, complete_waiting, probe_statements, probe_trigger
from feedly_core.diagnostics.repair import proposed, repair
from feedly_core.diagnostics.resend import resend_notifications
from feedly_core.diagnostics.stalled_variants import StalledVariant, still_young, waiting_variants
from feedly_core.domain.pipeline import LAST_VARIANT_STEP, title
from feedly_core.errors import FeedlyError
from feedly_core.i18n import N_, NN_, Message, translate
from feedly_core.jobs.rerun import plan_rerun, rerun
from feedly_core.permissions import person_at_terminal

SHAPES = {
    CheckOutcome.OK: "●",
    CheckOutcome.UNKNOWN: "◇",
    CheckOutcome.WARNING: "▲",
    CheckOutcome.FAILED: "✕",
}


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)
    app.command("trigger-probe")(trigger_probe)
    app.command("repair-trigger")(repair_trigger)
    app.command("resend-notifications")(resend_stalled)
    app.command("rerun-step")(rerun_step)
    app.command("simulate-ye")(simulate_ye)
    app.command("trigger-test", hidden=True)(trigger_probe)  # the names until 0.1
    app.command("touch-again", hidden=True)(resend_stalled)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Results as JSON on standard output.")] = False,
    bundle: Annotated[Path | None, typer.Option(help="Write the support bundle (ZIP) to this file.")] = None,
) -> None:
    """Check every link of the trigger chain.

    Exit code: 0 all OK, 1 a warning, 2 broken.
    """
    try:
        with check_context(verify=False) as context:
            check_report = run_checks(context, ALL_CHECKS)
            if bundle is not None:
                bundle.write_bytes(support_bundle(context, check_report, language()))
    except FeedlyError as error:  # __main__ would end with 1, which means a warning here
        say_error(error)
        raise typer.Exit(2) from None
    if as_json:
        print_json(as_document(check_report, language()))
    else:
        _print(check_report)
    raise typer.Exit(check_report.exit_code)


def trigger_probe(
    job_variants_id: Annotated[
        UUID | None, typer.Argument(help="A variant that waits for image generation; without: own rows.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the statements, run nothing.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Follow all eight steps.")] = False,
    past: Annotated[bool, typer.Option("--history", help="List past tests, run none.")] = False,
) -> None:
    """Run the real UPDATE on test rows and name the broken link. Exit code: 0 it works, 2 not."""
    with check_context() as context:
        if past:
            _print_history(context)
            return
        if dry_run:
            typer.echo(
                probe_statements(context)
                if job_variants_id is None
                else "\n".join(map(as_sql, ending_updates(job_variants_id)))
            )
            return
        if job_variants_id is None:
            report = probe_trigger(
                context,
                person_at_terminal(),
                follow=LAST_VARIANT_STEP if follow else None,
                on_change=_Printer(),
            )
        else:
            report = complete_waiting(context, person_at_terminal(), job_variants_id, on_change=_Printer())
    finding = report.finding
    raise typer.Exit(0 if finding is not None and finding.outcome is CheckOutcome.OK else 2)


def repair_trigger(
    check: Annotated[str, typer.Argument(help="Key of a failing trigger check, as doctor prints it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Show the SQL that installs a missing trigger object, and run it after confirmation."""
    with check_context() as context:
        fix = proposed(context, check)[1].fix
        sql = fix.sql if fix else ""
        typer.echo(sql)
        if not yes:
            typer.confirm(translate(N_("Run this SQL?"), language()), abort=True)
        finding = repair(context, person_at_terminal(), check, sql)
        _print_finding(finding)
    raise typer.Exit(0 if finding.outcome is CheckOutcome.OK else 2)


def resend_stalled(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List them only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Resend the notifications of stalled variants."""
    with check_context() as context:
        with context.reading() as connection:
            waiting = waiting_variants(connection, context.thresholds)
        stalled = waiting.stalled
        for variant in (*stalled, *waiting.without_row):
            _print_waiting(variant)
        young = still_young(waiting, context.thresholds)
        if young is not None and not stalled:
            say(young)
        else:
            say(NN_("{n} variant waits.", "{n} variants wait.", len(stalled)))
        if waiting.without_row:
            say(
                N_(
                    "Where a row is missing, a notification does not help: "
                    "python -m feedly_core rerun-step VARIANT STEP"
                )
            )
        if dry_run or not stalled:
            return
        if not yes:
            typer.confirm(translate(N_("Resend their notifications?"), language()), abort=True)
        done = resend_notifications(
            context, person_at_terminal(), [variant.job_variants_id for variant in stalled]
        )
        say(
            N_(
                "{resent} resent, {left} unchanged (moved on, or a worker holds them).",
                resent=len(done.resent),
                left=len(done.left_alone),
            )
        )


def _print_waiting(variant: StalledVariant) -> None:
    state = f"({variant.step}, {variant.status})"
    age = translate(age_words(variant.age), language())
    reason = N_("{step} stored no row", step=title(variant.missing)) if variant.missing else Message("")
    typer.echo(f"{variant.job_variants_id}  {state:26} {age}  {translate(reason, language())}".rstrip())


def rerun_step(
    job_variants_id: Annotated[UUID, typer.Argument(help="The variant.")],
    step: Annotated[str, typer.Argument(help="A step that it has reached, such as overlay.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Run one step of a failed or stalled variant again."""
    with check_context() as context:
        with context.reading() as connection:
            plan = plan_rerun(connection, job_variants_id, step)
        for change in plan.changes:
            before, after = (
                f"({at or '–'}, {status or '–'})" for at, status in (change.before, change.after)
            )
            typer.echo(f"{change.table} {change.row_id}  {before} -> {after}")
        for event in plan.events:
            say(event)
        if dry_run:
            return
        if not yes:
            typer.confirm(translate(N_("Run a step again?"), language()), abort=True)
        rerun(context.engine, context.settings, person_at_terminal(), job_variants_id, step)


def _print_history(context: CheckContext) -> None:
    with context.reading() as connection:
        past = history(connection)
    if past.empty:
        say(N_("No trigger probe is recorded yet"))
    for row in past.to_dict("records"):
        link = translate(LINK_TITLES[Link(row["broken_link"])], language()) if row["broken_link"] else "–"
        received, taken = (f"{ms:.0f} ms" if ms == ms else "–" for ms in (row["notify_ms"], row["taken_ms"]))
        at = row["started_at"].astimezone(context.settings.zone)
        shape = SHAPES[CheckOutcome(row["verdict"])]
        typer.echo(f"{at:%Y-%m-%d %H:%M:%S}  {shape} {received:>8} {taken:>8}  {link:16} {row['person']}")


def _print(check_report: CheckReport) -> None:
    group = None
    for result in check_report:
        if result.check.group is not group:
            group = result.check.group
            say("")
            say(GROUP_TITLES[group])
        say(
            Message(
                "  {shape} {name}: {found}",
                {"shape": SHAPES[result.outcome], "name": result.check.name, "found": result.finding.found},
            )
        )
        if result.outcome is not CheckOutcome.OK:
            say(Message("      {key}", {"key": result.check.key}))
            _print_help(result.finding)
    say("")
    say(
        Message(
            "{shape} {word}",
            {"shape": SHAPES[check_report.outcome], "word": OUTCOME_LABELS[check_report.outcome]},
        )
    )


def _print_finding(finding: Finding) -> None:
    say(Message("{shape} {found}", {"shape": SHAPES[finding.outcome], "found": finding.found}))
    if finding.outcome is not CheckOutcome.OK:
        _print_help(finding)


def _print_help(finding: Finding) -> None:
    for sentence in (finding.why, finding.fix.advice if finding.fix else None):
        if sentence is not None:
            say(Message("      {sentence}", {"sentence": sentence}))
    if finding.fix:
        for line in [*finding.fix.command.splitlines(), *finding.fix.sql.splitlines()]:
            typer.echo(f"        {line}")
    if finding.difference:
        say(Message("      {sentence}", {"sentence": N_("Difference to what the listener needs")}))
        for line in finding.difference.splitlines():
            typer.echo(f"        {line}")


class _Printer:
    """Prints each phase of a trigger probe once, and the finding when it is known."""

    def __init__(self) -> None:
        self._printed: set[object] = set()

    def __call__(self, report: Report) -> None:
        if report.finding is not None and "verdict" not in self._printed:
            self._printed.add("verdict")
            if report.broken is not None:
                say(N_("Broken link: {link}", link=LINK_TITLES[report.broken]))
            _print_finding(report.finding)
        if report.phase not in self._printed:
            self._printed.add(report.phase)
            say(PHASE_LABELS[report.phase])
