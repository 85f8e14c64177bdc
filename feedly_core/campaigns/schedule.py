"""When a campaign makes its next job.

Pure: what has been made and the time in, one decision out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from feedly_core.i18n import N_, NN_, Message


class Mode(StrEnum):
    """How a campaign paces its jobs."""

    ONCE = "once"
    INTERVAL = "interval"
    COMPLETION = "completion"


class OnFailure(StrEnum):
    """What "next when the previous completes" does after a failure."""

    STOP = "stop"
    SKIP = "skip"
    RETRY = "retry"


class State(StrEnum):
    """``DRAINING``: all jobs are created, the last ones still run."""

    RUNNING = "running"
    PAUSED = "paused"
    DRAINING = "draining"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


class Outcome(StrEnum):
    """How a campaign's job ended.

    None while it is on its way.
    """

    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True)
class Schedule:
    """The pace that a person asked for.

    ``max_jobs`` counts every job, retries too; None is no limit.

    ``interval_s`` counts between two creations, ``max_duration_s`` from the campaign's start; both seconds.
    """

    mode: Mode
    interval_s: float = 60.0
    max_jobs: int | None = None
    max_duration_s: float | None = None
    on_failure: OnFailure = OnFailure.STOP
    max_retries: int = 0


@dataclass(frozen=True)
class LastJob:
    """The newest job of a campaign.

    ``item`` counts inputs from 0, ``attempt`` tries of one item from 1.

    ``forgiven``: somebody resumed the campaign after this job, so its failure is no reason to stop again.
    """

    item: int
    attempt: int
    created_at: datetime
    outcome: Outcome | None
    forgiven: bool = False


@dataclass(frozen=True)
class CampaignProgress:
    """What a campaign has done so far.

    ``open_jobs`` are on their way.
    """

    started_at: datetime
    made: int
    open_jobs: int
    last: LastJob | None


@dataclass(frozen=True)
class CreateJob:
    """Make a job now, with input ``item`` of the round."""

    item: int
    attempt: int = 1


@dataclass(frozen=True)
class Sleep:
    """Nothing to do for ``seconds``, unless something happens before."""

    seconds: float


@dataclass(frozen=True)
class ChangeState:
    """The campaign changes its state.

    ``error`` says why when it failed.
    """

    state: State
    error: Message | None = None


Decision = CreateJob | Sleep | ChangeState

SAFETY_POLL_S = 10.0
"""Pause between two looks at a job when no notification comes."""


def decide(schedule: Schedule, state: State, progress: CampaignProgress, now: datetime) -> Decision:
    """The next act of a running or draining campaign."""
    if state is State.DRAINING:
        return Sleep(SAFETY_POLL_S) if progress.open_jobs else ChangeState(State.FINISHED)
    if _all_made(schedule, progress, now):
        return ChangeState(State.DRAINING)
    last = progress.last
    if last is None:
        return CreateJob(item=0)
    if schedule.mode is Mode.COMPLETION:
        return _after(schedule, last)
    due_in = (last.created_at - now).total_seconds() + schedule.interval_s
    return CreateJob(last.item + 1) if due_in <= 0 else Sleep(due_in)


def _all_made(schedule: Schedule, progress: CampaignProgress, now: datetime) -> bool:
    limit = 1 if schedule.mode is Mode.ONCE else schedule.max_jobs
    if limit is not None and progress.made >= limit:
        return True
    longest = schedule.max_duration_s
    return longest is not None and now >= progress.started_at + timedelta(seconds=longest)


def _after(schedule: Schedule, last: LastJob) -> Decision:
    if last.outcome is None:
        return Sleep(SAFETY_POLL_S)
    if last.outcome is Outcome.COMPLETED or schedule.on_failure is OnFailure.SKIP or last.forgiven:
        return CreateJob(last.item + 1)
    if schedule.on_failure is OnFailure.STOP:
        return ChangeState(State.FAILED, N_("A job failed, and this campaign stops at the first failure."))
    if last.attempt > schedule.max_retries:
        return ChangeState(
            State.FAILED,
            NN_(
                "A job failed and so did {n} retry.",
                "A job failed and so did {n} retries.",
                schedule.max_retries,
            ),
        )
    return CreateJob(last.item, last.attempt + 1)
