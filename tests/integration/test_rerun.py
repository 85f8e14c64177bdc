"""Running a step again: what is planned is what happens, once, and never where it would do harm."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text, update

from feedly_core.database_address import parse_address
from feedly_core.db.engine import reading
from feedly_core.db.listening import ListenConnection
from feedly_core.db.own_schema import audit_log
from feedly_core.domain.contract import PIPELINE_CHANNELS
from feedly_core.domain.rollup import rolled_up
from feedly_core.domain.tables import jobs, jobs_variants
from feedly_core.errors import InvalidInput, PermissionDenied, RowLocked
from feedly_core.jobs.rerun import plan_rerun, rerun
from feedly_core.live.events import Event, parse_event
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.database_url import database_url_of
from tests.factories import make_job
from tests.moving_job import moving_job
from tests.waiting import wait_until

OPERATOR = Person("Kim", Role.OPERATOR)


def state(engine: Engine, variant_id: UUID) -> tuple[str, str]:
    query = select(jobs_variants.c.current_step, jobs_variants.c.status)
    with engine.connect() as connection:
        return connection.execute(query.where(jobs_variants.c.job_variants_id == variant_id)).one()


def job_state(engine: Engine, job_id: UUID) -> tuple[str, str]:
    query = select(jobs.c.current_step, jobs.c.status).where(jobs.c.job_id == job_id)
    with engine.connect() as connection:
        return connection.execute(query).one()


def heard(line: ListenConnection, wanted: int) -> list[Event]:
    events: list[Event] = []

    def collect() -> bool:
        for notice in line.wait(0.2):
            event = parse_event(notice.channel, notice.payload, datetime.now(UTC))
            if event:
                events.append(event)
        return len(events) >= wanted

    wait_until(collect)
    return events


@pytest.mark.usefixtures("our_schema")
def test_a_failed_step_is_put_back_and_told_once(engine: Engine, settings: Settings) -> None:
    job = moving_job(engine)
    job.move(0, "overlay", "failed")
    line = ListenConnection(parse_address(database_url_of(settings)), "test", PIPELINE_CHANNELS)
    plan = rerun(engine, settings, OPERATOR, job.variant_ids[0], "overlay")
    events = heard(line, 2)
    line.close()
    assert state(engine, job.variant_ids[0]) == ("planner", "done")
    of_variant = [(event.step, event.status) for event in events if event.variant_id]
    assert of_variant == [("planner", "done")]
    job_change = next(change for change in plan.changes if change.table == "jobs")
    assert job_state(engine, job.job_id) == job_change.after
    with engine.connect() as connection:
        entry = connection.execute(select(audit_log)).one()
    assert (entry.person, entry.action) == ("Kim", "rerun_step")
    assert entry.before == {"step": "overlay", "status": "failed"}


def test_a_silent_variant_gets_its_event_again_though_nothing_differs(
    engine: Engine, settings: Settings
) -> None:
    made = make_job(engine, step="planner", status="running", variants=[("planner", "done")])
    age(engine, made.variant_ids[0])
    line = ListenConnection(parse_address(database_url_of(settings)), "test", PIPELINE_CHANNELS)
    rerun(engine, settings, OPERATOR, made.variant_ids[0], "overlay")
    told = [(e.step, e.status) for e in heard(line, 2) if e.variant_id]
    line.close()
    assert told == [("planner", "running"), ("planner", "done")]


def age(engine: Engine, variant_id: UUID) -> None:
    """Let the variant look untouched for ten minutes, without firing a trigger."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(
            update(jobs_variants)
            .where(jobs_variants.c.job_variants_id == variant_id)
            .values(updated_at=text("now() - interval '10 minutes'"))
        )


def test_a_row_that_a_worker_holds_is_left_alone(engine: Engine, settings: Settings) -> None:
    job = moving_job(engine)
    job.move(0, "overlay", "failed")
    with engine.begin() as worker:
        worker.execute(
            update(jobs_variants)
            .where(jobs_variants.c.job_variants_id == job.variant_ids[0])
            .values(status="running")
        )
        with pytest.raises(RowLocked):
            rerun(engine, settings, OPERATOR, job.variant_ids[0], "overlay")
        worker.rollback()
    assert state(engine, job.variant_ids[0]) == ("overlay", "failed")


def test_a_finished_job_is_never_touched(engine: Engine, settings: Settings) -> None:
    made = make_job(engine)
    age(engine, made.variant_ids[0])
    with pytest.raises(InvalidInput, match="finished"):
        rerun(engine, settings, OPERATOR, made.variant_ids[0], "overlay")
    assert job_state(engine, made.job_id) == ("instagram_feed_gen", "done")


@pytest.mark.parametrize(
    ("step", "status", "wanted", "why"),
    [
        ("planner", "done", "overlay", "moving"),
        ("planner", "failed", "overlay", "has not come"),
        ("planner", "failed", "instagram_feed_gen", "no step of a variant"),
    ],
)
def test_what_makes_no_sense_is_refused(
    engine: Engine, settings: Settings, step: str, status: str, wanted: str, why: str
) -> None:
    job = moving_job(engine)
    job.move(0, step, status)
    with pytest.raises(InvalidInput, match=why):
        rerun(engine, settings, OPERATOR, job.variant_ids[0], wanted)
    assert state(engine, job.variant_ids[0]) == (step, status)


def test_only_an_operator_may(engine: Engine, settings: Settings) -> None:
    job = moving_job(engine)
    job.move(0, "planner", "failed")
    with pytest.raises(PermissionDenied):
        rerun(engine, settings, Person("Lee", Role.REVIEWER), job.variant_ids[0], "planner")
    read_only = settings.model_copy(update={"read_only": True})
    with pytest.raises(PermissionDenied):
        rerun(engine, read_only, OPERATOR, job.variant_ids[0], "planner")
    assert state(engine, job.variant_ids[0]) == ("planner", "failed")


def test_the_plan_is_read_without_writing(engine: Engine) -> None:
    job = moving_job(engine)
    job.move(0, "planner", "failed")
    with reading(engine) as connection:
        plan = plan_rerun(connection, job.variant_ids[0], "planner")
    assert plan.changes[0].before == ("planner", "failed")
    assert plan.changes[0].after == ("yolo_detect", "done")
    assert any("once" in str(event) for event in plan.events)


def test_the_roll_up_is_foreseen_in_every_constellation(engine: Engine) -> None:
    """The real trigger decides; the pure function must say the same."""
    statuses = ("done", "failed", "running", "queued")
    job = moving_job(engine, variants=2)
    places = [("planner", status) for status in statuses] + [("iou_eval", "done"), ("img_gen", "done")]
    for other, new in itertools.product(places, [*places[:2], ("overlay", "done"), *places[4:]]):
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(update(jobs).values(current_step="yolo_detect", status="running"))
            row = jobs_variants.c.job_variants_id
            put = update(jobs_variants).where(row == job.variant_ids[1])
            connection.execute(put.values(current_step=other[0], status=other[1]))
            put = update(jobs_variants).where(row == job.variant_ids[0])
            connection.execute(put.values(current_step="vlm_analyze", status="queued"))
        job.move(0, *new)
        expected = rolled_up(("yolo_detect", "running"), new, [new, other])
        assert job_state(engine, job.job_id) == expected, (other, new)
