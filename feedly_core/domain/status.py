"""What a person should believe when the rows say something else. Pure: rows in, beliefs out.

The raw rows mislead: ``running`` is mostly invisible, (done, some step) on a job is not the end,
``failed`` is usually repaired, steps are repeated and go backwards. The position is therefore the
furthest step ever finished, and a repetition is a remark beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from feedly_core.domain.pipeline import (
    LAST_STEP,
    LAST_VARIANT_STEP,
    STEPS,
    TEXT_STEPS,
    VARIANT_STEP_NAMES,
    VARIANT_STEPS,
    Status,
    finished_steps,
    finished_texts,
    following,
    job_complete,
    order,
    title,
)
from feedly_core.i18n import N_, Message, verbatim

MAX_RETRIES = 20
"""The listener stops repairing a job here (MAX_JOB_RETRY_COUNT since 2025-12-04)."""

PATIENCE = timedelta(minutes=5)
"""A step that has been silent for longer is stalled; also the service's own threshold."""

SETTLE = timedelta(seconds=30)
"""Nobody repairs a failed text step, but a duplicate call of it may still succeed within this time."""

_FIRST_TEXT_STEP = TEXT_STEPS[0].name


class Kind(StrEnum):
    """The states that a viewer is told."""

    WAITING = "waiting"
    WORKING = "working"
    FINISHED = "finished"
    RETRYING = "retrying"
    FAILED = "failed"
    COMPLETE = "complete"
    UNCLEAR = "unclear"


ACTIVE = frozenset({Kind.WAITING, Kind.WORKING})

KIND_LABELS = {
    Kind.WAITING: N_("Waiting"),
    Kind.WORKING: N_("In progress"),
    Kind.FINISHED: N_("Stalled"),
    Kind.RETRYING: N_("Being repaired"),
    Kind.FAILED: N_("Failed"),
    Kind.COMPLETE: N_("Complete"),
    Kind.UNCLEAR: N_("Unclear"),
}
"""One word a state, for filters and badges."""


@dataclass(frozen=True)
class Row:
    """One row of ``jobs`` or ``jobs_variants`` and what is remembered about it.

    ``moved_at``: last sign of life, the later of ``updated_at`` and the last event heard.
    ``furthest``: most steps ever known finished, 0 when nothing is remembered: variant steps (0 to 8), for
    a job's row text steps (0 to 2).
    """

    step: str | None
    status: str | None
    moved_at: datetime
    retry_count: int | None = None
    furthest: int = 0


@dataclass(frozen=True)
class Belief:
    """``step`` is what ``kind`` refers to. ``finished``: variant steps, 0 to 8; for a job text steps, 0 to 2.

    ``repeating`` names a step that runs again although a later one was already finished. ``raw`` is
    what the row says, where that is a name nobody knows. ``place``: the step to look at, which never
    lies behind a finished one: where the next step stays silent, or an earlier one fails again, the
    first that is not finished.
    """

    kind: Kind
    step: str | None
    finished: int
    words: Message
    repeating: str | None = None
    raw: str | None = None
    place: str | None = None

    @property
    def over(self) -> bool:
        """Complete or failed for good: nothing more happens by itself."""
        return self.kind in (Kind.COMPLETE, Kind.FAILED)

    @property
    def remark(self) -> Message | None:
        """What is worth a word beside the belief."""
        if self.raw:
            return N_("the row says {state}", state=self.raw)
        return N_("repeating {step}", step=title(self.repeating)) if self.repeating else None


def believe_variant(
    row: Row, now: datetime, *, job_retries: int | None = None, patience: timedelta = PATIENCE
) -> Belief:
    """The state of one variant. ``job_retries`` is ``jobs.retry_count``: that one is limited to 20."""
    belief = _believe_variant(row, now, job_retries, patience)
    if 0 < belief.finished < len(VARIANT_STEPS):
        place: str | None = VARIANT_STEP_NAMES[belief.finished]
    else:
        place = LAST_VARIANT_STEP if belief.finished else _place(belief)
    return replace(belief, raw=_unknown(row), place=place)


def _place(belief: Belief) -> str | None:
    silent = following(belief.step or "") if belief.kind is Kind.FINISHED else None
    return silent or belief.step


def _believe_variant(row: Row, now: datetime, job_retries: int | None, patience: timedelta) -> Belief:
    silent = now - row.moved_at > patience
    finished = max(row.furthest, finished_steps(row.step, row.status))
    executing = _executing(row)
    repeating = executing if _again(executing, finished) else None
    if row.status == Status.FAILED:
        if silent or (job_retries or 0) >= MAX_RETRIES:
            return Belief(Kind.FAILED, row.step, finished, N_("Failed at {step}", step=title(row.step)))
        return Belief(Kind.RETRYING, row.step, finished, _repair_words(row.step, job_retries))
    if finished == len(VARIANT_STEPS):
        return Belief(Kind.COMPLETE, LAST_VARIANT_STEP, finished, N_("Complete"), repeating)
    if row.status not in set(Status):
        return Belief(Kind.UNCLEAR, row.step, finished, _unclear(row))
    position = VARIANT_STEP_NAMES[finished] if repeating else executing
    if row.status == Status.QUEUED:
        return Belief(Kind.WAITING, position, finished, _waiting(position), repeating)
    if row.status == Status.RUNNING:
        return Belief(Kind.WORKING, position, finished, _working(position), repeating)
    if row.step == "user_img_input":
        return Belief(Kind.WAITING, "img_gen", finished, _waiting("img_gen"))
    if silent or position is None:
        return Belief(Kind.FINISHED, row.step, finished, _stalled(row.step), repeating)
    return Belief(Kind.WORKING, position, finished, _working(position), repeating)


