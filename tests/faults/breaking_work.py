"""Ways to lose work in a healthy world, and what a person does about it beside the printed commands."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from feedly_core.db.background import BackgroundWorker, Backoff, duty_health
from feedly_core.domain.tables import jobs_variants
from feedly_core.jobs.rerun import rerun
from feedly_core.permissions import Person, Role
from tests.faults.breaking import a_job, count
from tests.faults.stand_in import StandIn
from tests.faults.world import World
from tests.waiting import wait_until


@contextmanager
def notification_lost(world: World) -> Iterator[None]:
    """A step ended while nobody listened."""
    world.stop_listener()
    variant = a_job(world)
    world.sql(
        "UPDATE jobs_variants SET updated_at = now() - interval '5 minutes'"
        f" WHERE job_variants_id = '{variant}'"
    )
    world.listener = StandIn(world.url)
    yield


@contextmanager
def overlay_without_row(world: World) -> Iterator[None]:
    """The overlay ended as done although its row could not be stored."""
    variant = a_job(world, step="overlay")
    world.sql(
        "INSERT INTO vlm_traces (job_id, job_variants_id, operation_type, response)"
        f" SELECT job_id, '{variant}', 'analyze',"
        """ '{"font_recommendation": {"font_name": "Gmarket Sans"}}' FROM jobs"""
    )
    yield


def walked_on(world: World) -> None:
    """The listener hears the event that was sent again and takes the variant to its end."""
    wait_until(lambda: count(world, "SELECT count(*) FROM jobs_variants WHERE current_step = 'iou_eval'"))


@contextmanager
def rollup_missed(world: World) -> Iterator[None]:
    """All variants ended a step while the roll-up trigger was off."""
    world.stop_listener()
    variant = a_job(world, step="vlm_judge")
    world.sql(
        "ALTER TABLE jobs_variants DISABLE TRIGGER USER;"
        "UPDATE jobs_variants SET current_step = 'iou_eval', updated_at = now() - interval '5 minutes'"
        f" WHERE job_variants_id = '{variant}';"
        "ALTER TABLE jobs_variants ENABLE TRIGGER USER"
    )
    world.listener = StandIn(world.url)
    yield


@contextmanager
def texts_never_began(world: World) -> Iterator[None]:
    """Every variant is complete, the English copy is there, but the job's event was lost."""
    world.stop_listener()
    a_job(world, step="iou_eval")
    world.sql(
        "UPDATE jobs SET status = 'done', updated_at = now() - interval '5 minutes';"
        "INSERT INTO txt_ad_copy_generations (job_id, generation_stage, ad_copy_eng)"
        " SELECT job_id, 'ad_copy_eng', 'A bowl of soup' FROM jobs"
    )
    world.listener = StandIn(world.url)
    yield


@contextmanager
def generation_never_began(world: World) -> Iterator[None]:
    """JS finished the upload while YE was not listening; YE looks for such jobs when it starts."""
    world.sql(
        "INSERT INTO jobs (status, current_step, updated_at)"
        " VALUES ('done', 'user_img_input', now() - interval '5 minutes')"
    )
    yield


@contextmanager
def retries_used_up(world: World) -> Iterator[None]:
    a_job(world, step="planner")
    world.sql(
        "UPDATE jobs_variants SET status = 'failed'; UPDATE jobs SET retry_count = 20, status = 'failed'"
    )
    yield


def run_again(world: World) -> None:
    """The button of the live monitor; the cause is cured, so the step succeeds this time."""
    with world.context() as context:
        with context.reading() as connection:
            variant = connection.execute(select(jobs_variants.c.job_variants_id)).scalar_one()
        rerun(context.engine, world.settings, Person("operator", Role.OPERATOR), variant, "planner")
    wait_until(
        lambda: count(world, "SELECT count(*) FROM jobs WHERE (current_step, status) = ('iou_eval', 'done')")
    )


@contextmanager
def zone_lost(world: World) -> Iterator[None]:
    """A service in Seoul's time wrote its clock without the zone."""
    world.sql(
        "INSERT INTO jobs (status, current_step, updated_at)"
        " VALUES ('done', 'instagram_feed_gen', now() - interval '9 hours')"
    )
    yield


def times_mended(world: World) -> None:
    world.sql("UPDATE jobs SET updated_at = now()")


_CURED = threading.Event()


@contextmanager
def duty_failing(world: World) -> Iterator[None]:
    """What a background duty needs is away; it is tried again by itself."""

    def work() -> None:
        if not _CURED.is_set():
            raise ConnectionError("what it needs is away")

    _CURED.clear()
    worker = BackgroundWorker(
        "fault duty", work, logging.getLogger("feedly.fault"), backoff=Backoff(0.01, 0.05)
    )
    worker.start()
    wait_until(lambda: any(each.failing_since for each in duty_health()))
    try:
        yield
    finally:
        worker.stop(5)


def duty_cured(world: World) -> None:
    _CURED.set()
    wait_until(lambda: not any(each.failing_since for each in duty_health()))
