"""Commands ``broken``, ``mark-failure`` and ``rerun-group``: failure groups in a terminal."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from dashboard.cli.session import session
from dashboard.output import language, progress_bar, say
from feedly_core.api import Feedly
from feedly_core.db.engine import reading
from feedly_core.domain.pipeline import title
from feedly_core.failures.broken import mark_fault, named_group, what_is_broken
from feedly_core.failures.drive import advance
from feedly_core.failures.groups import PROBLEM_TITLES, FailureGroup, Fault, FaultState
from feedly_core.failures.plan import GroupPlan, plan_group
from feedly_core.failures.runs import (
    ITEM_TITLES,
    RUN_TITLES,
    GroupRerun,
    ItemState,
    RunState,
    read_rerun,
    resume_group_rerun,
    start_group_rerun,
)
from feedly_core.i18n import N_, NN_, Message, translate, verbatim
from feedly_core.live.overview import board_without_hub
from feedly_core.live.problems import ProblemKind

_PROBLEM = typer.Argument(help="As feedlyai broken prints it: stuck, failed, no row …")
_STEP = typer.Argument(help="The step, such as overlay.")
_RELEASE = typer.Option("--release", help="Where several releases have it.")


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("broken")(broken)
    app.command("mark-failure")(mark_failure)
    app.command("rerun-group")(rerun_group)


def broken() -> None:
    """What is broken now, in groups."""
    with session() as feedly:
        groups = _groups(feedly)
    if not groups:
        say(N_("Nothing is broken"))
    for group in groups:
        say(_line(group))
        if group.mark and group.mark.state is not FaultState.NEW:
            typer.echo(
                "      " + " · ".join(filter(None, (group.mark.note, group.mark.link, group.mark.release)))
            )


def mark_failure(
    problem: Annotated[ProblemKind, _PROBLEM],
    step: Annotated[str, _STEP],
    state: Annotated[FaultState, typer.Argument(help="new, known or fixed.")],
    note: Annotated[str, typer.Option("--note")] = "",
    link: Annotated[str, typer.Option("--link", help="https://…")] = "",
    release: Annotated[str, typer.Option("--release", help="The release that fixes it.")] = "",
) -> None:
    """Say that a failure is known, or fixed in a release."""
    with session(write=True) as feedly:
        mark_fault(
            *(feedly.engine, feedly.settings, feedly.person, Fault(problem, step), state),
            note=note,
            link=link,
            release=release,
        )


def rerun_group(
    problem: Annotated[str, _PROBLEM] = "",
    step: Annotated[str, _STEP] = "",
    release: Annotated[str | None, _RELEASE] = None,
    resume: Annotated[UUID | None, typer.Option("--resume", help="Go on with a stopped rerun.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Run the step of every variant of a failure group again.

    Ends with code 1 where a variant failed again or did not respond.
    """
    with session(write=not dry_run) as feedly:
        if resume is not None:
            run_id = _resumed(feedly, resume)
        else:
            group = named_group(_groups(feedly), problem, step, release)
            with reading(feedly.engine) as connection:
                plan = plan_group(connection, group, datetime.now(UTC))
            _print_plan(plan)
            if dry_run or not plan.plans:
                return
            if not yes:
                typer.confirm(
                    translate(N_("Run the step again for the whole group?"), language()), abort=True
                )
            run_id = start_group_rerun(feedly.engine, feedly.settings, feedly.person, group, plan)
        run = _drive(feedly, run_id)
    _print_end(run)
    if run.stopped_by or run.counts[ItemState.FAILED] or run.counts[ItemState.SILENT]:
        raise typer.Exit(1)


def _groups(feedly: Feedly) -> tuple[FailureGroup, ...]:
    now = datetime.now(UTC)
    with reading(feedly.engine) as connection:
        return what_is_broken(connection, board_without_hub(connection, now), now)


def _line(group: FailureGroup) -> Message:
    return N_(
        "{problem} {step} {release} · {n} · {title}: {what} · {state}",
        problem=verbatim(f'"{group.fault.problem}"'),
        step=verbatim(group.fault.step or '""'),
        release=verbatim(group.release or "–"),
        n=len(group.members),
        title=title(group.fault.step),
        what=PROBLEM_TITLES[group.fault.problem],
        state=verbatim(group.state.value),
    )


def _print_plan(plan: GroupPlan) -> None:
    for one in plan.plans:
        for change in one.changes:
            before, after = (f"({at or '–'}, {now or '–'})" for at, now in (change.before, change.after))
            typer.echo(f"{change.table} {change.row_id}  {before} -> {after}")
    say(NN_("{n} variant will run again.", "{n} variants will run again.", len(plan.plans)))
    say(NN_("{n} step will run", "{n} steps will run", plan.cost.steps))
    for reason, count in plan.reasons:
        say(N_("Left out, {n}: {reason}", n=count, reason=reason))


def _resumed(feedly: Feedly, run_id: UUID) -> UUID:
    """One that was stopped is resumed; one whose process died is simply driven on."""
    with reading(feedly.engine) as connection:
        state = read_rerun(connection, run_id).state
    if state is not RunState.RUNNING:
        resume_group_rerun(feedly.engine, feedly.settings, feedly.person, run_id)
    return run_id


def _drive(feedly: Feedly, run_id: UUID) -> GroupRerun:
    with progress_bar() as shown:
        while (pause := advance(feedly.engine, run_id)) is not None:
            with reading(feedly.engine) as connection:
                run = read_rerun(connection, run_id)
            shown(
                run.settled / max(1, len(run.items)),
                N_("{done} of {all} variants", done=run.settled, all=len(run.items)),
            )
            time.sleep(pause)
    with reading(feedly.engine) as connection:
        return read_rerun(connection, run_id)


def _print_end(run: GroupRerun) -> None:
    for item in run.items:
        state = translate(ITEM_TITLES[item.state], language())
        typer.echo(
            f"{item.variant_id}  {state}  {translate(item.reason or Message(''), language())}".rstrip()
        )
    if run.stopped_by is not None:
        say(N_("Stopped: three times in a row the same failure ({failure}).", failure=run.stopped_by))
        say(N_("To go on: feedlyai rerun-group --resume {run}", run=run.run_id))
    else:
        say(N_("Rerun {run}: {state}", run=run.run_id, state=RUN_TITLES[run.state]))