def _unknown(row: Row) -> str | None:
    """(step, status) as it is when one of them is a name that the reference does not have."""
    if (row.step is None or row.step in STEPS) and (row.status is None or row.status in set(Status)):
        return None
    return f"({row.step or '–'}, {row.status or '–'})"


def _executing(row: Row) -> str | None:
    """The step that runs, or is about to, while the row reads like this; None when nothing follows."""
    if row.status != Status.DONE:
        return row.step
    nxt = following(row.step) if row.step else None
    return nxt if nxt in VARIANT_STEP_NAMES else None


def _again(step: str | None, finished: int) -> bool:
    return step in VARIANT_STEP_NAMES and VARIANT_STEP_NAMES.index(step) < finished


def believe_job(
    row: Row,
    variants: Sequence[Belief],
    now: datetime,
    *,
    has_copy: bool = True,
    has_feed: bool = False,
    patience: timedelta = PATIENCE,
) -> Belief:
    """The state of a job, told by its variants; the job row counts only before and after them.

    ``has_copy``: an English ad copy exists. Without one the text steps answer 400 and the job's end
    is its last variant (test jobs of the image generation part). ``has_feed``: a feed row exists,
    so the job was complete once, whatever its row says now.
    """
    belief = _believe_job(row, variants, now, has_copy, has_feed, patience)
    return replace(belief, raw=_unknown(row), place=_place(belief))


def _believe_job(
    row: Row,
    variants: Sequence[Belief],
    now: datetime,
    has_copy: bool,
    has_feed: bool,
    patience: timedelta,
) -> Belief:
    if has_feed or job_complete(row.step, row.status):
        repeating = None if job_complete(row.step, row.status) else _FIRST_TEXT_STEP
        return Belief(Kind.COMPLETE, LAST_STEP, len(TEXT_STEPS), N_("Complete"), repeating)
    if not variants or (row.step, row.status) == ("img_gen", Status.RUNNING):
        return _believe_intake(row, now, patience)
    if all(variant.kind == Kind.COMPLETE for variant in variants):
        return _believe_text_steps(row, now, has_copy, patience)
    open_variants = [variant for variant in variants if variant.kind != Kind.COMPLETE]
    for kind in (Kind.WORKING, Kind.WAITING, Kind.RETRYING, Kind.FAILED, Kind.FINISHED, Kind.UNCLEAR):
        told = [variant for variant in open_variants if variant.kind == kind]
        if told:
            slowest = min(told, key=lambda variant: variant.finished)
            return Belief(kind, slowest.step, row.furthest, slowest.words)
    raise AssertionError("a belief of an unknown kind")


def _believe_intake(row: Row, now: datetime, patience: timedelta) -> Belief:
    """Before there are variants. No service repairs a failure here."""
    if row.status == Status.FAILED:
        return Belief(Kind.FAILED, row.step, 0, N_("Failed at {step}", step=title(row.step)))
    if row.status == Status.RUNNING:
        return Belief(Kind.WORKING, row.step, 0, _working(row.step))
    if row.status == Status.QUEUED:
        return Belief(Kind.WAITING, row.step, 0, _waiting(row.step))
    if row.status != Status.DONE:
        return Belief(Kind.UNCLEAR, row.step, 0, _unclear(row))
    if row.step == "img_gen" or order(row.step) < 0:
        return Belief(Kind.FINISHED, row.step, 0, _stalled(row.step))
    nxt = "gen_vlm_analyze" if row.step == "user_img_input" else following(row.step or "")
    if row.step == "user_img_input" or now - row.moved_at <= patience:
        return Belief(Kind.WAITING, nxt, 0, _waiting(nxt))
    return Belief(Kind.FINISHED, row.step, 0, _stalled(row.step))


def _believe_text_steps(row: Row, now: datetime, has_copy: bool, patience: timedelta) -> Belief:
    silent = now - row.moved_at
    shown = finished_texts(row.step, row.status)
    written = max(shown, row.furthest)
    executing = LAST_STEP if written else _FIRST_TEXT_STEP
    repeating = _FIRST_TEXT_STEP if written > shown else None
    if not has_copy:
        return Belief(Kind.COMPLETE, LAST_VARIANT_STEP, 0, N_("Variants complete, no ad copy to write from"))
    if row.status == Status.FAILED and order(row.step) > order(LAST_VARIANT_STEP) and silent > SETTLE:
        return Belief(Kind.FAILED, row.step, written, N_("Failed at {step}", step=title(row.step)))
    if silent > patience:
        at = row.step if order(row.step) > order(LAST_VARIANT_STEP) else LAST_VARIANT_STEP
        return Belief(Kind.FINISHED, at, written, _stalled(at))
    return Belief(Kind.WORKING, executing, written, _working(executing), repeating)


def progress(variants: Sequence[Belief]) -> float:
    """Share of variant steps finished, 0 to 1; text steps are counted apart. 0 without variants."""
    if not variants:
        return 0.0
    return sum(variant.finished for variant in variants) / (len(VARIANT_STEPS) * len(variants))


def _waiting(step: str | None) -> Message:
    return N_("Waiting for {step}", step=title(step))


def _working(step: str | None) -> Message:
    return N_("Working on {step}", step=title(step))


def _stalled(step: str | None) -> Message:
    return N_("Finished {step}, the next step stays silent", step=title(step))


def _unclear(row: Row) -> Message:
    return N_("{step}: unknown status {status}", step=title(row.step), status=verbatim(row.status or "–"))


def _repair_words(step: str | None, retries: int | None) -> Message:
    if not retries:
        return N_("Failed at {step}, being repaired", step=title(step))
    return N_(
        "Failed at {step}, being repaired ({retry} of {limit})",
        step=title(step),
        retry=retries,
        limit=MAX_RETRIES,
    )
