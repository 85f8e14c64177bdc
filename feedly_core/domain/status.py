"""Job and variant status, decided from rows. Pure; no sentences.

The raw rows mislead: ``running`` is mostly invisible, (done, some step) on a job is not the end,
``failed`` is usually repaired, steps are repeated and go backwards. The position is therefore the
furthest step ever finished, and a repetition is a remark beside it. :mod:`feedly_core.domain.labels` says it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from feedly_core.domain.contract import MAX_RETRIES
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
)

_KNOWN = frozenset(Status)

STALL_TIMEOUT = timedelta(minutes=5)
"""A step that has been silent for so long is stalled; also the service's own threshold."""

RETRY_GRACE = timedelta(seconds=30)
"""Nobody repairs a failed text step, but a duplicate call of it may still succeed within this time."""

_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_TEXT_STEP = TEXT_STEPS[0].name


class State(StrEnum):
    """What a viewer sees of a job or a variant."""

    WAITING = "waiting"
    WORKING = "working"
    STALLED = "stalled"
    RETRYING = "retrying"
    FAILED = "failed"
    COMPLETE = "complete"
    UNCLEAR = "unclear"


ACTIVE = frozenset({State.WAITING, State.WORKING})
ENDED = frozenset({State.COMPLETE, State.FAILED})
"""Nothing more happens by itself."""

_MOST_ALIVE_FIRST = (
    State.WORKING,
    State.WAITING,
    State.RETRYING,
    State.FAILED,
    State.STALLED,
    State.UNCLEAR,
)
_PLACE_OF = {state: place for place, state in enumerate(_MOST_ALIVE_FIRST)}


class Row(NamedTuple):
    """One row of ``jobs`` or ``jobs_variants`` and its high-water mark.

    ``moved_at``: last sign of life, the later of ``updated_at`` and the last event received.
    ``furthest``: most steps ever known finished, 0 when nothing is remembered: variant steps (0 to 8), for
    a job's row text steps (0 to 2). ``missing``: the step without whose result row no later step of this
    variant can start, while that row is not there.
    """

    step: str | None
    status: str | None
    moved_at: datetime
    retry_count: int | None = None
    furthest: int = 0
    missing: str | None = None


@dataclass(frozen=True)
class DerivedStatus:
    """State, the step it refers to, and counts.

    ``finished``: variant steps, 0 to 8; for a job text steps, 0 to 2. ``retries``: repairs of the job so
    far, while it is being repaired. ``repeating``: a step that runs again although a later one was already
    finished. ``raw``: what the row says, where that is a name nobody knows; ``unknown``: the status that
    makes it unclear. ``place``: the step to look at, which never lies behind a finished one: where the next
    step stays silent, or an earlier one fails again, the first that is not finished. ``missing``: a step that
    ended without its result row, which stops the variant until that step runs again.
    """

    state: State
    step: str | None
    finished: int
    repeating: str | None = None
    retries: int = 0
    unknown: str | None = None
    raw: str | None = None
    place: str | None = None
    missing: str | None = None

    @property
    def over(self) -> bool:
        """Complete or failed for good: nothing more happens by itself."""
        return self.state in ENDED


class VariantStatus(DerivedStatus):
    """Status of one variant."""


class JobStatus(DerivedStatus):
    """Status of one job."""


def derive_variant_status(
    row: Row, now: datetime, *, job_retries: int | None = None, stall_timeout: timedelta = STALL_TIMEOUT
) -> VariantStatus:
    """Status of one variant.

    ``job_retries`` is ``jobs.retry_count``: that one is limited to 20.
    """
    silent = now - row.moved_at >= stall_timeout
    return _variant_status(row.step, row.status, row.furthest, row.missing, job_retries or 0, silent)


@lru_cache(maxsize=4096)
def _variant_status(
    step: str | None, said: str | None, furthest: int, missing: str | None, retries: int, silent: bool
) -> VariantStatus:
    """Remembered: of hundreds of variants in flight few differ in anything but the time."""
    row = Row(step, said, _ANY_TIME, None, furthest, missing)
    status = _derive_variant(row, retries, silent)
    if 0 < status.finished < len(VARIANT_STEPS):
        place: str | None = VARIANT_STEP_NAMES[status.finished]
    else:
        place = LAST_VARIANT_STEP if status.finished else _place(status)
    return VariantStatus(*_told(status, row, place))


def _place(status: DerivedStatus) -> str | None:
    silent = following(status.step or "") if status.state is State.STALLED and not status.missing else None
    return silent or status.step


def _derive_variant(row: Row, retries: int, silent: bool) -> VariantStatus:
    claimed = finished_steps(row.step, row.status)
    finished = max(row.furthest, claimed)
    executing = _executing(row)
    if row.missing and claimed < len(VARIANT_STEPS):
        # Whatever was remembered of later steps: they count again when the missing row is there. Counted at
        # one position and not at the next, the way would run back under a viewer's eyes.
        finished = min(finished, VARIANT_STEP_NAMES.index(row.missing))
        if claimed > finished and row.status in (Status.DONE, Status.QUEUED):
            return VariantStatus(State.STALLED, row.missing, finished, missing=row.missing)
    repeating = executing if _again(executing, finished) else None
    if row.status == Status.FAILED:
        if silent or retries >= MAX_RETRIES:
            return VariantStatus(State.FAILED, row.step, finished)
        return VariantStatus(State.RETRYING, row.step, finished, retries=retries)
    if finished == len(VARIANT_STEPS):
        return VariantStatus(State.COMPLETE, LAST_VARIANT_STEP, finished, repeating)
    if row.status not in _KNOWN:
        return VariantStatus(State.UNCLEAR, row.step, finished, unknown=row.status)
    position = VARIANT_STEP_NAMES[finished] if repeating else executing
    if row.status == Status.QUEUED:
        return VariantStatus(State.WAITING, position, finished, repeating)
    if row.status == Status.RUNNING:
        return VariantStatus(State.WORKING, position, finished, repeating)
    if row.step == "user_img_input":
        return VariantStatus(State.WAITING, "img_gen", finished)
    if silent or position is None:
        return VariantStatus(State.STALLED, row.step, finished, repeating)
    return VariantStatus(State.WORKING, position, finished, repeating)


