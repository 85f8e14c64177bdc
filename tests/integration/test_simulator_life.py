"""Where and when the simulator works: on a demo only, one process at a time, on after a fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import uuid4

from sqlalchemy import Engine, func, select, text

from dashboard.demo.simulator import Simulator, SimulatorState
from feedly_core.db.engine import reading, writing
from feedly_core.domain.pipeline import LAST_STEP
from feedly_core.domain.tables import jobs_variants, vlm_traces
from feedly_core.settings import Settings
from tests.trigger_events import fire, job_state, resting_job, wait_for
from tests.waiting import wait_until


def _worker_sessions(engine: Engine) -> int:
    """Workers in the middle of a step: an open transaction that waits for its model."""
    with reading(engine) as connection:
        sessions: int = connection.execute(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name = 'feedly-simulator worker' AND state = 'idle in transaction'"
            )
        ).scalar_one()
    return sessions


def test_a_database_without_the_mark_is_left_alone(
    engine: Engine, settings: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulator = simulate(settings)
    wait_until(lambda: simulator.state is SimulatorState.REFUSED)
    job = resting_job(engine, settings)
    fire(engine, job)
    assert simulator.problem is not None
    assert "not marked as a demo" in str(simulator.problem)
    with reading(engine) as connection:
        assert set(connection.scalars(select(jobs_variants.c.current_step))) == {"img_gen"}
        assert connection.scalar(select(func.count()).select_from(vlm_traces)) == 0
        listening = connection.scalar(
            text("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'feedly-simulator%'")
        )
    assert listening == 0


def test_one_process_simulates_and_another_takes_over(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    first = simulate(demo)
    second = simulate(demo)
    wait_until(lambda: second.state is SimulatorState.STANDBY)
    assert first.state is SimulatorState.WORKING
    first.stop()
    wait_until(lambda: second.state is SimulatorState.WORKING)
    job = resting_job(engine, demo)
    fire(engine, job)
    wait_for(engine, job.job_id, LAST_STEP)


def test_stopping_is_prompt_and_a_restart_goes_on(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    slow = simulate(demo.model_copy(update={"demo_speed": 0.05}))
    job = resting_job(engine, demo)
    fire(engine, job)
    wait_until(lambda: _worker_sessions(engine) == 3, what="three workers at work")
    slow.stop(timeout=2)
    assert slow.state is SimulatorState.STOPPED
    assert _worker_sessions(engine) == 0
    with reading(engine) as connection:
        assert set(
            connection.execute(select(jobs_variants.c.current_step, jobs_variants.c.status)).all()
        ) == {("img_gen", "done")}
    simulate(demo)
    wait_for(engine, job.job_id, LAST_STEP)


def test_a_killed_server_connection_is_survived(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulate(demo)
    job = resting_job(engine, demo)
    with writing(engine) as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name LIKE 'feedly-simulator%'"
            )
        )
    fire(engine, job)
    wait_for(engine, job.job_id, LAST_STEP)


def test_jobs_at_rest_and_vanished_variants_do_no_harm(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    at_rest = resting_job(engine, demo)
    simulate(demo)
    job = resting_job(engine, demo)
    fire(engine, job)
    wait_for(engine, job.job_id, LAST_STEP)
    gone, fired = str(uuid4()), {"current_step": "img_gen", "status": "done"}
    with writing(engine) as connection:
        connection.execute(
            text("SELECT pg_notify('job_variant_state_changed', :payload)"),
            {"payload": json.dumps({"job_id": gone, "job_variants_id": gone, **fired})},
        )
        connection.execute(text("SELECT pg_notify('job_state_changed', 'no JSON')"))
    other = resting_job(engine, demo)
    fire(engine, other)
    wait_for(engine, other.job_id, LAST_STEP)
    assert job_state(engine, at_rest.job_id) == ("img_gen", "done")
