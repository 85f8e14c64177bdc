"""View of one job: status, progress, time left. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from feedly_core.analytics.durations import Source, Spread, StepDurations
from feedly_core.domain.high_water import JobHistory
from feedly_core.domain.job_rows import JobRow, StatusInputs, VariantRow
from feedly_core.domain.pipeline import LAST_STEP, TEXT_STEPS, VARIANT_STEP_NAMES, Status
from feedly_core.domain.status import (
    ACTIVE,
    JobStatus,
    State,
    VariantStatus,
    progress,
)
from feedly_core.live.snapshot import TrackedJob


class VariantView(NamedTuple):
    """``since``: when the present step began, that is when the step before ended."""

    facts: VariantRow
    status: VariantStatus
    since: datetime


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """Seconds: the middle and the usual range.

    ``recorded`` False: stored latencies only, no waiting.
    """

    median: float
    low: float
    high: float
    recorded: bool


class JobView(NamedTuple):
    """One job as a viewer should see it.

    ``progress``: share of variant steps, 0 to 1; text steps apart.
    """

    facts: JobRow
    status: JobStatus
    variants: tuple[VariantView, ...]
    progress: float
    moved_at: datetime
    time_left: TimeLeft | None

    @property
    def job_id(self) -> UUID:
        return self.facts.job_id

    @property
    def over(self) -> bool:
        """Nothing more will happen by itself."""
        return self.status.state in (State.COMPLETE, State.FAILED) and not any(
            variant.status.state in ACTIVE for variant in self.variants
        )


def build_job_view(tracked: TrackedJob, now: datetime, history: StepDurations) -> JobView:
    """Build the view of one job at ``now``."""
    record, marks = tracked.facts, tracked.progress
    statuses = StatusInputs(record, marks, history.timeouts).at(now)
    variants = tuple(
        VariantView(variant, status, _began(variant, marks))
        for variant, status in zip(record.variants, statuses.variants.values(), strict=True)
    )
    return JobView(
        record,
        statuses.job,
        variants,
        progress(list(statuses.variants.values())),
        statuses.moved_at,
        _time_left(statuses.job, variants, now, history),
    )


def _began(variant: VariantRow, marks: JobHistory) -> datetime:
    mark = marks.variants.get(variant.variant_id) if marks.variants else None
    return mark.step_since if mark and mark.step_since else variant.updated_at


def _time_left(
    status: JobStatus, variants: Sequence[VariantView], now: datetime, history: StepDurations
) -> TimeLeft | None:
    """The slowest variant's remaining steps, then the text steps; None when a step has no history.

    The ranges of the steps are added up, so the total is a cautious range.
    """
    if not variants or status.state not in (State.WORKING, State.WAITING, State.RETRYING):
        return None
    texts = _remaining_texts(status, history)
    chains = [_remaining(variant, now, history) for variant in variants]
    if texts is None or any(chain is None for chain in chains):
        return None
    longest = max((chain for chain in chains if chain), key=_total, default=[])
    steps = [*longest, *texts]
    return TimeLeft(
        _total(steps),
        sum(step.low for step in steps),
        sum(step.high for step in steps),
        all(step.source is Source.RECORDED for step in steps),
    )


def _total(steps: Sequence[Spread]) -> float:
    return sum(step.median for step in steps)


def _remaining_texts(status: JobStatus, history: StepDurations) -> list[Spread] | None:
    done = status.finished if status.step in {LAST_STEP, TEXT_STEPS[0].name} else 0
    known = [history.steps.get(step.name) for step in TEXT_STEPS[done:]]
    return None if None in known else [step for step in known if step]


def _remaining(variant: VariantView, now: datetime, history: StepDurations) -> list[Spread] | None:
    if variant.status.state is State.FAILED or variant.status.missing:
        return []
    names = VARIANT_STEP_NAMES[variant.status.finished :]
    known = [history.steps[name] for name in names if name in history.steps]
    if len(known) < len(names):
        return None
    if known and variant.facts.status != Status.FAILED:
        known[0] = _shortened(known[0], (now - variant.since).total_seconds())
    return known


def _shortened(step: Spread, elapsed: float) -> Spread:
    """What is left of a step after ``elapsed`` seconds of it, never negative."""
    return Spread(
        max(step.low - elapsed, 0.0),
        max(step.median - elapsed, 0.0),
        max(step.high - elapsed, 0.0),
        step.p95,
        step.runs,
        step.source,
    )
