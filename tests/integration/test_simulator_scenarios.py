"""Wild, faltering, stuck and hopeless jobs of the simulator."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg2
import pytest
from sqlalchemy import Engine, func, select

from dashboard.demo.simulator import Simulator
from dashboard.demo.simulator.scenarios import Scenario, Scenarios
from feedly_core.database_address import driver_address, parse_address
from feedly_core.db.engine import reading
from feedly_core.domain.contract import MAX_RETRIES
from feedly_core.domain.pipeline import LAST_STEP, STEPS, variants_complete
from feedly_core.domain.tables import evaluations, instagram_feeds, jobs, jobs_variants
from feedly_core.settings import Settings
from tests.database_url import database_url_of
from tests.factories import MadeJob
from tests.trigger_events import fire, resting_job, wait_for
from tests.waiting import wait_until


def variants_are_complete(engine: Engine, job: MadeJob) -> bool:
    return variants_complete(_states(engine, job))


@contextmanager
def listening(settings: Settings) -> Iterator[Callable[[], list[str]]]:
    """The steps of every event of both channels, in the order in which they are heard."""
    url = parse_address(database_url_of(settings))
    with closing(psycopg2.connect(driver_address(url))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("LISTEN job_state_changed")
            cursor.execute("LISTEN job_variant_state_changed")

        def heard() -> list[str]:
            connection.poll()
            notices, connection.notifies[:] = list(connection.notifies), []
            return [json.loads(notice.payload)["current_step"] for notice in notices]

        yield heard


def _states(engine: Engine, job: MadeJob) -> list[tuple[str, str]]:
    with reading(engine) as connection:
        rows = connection.execute(
            select(jobs_variants.c.current_step, jobs_variants.c.status).where(
                jobs_variants.c.job_id == job.job_id
            )
        )
        return [tuple(row) for row in rows]


def _variant_retries(engine: Engine, job: MadeJob) -> list[int]:
    with reading(engine) as connection:
        return list(
            connection.scalars(
                select(jobs_variants.c.retry_count).where(jobs_variants.c.job_id == job.job_id)
            )
        )


def _retries(engine: Engine, job: MadeJob) -> int:
    with reading(engine) as connection:
        row = connection.execute(select(jobs.c.retry_count).where(jobs.c.job_id == job.job_id)).one()
    return int(row.retry_count)


def _job_with(
    engine: Engine, settings: Settings, scenarios: Scenarios, scenario: Scenario, variants: int = 3
) -> MadeJob:
    """A job whose id means this scenario: made and thrown away until one does."""
    while True:
        job = resting_job(engine, settings, variants)
        if scenarios.of(job.job_id, job.tenant_id) is scenario:
            return job


@pytest.mark.parametrize("seed", [3, 12])
def test_wild_jobs_repeat_and_go_back_and_still_arrive(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator], seed: int
) -> None:
    """Recorded: 156 to 224 events, the job 7 to 13 times backwards, 18 to 34 evaluations where 9 would do.

    Here with room upwards, because chance and the machine's load have a say.
    """
    simulate(demo.model_copy(update={"demo_disorder": 1.0, "demo_speed": 20.0, "demo_seed": seed}))
    job = resting_job(engine, demo)
    steps: list[str] = []
    with listening(demo) as heard:
        fire(engine, job)
        wait_for(engine, job.job_id, LAST_STEP)

        def ended() -> bool:
            steps.extend(heard())
            return steps[-1:] == [LAST_STEP]

        wait_until(ended, timeout=60, what="the last event")
    order = list(STEPS)
    backwards = sum(order.index(b) < order.index(a) for a, b in itertools.pairwise(steps))
    with reading(engine) as connection:
        written = connection.execute(select(func.count()).select_from(evaluations)).scalar_one()
        repaired = connection.scalars(select(jobs_variants.c.retry_count)).all()
        feeds = connection.execute(select(func.count()).select_from(instagram_feeds)).scalar_one()
    assert 90 <= len(steps) <= 400
    assert backwards >= 7
    assert written > 9
    assert max(repaired) >= 3
    assert 1 <= feeds <= 2
    wait_until(lambda: variants_are_complete(engine, job), 60, "the end of the last repetition")


def test_troubled_jobs_fail_repeat_or_get_stuck(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulate(demo.model_copy(update={"demo_trouble": 1.0}))
    scenarios = Scenarios(7, 0.0, 1.0)
    faltering = _job_with(engine, demo, scenarios, Scenario.FALTERING)
    stuck = _job_with(engine, demo, scenarios, Scenario.STUCK)
    for job in (faltering, stuck):
        fire(engine, job)
    wait_for(engine, faltering.job_id, LAST_STEP)
    assert max(_variant_retries(engine, faltering)) >= 1
    arrived = [("iou_eval", "done")] * 2
    wait_until(lambda: sorted(_states(engine, stuck))[:2] == arrived, 60, "two arrivals")
    assert ("vlm_analyze", "done") in _states(engine, stuck)


def test_a_job_whose_every_variant_fails_is_retried_until_the_retries_are_used_up(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulate(demo.model_copy(update={"demo_trouble": 1.0}))
    job = _job_with(engine, demo, Scenarios(7, 0.0, 1.0), Scenario.HOPELESS, variants=1)
    fire(engine, job)
    wait_until(lambda: _retries(engine, job) == MAX_RETRIES, 60, "the last retry")
    wait_for(engine, job.job_id, "vlm_judge", "failed")
