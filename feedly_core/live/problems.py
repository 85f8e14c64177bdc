"""What needs a person: steps that last too long, variants that drifted apart, retries used up. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from feedly_core.domain.pipeline import VARIANT_STEP_NAMES, title
from feedly_core.domain.status import MAX_RETRIES, Belief, Kind
from feedly_core.i18n import N_, NN_, Message
from feedly_core.live.durations import History
from feedly_core.live.job_status import Standing, VariantStanding

DRIFT_STEPS = 3
"""Finished steps between the first and the last variant from which they count as apart."""
DRIFT_SILENCE = timedelta(minutes=1)
"""A variant that moved within this time is only slower, not left behind."""


class TroubleKind(StrEnum):
    STUCK = "stuck"
    DRIFTED = "drifted"
    EXHAUSTED = "exhausted"
    FAILED = "failed"


class NextAction(StrEnum):
    """What a person can do about it from the page."""

    DIAGNOSTICS = "diagnostics"
    RERUN = "rerun"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Trouble:
    """``variant_id`` None: the whole job. ``rerun_step``: the step to run again, where that helps."""

    kind: TroubleKind
    variant_id: UUID | None
    message: Message
    detail: Message
    since: datetime
    actions: tuple[NextAction, ...]
    rerun_step: str | None = None


def troubles(standing: Standing, now: datetime, history: History) -> list[Trouble]:
    """Everything about one job that needs a person, the gravest first."""
    if standing.belief.kind is Kind.COMPLETE:
        return []
    found = [_exhausted(standing), *(_variant_trouble(v, now, history) for v in standing.variants)]
    found += [_job_stuck(standing, now, history), _drifted(standing, now)]
    return [trouble for trouble in found if trouble]


def _exhausted(standing: Standing) -> Trouble | None:
    if (standing.facts.retry_count or 0) < MAX_RETRIES:
        return None
    if standing.belief.kind is Kind.FAILED:
        detail = N_("The service has given up on this job. Nothing more will happen by itself.")
    else:
        detail = N_(
            "The job still moves, but the service repairs it no more: a step that fails now stays failed."
        )
    return Trouble(
        TroubleKind.EXHAUSTED,
        None,
        N_("All {limit} automatic retries are used up", limit=MAX_RETRIES),
        detail,
        standing.moved_at,
        (NextAction.LOG, NextAction.DIAGNOSTICS),
    )


def _variant_trouble(variant: VariantStanding, now: datetime, history: History) -> Trouble | None:
    belief, number = variant.belief, variant.facts.number
    step = _step_to_run(belief)
    if belief.kind is Kind.FAILED:
        return Trouble(
            TroubleKind.FAILED,
            variant.facts.variant_id,
            N_("Variant {number} failed at {step}", number=number, step=title(belief.step)),
            N_("The automatic repair has not helped. The log of the service says why it failed."),
            variant.since,
            (NextAction.RERUN, NextAction.LOG),
            step,
        )
    if belief.kind not in (Kind.FINISHED, Kind.WORKING, Kind.WAITING) or step not in VARIANT_STEP_NAMES:
        return None
    lasting = now - variant.since
    if lasting <= history.patience(step):
        return None
    return Trouble(
        TroubleKind.STUCK,
        variant.facts.variant_id,
        N_("Variant {number}: {step} stays silent", number=number, step=title(step)),
        N_(
            "The step takes far longer than usual. Either the service still works on it, its listener "
            "missed the event, or an input of the step is missing."
        ),
        variant.since,
        (NextAction.DIAGNOSTICS, NextAction.RERUN, NextAction.LOG),
        step,
    )


def _step_to_run(belief: Belief) -> str | None:
    """The step that a person would run again: the failed one, else the one after the last finished."""
    if belief.kind is Kind.FAILED:
        return belief.step if belief.step in VARIANT_STEP_NAMES else None
    if belief.step == "img_gen" and belief.kind is Kind.WAITING:
        return None
    return VARIANT_STEP_NAMES[belief.finished] if belief.finished < len(VARIANT_STEP_NAMES) else None


def _job_stuck(standing: Standing, now: datetime, history: History) -> Trouble | None:
    """The job's own steps: the intake before, the text steps after the variants."""
    variants_done = all(variant.belief.kind is Kind.COMPLETE for variant in standing.variants)
    if standing.belief.kind is Kind.FAILED:
        if standing.variants and not variants_done:
            return None
        detail = N_("No service repairs this step by itself.")
        return Trouble(
            TroubleKind.FAILED,
            None,
            standing.belief.words,
            detail,
            standing.moved_at,
            (NextAction.LOG, NextAction.DIAGNOSTICS),
        )
    if not variants_done or now - standing.moved_at <= history.patience(standing.belief.step):
        return None
    return Trouble(
        TroubleKind.STUCK,
        None,
        N_("The job stands still: {belief}", belief=standing.belief.words),
        _why_waiting(standing),
        standing.moved_at,
        (NextAction.DIAGNOSTICS, NextAction.LOG),
    )


def _why_waiting(standing: Standing) -> Message:
    if (standing.facts.step, standing.facts.status) == ("user_img_input", "done"):
        return N_(
            "An inserted job wakes nobody: the image generation service hears of it when it restarts, "
            "or when the job is announced on the create page."
        )
    return N_("The service that owns the next step has not reacted. Its listener may not be running.")


def _drifted(standing: Standing, now: datetime) -> Trouble | None:
    if len(standing.variants) < 2:
        return None
    last = min(standing.variants, key=lambda variant: variant.belief.finished)
    first = max(variant.belief.finished for variant in standing.variants)
    apart = first - last.belief.finished
    if apart < DRIFT_STEPS or now - last.since <= DRIFT_SILENCE or last.belief.kind is Kind.FAILED:
        return None
    return Trouble(
        TroubleKind.DRIFTED,
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
        _step_to_run(last.belief),
    )


def log_command(standing: Standing) -> str:
    """The shell line that shows the job in the analysis service's log, ready to be copied."""
    prefix = str(standing.job_id)[:8]
    return f'docker logs feedlyai-work-yh --tail 200 | grep -E "{prefix}|LISTENER|TRIGGER"'
