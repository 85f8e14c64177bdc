"""The simulator at its wildest, seen through the hub: what a viewer is told stays calm and ends true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from dashboard.demo.simulator import Simulator
from feedly_core.analytics.durations import StepDurations
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES
from feedly_core.domain.status import State
from feedly_core.live.hub import Hub
from feedly_core.live.job_view import JobView, build_job_view
from feedly_core.settings import Settings
from tests.assertions import assert_calm, assert_readable, replay
from tests.trigger_events import fire, resting_job
from tests.waiting import wait_until


@pytest.mark.parametrize("seed", [3, 7])
def test_a_wild_job_of_the_simulator_is_told_calmly(
    engine: Engine,
    demo: Settings,
    simulate: Callable[[Settings], Simulator],
    start_hub: Callable[..., Hub],
    seed: int,
) -> None:
    hub = start_hub()
    simulate(demo.model_copy(update={"demo_disorder": 1.0, "demo_speed": 20.0, "demo_seed": seed}))
    job = resting_job(engine, demo)
    told: list[JobView] = []

    def tell(version: int) -> None:
        tracked = hub.snapshot.jobs.get(job.job_id)
        if tracked:
            told.append(build_job_view(tracked, datetime.now(UTC), StepDurations()))

    hub.subscribe(tell, job.job_id)
    fire(engine, job)
    wait_until(lambda: told and told[-1].status.state is State.COMPLETE, 60, "the job's end on the screen")
    events = list(reversed(hub.recent(job.job_id, 5000)))
    assert_calm(told)
    assert any(0 < view.progress < 1 for view in told), "the screen never showed the way"
    assert_calm(replay(events))
    assert_readable(events)
    done = [event.step for event in events if event.variant_id and event.status == "done"]
    assert len(done) > 2 * len(job.variant_ids) * len(VARIANT_STEP_NAMES), "this run was not wild"
