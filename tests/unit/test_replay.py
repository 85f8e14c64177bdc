"""Wild runs, replayed event by event: what a viewer is told stays calm, and the end is true."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from feedly_core.analytics.durations import StepDurations
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES
from feedly_core.domain.status import State
from feedly_core.live.events import Event
from feedly_core.live.job_view import build_job_view
from feedly_core.live.snapshot import ProgressHistory, TrackedJob
from tests.assertions import Rows, assert_calm, assert_readable, facts_of, replay
from tests.recordings import disorderly_run


@pytest.mark.parametrize("seed", range(25))
def test_a_wild_run_is_told_calmly_and_drawn_readably(seed: int) -> None:
    events = disorderly_run(seed)
    assert_calm(replay(events))
    assert_readable(events)


def test_the_recordings_are_wild_enough_to_prove_something() -> None:
    events = [event for seed in range(25) for event in disorderly_run(seed)]
    assert sum(event.status == "failed" and event.variant_id is not None for event in events) > 50
    backwards = 0
    for seed in range(25):
        last: dict[UUID, int] = {}
        for event in disorderly_run(seed):
            if event.variant_id and event.status == "done":
                place = VARIANT_STEP_NAMES.index(event.step or "")
                backwards += place < last.get(event.variant_id, 0)
                last[event.variant_id] = place
    assert backwards > 100


def test_a_viewer_is_told_of_a_failure_that_nobody_repairs() -> None:
    events = [event for event in disorderly_run(3) if event.variant_id][:40]
    last = events[-1]
    failed = Event(last.job_id, last.variant_id, "planner", "failed", last.seen_at, last.seen_at)
    memory = ProgressHistory()
    memory.learn([*events, failed])
    ids = list(dict.fromkeys(event.variant_id for event in events if event.variant_id))
    rows: Rows = dict.fromkeys([None, *ids], ("iou_eval", "done"))
    rows[failed.variant_id] = ("planner", "failed")
    tracked = TrackedJob(facts_of(last.job_id, ids, rows, last.seen_at), memory.of(last.job_id))
    soon = build_job_view(tracked, last.seen_at + timedelta(seconds=30), StepDurations())
    late = build_job_view(tracked, last.seen_at + timedelta(minutes=6), StepDurations())
    assert (soon.status.state, late.status.state) == (State.RETRYING, State.FAILED)
