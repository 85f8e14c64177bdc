"""When a campaign makes its next job, and when it stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedly_core.campaigns.schedule import (
    LastJob,
    Make,
    Mode,
    OnFailure,
    Outcome,
    Rhythm,
    Standing,
    State,
    Turn,
    Wait,
    decide,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FRESH = Standing(NOON, made=0, open_jobs=0, last=None)


def after(outcome: Outcome | None, *, item: int = 0, attempt: int = 1, made: int = 1) -> Standing:
    open_jobs = 0 if outcome else 1
    return Standing(NOON, made, open_jobs, LastJob(item, attempt, NOON, outcome))


@pytest.mark.parametrize("mode", Mode)
def test_the_first_job_is_made_at_once(mode: Mode) -> None:
    assert decide(Rhythm(mode, max_jobs=3), State.RUNNING, FRESH, NOON) == Make(0)


def test_every_n_seconds_counts_from_the_last_creation() -> None:
    rhythm = Rhythm(Mode.INTERVAL, interval_s=60)
    standing = after(None, item=4)
    assert decide(rhythm, State.RUNNING, standing, NOON + timedelta(seconds=45)) == Wait(15)
    assert decide(rhythm, State.RUNNING, standing, NOON + timedelta(seconds=60)) == Make(5)


def test_after_a_long_break_one_job_is_due_and_not_all_that_were_missed() -> None:
    rhythm = Rhythm(Mode.INTERVAL, interval_s=60)
    assert decide(rhythm, State.RUNNING, after(None), NOON + timedelta(hours=5)) == Make(1)
    caught_up = Standing(NOON, 2, 2, LastJob(1, 1, NOON + timedelta(hours=5), None))
    assert decide(rhythm, State.RUNNING, caught_up, NOON + timedelta(hours=5)) == Wait(60)


def test_next_when_complete_waits_for_the_previous_job_only() -> None:
    rhythm = Rhythm(Mode.COMPLETION)
    assert isinstance(decide(rhythm, State.RUNNING, after(None), NOON), Wait)
    assert decide(rhythm, State.RUNNING, after(Outcome.COMPLETED, item=7), NOON) == Make(8)


def test_the_three_answers_to_a_failed_job() -> None:
    failed = after(Outcome.FAILED, item=2)
    stop = decide(Rhythm(Mode.COMPLETION, on_failure=OnFailure.STOP), State.RUNNING, failed, NOON)
    assert isinstance(stop, Turn) and stop.state is State.FAILED and stop.error is not None
    skip = decide(Rhythm(Mode.COMPLETION, on_failure=OnFailure.SKIP), State.RUNNING, failed, NOON)
    assert skip == Make(3)
    retry = Rhythm(Mode.COMPLETION, on_failure=OnFailure.RETRY, max_retries=2)
    assert decide(retry, State.RUNNING, failed, NOON) == Make(2, attempt=2)
    assert decide(retry, State.RUNNING, after(Outcome.FAILED, item=2, attempt=2), NOON) == Make(2, attempt=3)
    used_up = decide(retry, State.RUNNING, after(Outcome.FAILED, item=2, attempt=3), NOON)
    assert isinstance(used_up, Turn) and used_up.state is State.FAILED


def test_a_full_campaign_waits_for_its_last_jobs_and_then_ends() -> None:
    rhythm = Rhythm(Mode.INTERVAL, interval_s=0, max_jobs=5)
    full = after(None, made=5)
    assert decide(rhythm, State.RUNNING, full, NOON) == Turn(State.DRAINING)
    assert isinstance(decide(rhythm, State.DRAINING, full, NOON), Wait)
    assert decide(rhythm, State.DRAINING, replace(full, open_jobs=0), NOON) == Turn(State.FINISHED)


def test_the_longest_duration_ends_a_campaign_between_two_jobs() -> None:
    rhythm = Rhythm(Mode.INTERVAL, interval_s=10, max_duration_s=30)
    assert decide(rhythm, State.RUNNING, after(None), NOON + timedelta(seconds=29)) == Make(1)
    assert decide(rhythm, State.RUNNING, after(None), NOON + timedelta(seconds=30)) == Turn(State.DRAINING)


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
    rhythm = Rhythm(mode, 0.0, limit, None, on_failure, retries)
    state, standing, items = State.RUNNING, FRESH, []
    for outcome in outcomes:
        decision = decide(rhythm, state, standing, NOON)
        if not isinstance(decision, Make):
            break
        items.append(decision.item)
        last = LastJob(decision.item, decision.attempt, NOON, outcome)
        standing = Standing(NOON, standing.made + 1, 0, last)
    assert len(items) <= (1 if mode is Mode.ONCE else limit)
    assert sorted(items) == items and set(items) == set(range(max(items, default=-1) + 1))