def _unknown_names(row: Row) -> str | None:
    """(step, status) as it is when one of them is a name that the reference does not have."""
    if (row.step is None or row.step in STEPS) and (row.status is None or row.status in _KNOWN):
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


def derive_job_status(
    row: Row,
    variants: Sequence[VariantStatus],
    now: datetime,
    *,
    has_copy: bool = True,
    has_feed: bool = False,
    stall_timeout: timedelta = STALL_TIMEOUT,
) -> JobStatus:
    """Status of a job, from its variants.

    Its own row counts only before and after them.

    ``has_copy``: an English ad copy exists. Without one the text steps answer 400 and the job's end
    is its last variant (test jobs of the image generation part). ``has_feed``: a feed row exists,
    so the job was complete once, whatever its row says now.
    """
    status = _derive_job(row, variants, now, has_copy, has_feed, stall_timeout)
    return JobStatus(*_told(status, row, _place(status)))


def _told(status: DerivedStatus, row: Row, place: str | None) -> tuple[Any, ...]:
    """Its fields, with raw names and place; ``dataclasses.replace`` took as long as all the rest."""
    told = (status.repeating, status.retries, status.unknown, _unknown_names(row), place, status.missing)
    return status.state, status.step, status.finished, *told


def _derive_job(
    row: Row,
    variants: Sequence[VariantStatus],
    now: datetime,
    has_copy: bool,
    has_feed: bool,
    stall_timeout: timedelta,
) -> JobStatus:
    if has_feed or job_complete(row.step, row.status):
        repeating = None if job_complete(row.step, row.status) else _FIRST_TEXT_STEP
        return JobStatus(State.COMPLETE, LAST_STEP, len(TEXT_STEPS), repeating)
    if not variants or (row.step, row.status) == ("img_gen", Status.RUNNING):
        return _derive_intake(row, now, stall_timeout)
    open_variants = [variant for variant in variants if variant.state is not State.COMPLETE]
    if not open_variants:
        return _derive_text_steps(row, now, has_copy, stall_timeout)
    slowest = min(open_variants, key=lambda variant: (_PLACE_OF[variant.state], variant.finished))
    return JobStatus(
        slowest.state,
        slowest.step,
        row.furthest,
        retries=slowest.retries,
        unknown=slowest.unknown,
        missing=slowest.missing,
    )


def _derive_intake(row: Row, now: datetime, stall_timeout: timedelta) -> JobStatus:
    """Before there are variants. No service repairs a failure here."""
    if row.status == Status.FAILED:
        return JobStatus(State.FAILED, row.step, 0)
    if row.status == Status.RUNNING:
        return JobStatus(State.WORKING, row.step, 0)
    if row.status == Status.QUEUED:
        return JobStatus(State.WAITING, row.step, 0)
    if row.status != Status.DONE:
        return JobStatus(State.UNCLEAR, row.step, 0, unknown=row.status)
    if row.step == "img_gen" or order(row.step) < 0:
        return JobStatus(State.STALLED, row.step, 0)
    nxt = "gen_vlm_analyze" if row.step == "user_img_input" else following(row.step or "")
    if row.step == "user_img_input" or now - row.moved_at < stall_timeout:
        return JobStatus(State.WAITING, nxt, 0)
    return JobStatus(State.STALLED, row.step, 0)


def _derive_text_steps(row: Row, now: datetime, has_copy: bool, stall_timeout: timedelta) -> JobStatus:
    silent = now - row.moved_at
    shown = finished_texts(row.step, row.status)
    written = max(shown, row.furthest)
    executing = LAST_STEP if written else _FIRST_TEXT_STEP
    repeating = _FIRST_TEXT_STEP if written > shown else None
    if not has_copy:
        return JobStatus(State.COMPLETE, LAST_VARIANT_STEP, 0)
    if row.status == Status.FAILED and order(row.step) > order(LAST_VARIANT_STEP) and silent >= RETRY_GRACE:
        return JobStatus(State.FAILED, row.step, written)
    if silent >= stall_timeout:
        at = row.step if order(row.step) > order(LAST_VARIANT_STEP) else LAST_VARIANT_STEP
        return JobStatus(State.STALLED, at, written)
    return JobStatus(State.WORKING, executing, written, repeating)


def progress(variants: Sequence[VariantStatus]) -> float:
    """Share of variant steps finished, 0 to 1.

    Text steps are counted apart. 0 without variants.
    """
    if not variants:
        return 0.0
    return sum(variant.finished for variant in variants) / (len(VARIANT_STEPS) * len(variants))
