"""Job problems: slow steps, missing rows, lagging variants, used-up retries."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert

from feedly_core.analytics.durations import StepDurations
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import acknowledged_failures, installed
from feedly_core.domain.contract import MAX_RETRIES
from feedly_core.domain.job_rows import BLOCKING_STEP
from feedly_core.domain.labels import label
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES, title
from feedly_core.domain.status import State, VariantStatus
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, NN_, Message
from feedly_core.live.job_view import JobView, VariantView
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings

DRIFT_STEPS = 3
"""Finished steps between the first and the last variant from which they count as apart."""
DRIFT_SILENCE = timedelta(minutes=1)
"""A variant that moved within this time is only slower, not left behind."""


class ProblemKind(StrEnum):
    STUCK = "stuck"
    DRIFTED = "drifted"
    EXHAUSTED = "exhausted"
    FAILED = "failed"
    NO_ROW = "no row"


class NextAction(StrEnum):
    """What a person can do about it from the page."""

    DIAGNOSTICS = "diagnostics"
    RERUN = "rerun"
    LOG = "log"


class Problem(NamedTuple):
    """``variant_id`` None: the whole job.

    ``step``: where it is broken. ``rerun_step``: the step to run again, where that helps.
    """

    kind: ProblemKind
    variant_id: UUID | None
    message: Message
    detail: Message
    since: datetime
    actions: tuple[NextAction, ...]
    rerun_step: str | None = None
    step: str | None = None


def find_problems(view: JobView, now: datetime, history: StepDurations) -> list[Problem]:
    """Problems of one job, worst first."""
    if view.status.state is State.COMPLETE:
        return []
    found = [_exhausted(view), *(_variant_problem(v, now, history) for v in view.variants)]
    found += [_job_stuck(view, now, history), _drifted(view, now)]
    return [problem for problem in found if problem]


def _exhausted(view: JobView) -> Problem | None:
    if (view.facts.retry_count or 0) < MAX_RETRIES:
        return None
    if view.status.state is State.FAILED:
        detail = N_("The service has given up on this job. Nothing more will happen by itself.")
    else:
        detail = N_(
            "The job still moves, but the service repairs it no more: a step that fails now stays failed."
        )
    return Problem(
        ProblemKind.EXHAUSTED,
        None,
        N_("All {limit} automatic retries are used up", limit=MAX_RETRIES),
        detail,
        view.moved_at,
        (NextAction.LOG, NextAction.DIAGNOSTICS),
        step=view.status.place,
    )


def _variant_problem(variant: VariantView, now: datetime, history: StepDurations) -> Problem | None:
    status, number = variant.status, variant.facts.number
    if status.missing:
        return _without_row(variant, status.missing)
    step = variant.facts.blocked_by or _step_to_run(status)
    if status.state is State.FAILED:
        return Problem(
            ProblemKind.FAILED,
            variant.facts.variant_id,
            *_failed_words(number, status.step),
            variant.since,
            (NextAction.RERUN, NextAction.LOG),
            step,
            status.step,
        )
    if status.state not in (State.STALLED, State.WORKING, State.WAITING) or step not in VARIANT_STEP_NAMES:
        return None
    lasting = now - variant.since
    if lasting <= history.timeouts.of(step):
        return None
    if variant.facts.missing:
        return _without_row(variant, variant.facts.missing[0])
    return Problem(
        ProblemKind.STUCK,
        variant.facts.variant_id,
        N_("Variant {number}: no response from {step}", number=number, step=title(step)),
        N_(
            "The step takes far longer than usual. Either the service still works on it, its listener "
            "missed the event, or an input of the step is missing."
        ),
        variant.since,
        (NextAction.DIAGNOSTICS, NextAction.RERUN, NextAction.LOG),
        step,
        step,
    )


@lru_cache(maxsize=256)
def _failed_words(number: int, step: str | None) -> tuple[Message, Message]:
    """Message and detail. Many variants fail alike: they share their words."""
    return (
        N_("Variant {number} failed at {step}", number=number, step=title(step)),
        N_("The automatic repair has not helped. The log of the service says why it failed."),
    )


def _without_row(variant: VariantView, step: str) -> Problem:
    """A step that ended as done without its row: only that step, run again, helps."""
    return Problem(
        ProblemKind.NO_ROW,
        variant.facts.variant_id,
        *_words_without_row(variant.facts.number, step, variant.facts.font),
        variant.since,
        (NextAction.RERUN, NextAction.LOG),
        step,
        step,
    )


@lru_cache(maxsize=256)
def _words_without_row(number: int, step: str, font: str | None) -> tuple[Message, Message]:
    """Message and detail; shared as those of failed variants."""
    if step != BLOCKING_STEP:
        message = N_("Variant {number}: {step} stored no row", number=number, step=title(step))
        detail = N_(
            "The step reads as done, but its result is missing: the service's repair skipped it, or could "
            "not store it. Run this step again."
        )
    else:
        message = N_(
            "Variant {number}: {step} stored no row (font file missing?)", number=number, step=title(step)
        )
        detail = (
            N_(
                "The service starts no later step without that row. Install the recommended font {font} in "
                "the analysis service, then run {step} again. Resending the notification does not help.",
                font=font,
                step=title(step),
            )
            if font
            else N_(
                "The service starts no later step without that row. Look for a missing font in the log of "
                "the analysis service, then run {step} again. Resending the notification does not help.",
                step=title(step),
            )
        )
    return message, detail


def _step_to_run(status: VariantStatus) -> str | None:
    """The step that a person would run again: the failed one, else the one after the last finished."""
    if status.state is State.FAILED:
        return status.step if status.step in VARIANT_STEP_NAMES else None
    if status.step == "img_gen" and status.state is State.WAITING:
        return None
    return VARIANT_STEP_NAMES[status.finished] if status.finished < len(VARIANT_STEP_NAMES) else None


def _job_stuck(view: JobView, now: datetime, history: StepDurations) -> Problem | None:
    """The job's own steps: the intake before, the text steps after the variants."""
    variants_done = all(variant.status.state is State.COMPLETE for variant in view.variants)
    if view.status.state is State.FAILED:
        if view.variants and not variants_done:
            return None
        detail = N_("No service repairs this step by itself.")
        return Problem(
            ProblemKind.FAILED,
            None,
            label(view.status),
            detail,
            view.moved_at,
            (NextAction.LOG, NextAction.DIAGNOSTICS),
            step=view.status.place,
        )
    if not variants_done or now - view.moved_at <= history.timeouts.of(view.status.step):
        return None
    return Problem(
        ProblemKind.STUCK,
        None,
        N_("The job stands still: {status}", status=label(view.status)),
        _why_waiting(view),
        view.moved_at,
        (NextAction.DIAGNOSTICS, NextAction.LOG),
        step=view.status.place,
    )


