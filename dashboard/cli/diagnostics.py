"""``doctor``, ``trigger-test``, ``touch-again`` and ``repair`` in a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from dashboard.cli.simulate import simulate_ye
from dashboard.output import language, say, say_error
from feedly_core.diagnostics.ages import age_words
from feedly_core.diagnostics.bundle import as_document, support_bundle
from feedly_core.diagnostics.check import GROUP_TITLES, VERDICT_LABELS, Finding, Verdict
from feedly_core.diagnostics.check_report import Examination, examine
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.diagnostics.context import Scene, open_scene
from feedly_core.diagnostics.probe.history import history
from feedly_core.diagnostics.probe.report import LINK_TITLES, PHASE_LABELS, Link, Report
from feedly_core.diagnostics.probe.rows import ending_updates
from feedly_core.diagnostics.probe.run import complete_waiting, live_test
from feedly_core.diagnostics.probe.statements import as_sql, live_test_statements
from feedly_core.diagnostics.repair import proposed, repair
from feedly_core.diagnostics.resend import touch_again
from feedly_core.diagnostics.stalled_variants import lost_variants
from feedly_core.diagnostics.thresholds import Thresholds
from feedly_core.domain.pipeline import LAST_VARIANT_STEP
from feedly_core.errors import FeedlyError
from feedly_core.i18n import N_, NN_, Message, translate
from feedly_core.permissions import person_at_terminal
from feedly_core.settings import load_settings

SHAPES = {Verdict.OK: "●", Verdict.UNKNOWN: "◇", Verdict.WARNING: "▲", Verdict.FAILED: "✕"}


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)
    app.command("trigger-test")(trigger_test)
    app.command("repair-trigger")(repair_trigger)
    app.command("touch-again")(touch_waiting)
    app.command("simulate-ye")(simulate_ye)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Answers as JSON on standard output.")] = False,
    bundle: Annotated[Path | None, typer.Option(help="Write the support bundle (ZIP) to this file.")] = None,
) -> None:
    """Check every link of the trigger chain. Exit code: 0 all in order, 1 something to look at, 2 broken."""
    try:
        with _scene() as scene:
            examination = examine(scene, ALL_CHECKS)
            if bundle is not None:
                bundle.write_bytes(support_bundle(scene, examination, language()))
    except FeedlyError as error:  # __main__ would end with 1, which means a warning here
        say_error(error)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(json.dumps(as_document(examination, language()), ensure_ascii=False, indent=2))
    else:
        _print(examination)
    raise typer.Exit(examination.exit_code)


def trigger_test(
    job_variants_id: Annotated[
        UUID | None, typer.Argument(help="A variant that waits for image generation; without: own rows.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the statements, run nothing.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Follow all eight steps.")] = False,
    past: Annotated[bool, typer.Option("--history", help="List past tests, run none.")] = False,
) -> None:
    """Fire the real UPDATE and name the link that breaks. Exit code: 0 the chain works, 2 it does not."""
    with _scene() as scene:
        if past:
            _print_history(scene)
            return
        if dry_run:
            typer.echo(
                live_test_statements(scene)
                if job_variants_id is None
                else "\n".join(map(as_sql, ending_updates(job_variants_id)))
            )
            return
        if job_variants_id is None:
            report = live_test(
                scene, person_at_terminal(), follow=LAST_VARIANT_STEP if follow else None, tell=_Teller()
            )
        else:
            report = complete_waiting(scene, person_at_terminal(), job_variants_id, tell=_Teller())
    finding = report.finding
    raise typer.Exit(0 if finding is not None and finding.verdict is Verdict.OK else 2)


def repair_trigger(
    check: Annotated[str, typer.Argument(help="Key of a failing trigger check, as doctor prints it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Show the SQL that installs a missing trigger object, and run it after confirmation."""
    with _scene() as scene:
        fix = proposed(scene, check)[1].fix
        sql = fix.sql if fix else ""
        typer.echo(sql)
        if not yes:
            typer.confirm(translate(N_("Run this SQL?"), language()), abort=True)
        finding = repair(scene, person_at_terminal(), check, sql)
        _print_finding(finding)
    raise typer.Exit(0 if finding.verdict is Verdict.OK else 2)


def touch_waiting(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List them only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Send the event of lost notifications once more."""
    with _scene() as scene:
        with scene.reading() as connection:
            lost = lost_variants(connection, scene.thresholds)
        for variant in lost:
            state = f"({variant.step}, {variant.status})"
            typer.echo(
                f"{variant.job_variants_id}  {state:26} {translate(age_words(variant.age), language())}"
            )
        say(NN_("{n} variant waits.", "{n} variants wait.", len(lost)))
        if dry_run or not lost:
            return
        if not yes:
            typer.confirm(translate(N_("Send their event once more?"), language()), abort=True)
        done = touch_again(scene, person_at_terminal(), [variant.job_variants_id for variant in lost])
        say(
            N_(
                "{touched} touched, {left} left alone (moved on, or a worker is busy with them).",
                touched=len(done.touched),
                left=len(done.left_alone),
            )
        )


@contextmanager
def _scene() -> Iterator[Scene]:
    # Nobody waits for a page here: slow services get more time than on the page.
    with open_scene(load_settings(), Thresholds(check=6.0, service=5.0)) as scene:
        yield scene


def _print_history(scene: Scene) -> None:
    with scene.reading() as connection:
        told = history(connection)
    if told.empty:
        say(N_("No live test is recorded yet"))
    for row in told.to_dict("records"):
        link = translate(LINK_TITLES[Link(row["broken_link"])], language()) if row["broken_link"] else "–"
        heard, taken = (f"{ms:.0f} ms" if ms == ms else "–" for ms in (row["notify_ms"], row["taken_ms"]))
        at = row["started_at"].astimezone(scene.settings.zone)
        shape = SHAPES[Verdict(row["verdict"])]
        typer.echo(f"{at:%Y-%m-%d %H:%M:%S}  {shape} {heard:>8} {taken:>8}  {link:16} {row['person']}")


def _print(examination: Examination) -> None:
    group = None
    for answer in examination:
        if answer.check.group is not group:
            group = answer.check.group
            say("")
            say(GROUP_TITLES[group])
        say(
            Message(
                "  {shape} {name}: {found}",
                {"shape": SHAPES[answer.verdict], "name": answer.check.name, "found": answer.finding.found},
            )
        )
        if answer.verdict is not Verdict.OK:
            say(Message("      {key}", {"key": answer.check.key}))
            _print_help(answer.finding)
    say("")
    say(
        Message(
            "{shape} {word}",
            {"shape": SHAPES[examination.verdict], "word": VERDICT_LABELS[examination.verdict]},
        )
    )


def _print_finding(finding: Finding) -> None:
    say(Message("{shape} {found}", {"shape": SHAPES[finding.verdict], "found": finding.found}))
    if finding.verdict is not Verdict.OK:
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


class _Teller:
    """Prints each phase of a live test once, and the verdict when it stands."""

    def __init__(self) -> None:
        self._told: set[object] = set()

    def __call__(self, report: Report) -> None:
        if report.finding is not None and "verdict" not in self._told:
            self._told.add("verdict")
            if report.broken is not None:
                say(N_("Broken link: {link}", link=LINK_TITLES[report.broken]))
            _print_finding(report.finding)
        if report.phase not in self._told:
            self._told.add(report.phase)
            say(PHASE_LABELS[report.phase])
