"""When a campaign makes its next job, and when it stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedly_core.campaigns.schedule import (
    CampaignProgress,
    ChangeState,
    CreateJob,
    LastJob,
    Mode,
    OnFailure,
    Outcome,
    Schedule,
    Sleep,
    State,
    decide,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FRESH = CampaignProgress(NOON, made=0, open_jobs=0, last=None)


def after(outcome: Outcome | None, *, item: int = 0, attempt: int = 1, made: int = 1) -> CampaignProgress:
    open_jobs = 0 if outcome else 1
    return CampaignProgress(NOON, made, open_jobs, LastJob(item, attempt, NOON, outcome))


@pytest.mark.parametrize("mode", Mode)
def test_the_first_job_is_made_at_once(mode: Mode) -> None:
    assert decide(Schedule(mode, max_jobs=3), State.RUNNING, FRESH, NOON) == CreateJob(0)


def test_every_n_seconds_counts_from_the_last_creation() -> None:
    schedule = Schedule(Mode.INTERVAL, interval_s=60)
    progress = after(None, item=4)
    assert decide(schedule, State.RUNNING, progress, NOON + timedelta(seconds=45)) == Sleep(15)
    assert decide(schedule, State.RUNNING, progress, NOON + timedelta(seconds=60)) == CreateJob(5)


def test_after_a_long_break_one_job_is_due_and_not_all_that_were_missed() -> None:
    schedule = Schedule(Mode.INTERVAL, interval_s=60)
    assert decide(schedule, State.RUNNING, after(None), NOON + timedelta(hours=5)) == CreateJob(1)
    caught_up = CampaignProgress(NOON, 2, 2, LastJob(1, 1, NOON + timedelta(hours=5), None))
    assert decide(schedule, State.RUNNING, caught_up, NOON + timedelta(hours=5)) == Sleep(60)


def test_next_when_complete_waits_for_the_previous_job_only() -> None:
    schedule = Schedule(Mode.COMPLETION)
    assert isinstance(decide(schedule, State.RUNNING, after(None), NOON), Sleep)
    assert decide(schedule, State.RUNNING, after(Outcome.COMPLETED, item=7), NOON) == CreateJob(8)


def test_the_three_answers_to_a_failed_job() -> None:
    failed = after(Outcome.FAILED, item=2)
    stop = decide(Schedule(Mode.COMPLETION, on_failure=OnFailure.STOP), State.RUNNING, failed, NOON)
    assert isinstance(stop, ChangeState) and stop.state is State.FAILED and stop.error is not None
    skip = decide(Schedule(Mode.COMPLETION, on_failure=OnFailure.SKIP), State.RUNNING, failed, NOON)
    assert skip == CreateJob(3)
    retry = Schedule(Mode.COMPLETION, on_failure=OnFailure.RETRY, max_retries=2)
    assert decide(retry, State.RUNNING, failed, NOON) == CreateJob(2, attempt=2)
    assert decide(retry, State.RUNNING, after(Outcome.FAILED, item=2, attempt=2), NOON) == CreateJob(
        2, attempt=3
    )
    used_up = decide(retry, State.RUNNING, after(Outcome.FAILED, item=2, attempt=3), NOON)
    assert isinstance(used_up, ChangeState) and used_up.state is State.FAILED


def test_a_full_campaign_waits_for_its_last_jobs_and_then_ends() -> None:
    schedule = Schedule(Mode.INTERVAL, interval_s=0, max_jobs=5)
    full = after(None, made=5)
    assert decide(schedule, State.RUNNING, full, NOON) == ChangeState(State.DRAINING)
    assert isinstance(decide(schedule, State.DRAINING, full, NOON), Sleep)
    assert decide(schedule, State.DRAINING, replace(full, open_jobs=0), NOON) == ChangeState(State.FINISHED)


def test_the_longest_duration_ends_a_campaign_between_two_jobs() -> None:
    schedule = Schedule(Mode.INTERVAL, interval_s=10, max_duration_s=30)
    assert decide(schedule, State.RUNNING, after(None), NOON + timedelta(seconds=29)) == CreateJob(1)
    assert decide(schedule, State.RUNNING, after(None), NOON + timedelta(seconds=30)) == ChangeState(
        State.DRAINING
    )


@given(
    mode=st.sampled_from(Mode),
    on_failure=st.sampled_from(OnFailure),
    retries=st.integers(0, 3),
    outcomes=st.lists(st.sampled_from(Outcome), max_size=40),
    limit=st.integers(1, 12),
)
def test_no_campaign_makes_more_than_its_limit_and_items_come_in_turn(
    mode: Mode, on_failure: OnFailure, retries: int, outcomes: list[Outcome], limit: int
) -> None:
    schedule = Schedule(mode, 0.0, limit, None, on_failure, retries)
    state, progress, items = State.RUNNING, FRESH, []
    for outcome in outcomes:
        decision = decide(schedule, state, progress, NOON)
        if not isinstance(decision, CreateJob):
            break
        items.append(decision.item)
        last = LastJob(decision.item, decision.attempt, NOON, outcome)
        progress = CampaignProgress(NOON, progress.made + 1, 0, last)
    assert len(items) <= (1 if mode is Mode.ONCE else limit)
    assert sorted(items) == items and set(items) == set(range(max(items, default=-1) + 1))