def _why_waiting(view: JobView) -> Message:
    if (view.facts.step, view.facts.status) == ("user_img_input", "done"):
        return N_(
            "An inserted job wakes nobody: the image generation service hears of it when it restarts, "
            "or when the job is announced on the create page."
        )
    return N_("The service that owns the next step has not reacted. Its listener may not be running.")


def _drifted(view: JobView, now: datetime) -> Problem | None:
    if len(view.variants) < 2:
        return None
    last = min(view.variants, key=lambda variant: variant.status.finished)
    first = max(variant.status.finished for variant in view.variants)
    apart = first - last.status.finished
    if apart < DRIFT_STEPS or now - last.since <= DRIFT_SILENCE or last.status.state is State.FAILED:
        return None
    if last.status.missing:
        return None
    return Problem(
        ProblemKind.DRIFTED,
        last.facts.variant_id,
        NN_(
            "Variant {number} is {n} step behind the others",
            "Variant {number} is {n} steps behind the others",
            apart,
            number=last.facts.number,
        ),
        N_("The service usually repairs this by itself after the next event of the job."),
        last.since,
        (NextAction.RERUN, NextAction.LOG),
        _step_to_run(last.status),
        last.status.place,
    )


def log_command(view: JobView) -> str:
    """Shell command that shows the job in the service's log."""
    prefix = str(view.job_id)[:8]
    return f'docker logs feedlyai-work-yh --tail 200 | grep -E "{prefix}|LISTENER|TRIGGER"'


def acknowledge(engine: Engine, settings: Settings, person: Person, job_id: UUID) -> None:
    """Remember that ``person`` has seen the job's failure.

    The job's own rows stay untouched.

    Raises :class:`PermissionDenied` below a reviewer, :class:`InvalidInput` without our schema.
    """
    require(person, Role.REVIEWER, settings)
    with writing(engine) as connection:
        if not installed(connection):
            raise InvalidInput(
                N_("There is nowhere to remember this: the schema feedly_dashboard is not installed."),
                hint=N_("An operator can install it on the diagnostics page."),
            )
        row = insert(acknowledged_failures).values(job_id=job_id, person=person.name)
        first = connection.execute(row.on_conflict_do_nothing()).rowcount > 0
        seen = {"acknowledged": not first}
        audit(
            connection, person, "acknowledge_failure", str(job_id), before=seen, after={"acknowledged": True}
        )
