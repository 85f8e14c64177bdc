"""The trigger chain, edition 1.3.0: what is announced, and how a job follows its variants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, insert, select, text, update

from dashboard.demo.schema import OLD_ROLLUP_FILE
from feedly_core.db.engine import reading, writing
from feedly_core.domain import tables as t
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES
from feedly_core.domain.status import State
from tests.factories import MadeJob, make_job
from tests.integration.test_missing_rows import view
from tests.listener import Listener, listening
from tests.moving_job import moving_job

Pair = tuple[str | None, str | None]


@pytest.fixture
def listener(database_url: str) -> Iterator[Listener]:
    with listening(database_url) as heard:
        yield heard


def put(connection: Connection, made: MadeJob, variant: int, step: str, status: str) -> None:
    connection.execute(
        update(t.jobs_variants)
        .where(t.jobs_variants.c.job_variants_id == made.variant_ids[variant])
        .values(current_step=step, status=status, updated_at=text("clock_timestamp()"))
    )


def move(engine: Engine, made: MadeJob, variant: int, step: str, status: str) -> Pair:
    """Commit one variant's new state; returns the job's (step, status) afterwards."""
    with writing(engine) as connection:
        put(connection, made, variant, step, status)
    return job_state(engine, made)


def job_state(engine: Engine, made: MadeJob) -> Pair:
    with reading(engine) as connection:
        row = connection.execute(
            select(t.jobs.c.current_step, t.jobs.c.status).where(t.jobs.c.job_id == made.job_id)
        ).one()
    return row.current_step, row.status


# What is announced


def test_a_changed_job_is_announced_with_the_five_keys(engine: Engine, listener: Listener) -> None:
    made = make_job(engine, step="user_img_input", status="queued", variants=0)
    with writing(engine) as connection:
        connection.execute(update(t.jobs).values(status="done"))
    [(channel, payload)] = listener.heard()
    assert channel == "job_state_changed"
    assert set(payload) == {"job_id", "current_step", "status", "tenant_id", "updated_at"}
    assert payload["job_id"] == str(made.job_id)
    assert (payload["current_step"], payload["status"]) == ("user_img_input", "done")
    assert payload["tenant_id"] == made.tenant_id
    assert datetime.fromisoformat(payload["updated_at"]).tzinfo is not None


def test_a_changed_variant_is_announced_with_the_seven_keys(engine: Engine, listener: Listener) -> None:
    made = make_job(engine, step="img_gen", status="running", variants=[("img_gen", "running")])
    move(engine, made, 0, "img_gen", "done")
    [(channel, payload)] = listener.heard()
    assert channel == "job_variant_state_changed"
    assert payload.pop("updated_at")
    assert payload == {
        "job_variants_id": str(made.variant_ids[0]),
        "job_id": str(made.job_id),
        "current_step": "img_gen",
        "status": "done",
        "img_asset_id": str(made.picture_ids[0]),
        "tenant_id": made.tenant_id,
    }


def test_the_stamp_carries_the_writers_offset(engine: Engine, listener: Listener) -> None:
    make_job(engine, variants=0)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL TIME ZONE 'Asia/Seoul'"))
        connection.execute(update(t.jobs).values(status="running"))
    [(_, payload)] = listener.heard()
    assert payload["updated_at"].endswith("+09:00")


def test_a_job_without_tenant_is_announced_with_null(engine: Engine, listener: Listener) -> None:
    make_job(engine, variants=0)
    with writing(engine) as connection:
        connection.execute(update(t.jobs).values(tenant_id=None, status="running"))
    [(_, payload)] = listener.heard()
    assert payload["tenant_id"] is None


def test_insert_delete_and_untouched_state_are_silent(engine: Engine, listener: Listener) -> None:
    made = make_job(engine, variants=[("img_gen", "done")])
    with writing(engine) as connection:
        connection.execute(update(t.jobs).values(retry_count=3, updated_at=text("now()")))
        connection.execute(delete(t.jobs_variants))
        connection.execute(
            insert(t.jobs_variants).values(
                job_id=made.job_id, creation_order=1, current_step="img_gen", status="done"
            )
        )
    assert listener.heard() == []


def test_a_touch_of_updated_at_alone_hands_a_variant_over(engine: Engine, listener: Listener) -> None:
    make_job(engine, variants=[("vlm_analyze", "queued")], step="img_gen", status="running")
    with writing(engine) as connection:
        connection.execute(update(t.jobs_variants).values(updated_at=text("now() + interval '1 second'")))
    assert [channel for channel, _ in listener.heard()] == ["job_variant_state_changed"]


def test_nothing_is_heard_of_a_rolled_back_change(engine: Engine, listener: Listener) -> None:
    make_job(engine, variants=0)
    with pytest.raises(RuntimeError), writing(engine) as connection:
        connection.execute(update(t.jobs).values(status="failed"))
        raise RuntimeError
    assert listener.heard() == []


# The roll-up rules, in their order

BEFORE: Pair = ("img_gen", "running")


@pytest.mark.parametrize(
    ("others", "own", "expected"),
    [
        pytest.param([], ("img_gen", "done"), BEFORE, id="0 img_gen changes nothing"),
        pytest.param(
            [("iou_eval", "done")] * 2, ("iou_eval", "done"), ("iou_eval", "done"), id="1 all through"
        ),
        pytest.param(
            [("iou_eval", "done"), ("overlay", "done")],
            ("iou_eval", "done"),
            ("iou_eval", "running"),
            id="2 one lags",
        ),
        pytest.param(
            [("iou_eval", "done"), ("planner", "failed")],
            ("iou_eval", "done"),
            ("iou_eval", "running"),
            id="2 a failed one keeps the job running for ever",
        ),
        pytest.param([("planner", "done")] * 2, ("planner", "done"), ("planner", "done"), id="3 all here"),
        pytest.param(
            [("planner", "done"), ("yolo_detect", "done")],
            ("planner", "failed"),
            ("planner", "failed"),
            id="4 one failed, the others done",
        ),
        pytest.param(
            [("overlay", "done"), ("planner", "failed")],
            ("overlay", "done"),
            ("overlay", "failed"),
            id="4 the failed job moves on with the healthy variants",
        ),
        pytest.param(
            [("planner", "running"), ("planner", "queued")],
            ("planner", "done"),
            ("planner", "running"),
            id="5 others at work, one done here",
        ),
        pytest.param(
            [("planner", "running"), ("planner", "queued")],
            ("planner", "failed"),
            ("img_gen", "running"),
            id="5 none done here: the step stays",
        ),
        pytest.param(
            [("yolo_detect", "done"), ("yolo_detect", "done")],
            ("planner", "done"),
            ("planner", "running"),
            id="6 all done, at different steps",
        ),
        pytest.param(
            [("yolo_detect", "paused")],
            ("planner", "done"),
            ("planner", "running"),
            id="6 an unknown status is neither",
        ),
    ],
)
def test_roll_up(engine: Engine, others: list[tuple[str, str]], own: tuple[str, str], expected: Pair) -> None:
    made = make_job(engine, step=BEFORE[0] or "", status=BEFORE[1] or "", variants=[*others, ("x", "queued")])
    assert move(engine, made, len(others), *own) == expected


@pytest.mark.parametrize("status", ["queued", "running", "paused"])
def test_only_done_and_failed_roll_up(engine: Engine, status: str) -> None:
    made = make_job(engine, step="img_gen", status="running", variants=[("planner", "done")])
    assert move(engine, made, 0, "overlay", status) == BEFORE


def test_a_roll_up_that_changes_nothing_is_silent(engine: Engine, listener: Listener) -> None:
    made = make_job(engine, step="planner", status="done", variants=[("planner", "done")])
    move(engine, made, 0, "planner", "done")
    assert [channel for channel, _ in listener.heard()] == ["job_variant_state_changed"]


# Their consequences


def test_a_whole_walk_ends_done_and_is_done_at_every_step(engine: Engine, listener: Listener) -> None:
    made = make_job(engine, step="img_gen", status="done", variants=[("img_gen", "done")] * 3)
    for step in VARIANT_STEP_NAMES:
        states = [move(engine, made, variant, step, "done") for variant in range(3)]
        assert states == [(step, "running"), (step, "running"), (step, "done")]
    jobs_heard = [payload for channel, payload in listener.heard() if channel == "job_state_changed"]
    assert len(jobs_heard) == 2 * len(VARIANT_STEP_NAMES)


def test_one_failure_fails_the_job_before_its_time(engine: Engine) -> None:
    made = make_job(engine, step="planner", status="done", variants=[("planner", "done")] * 3)
    assert move(engine, made, 0, "overlay", "failed") == ("overlay", "failed")
    assert move(engine, made, 1, "overlay", "done") == ("overlay", "failed")
    assert move(engine, made, 0, "overlay", "done") == ("overlay", "running")
    assert move(engine, made, 2, "overlay", "done") == ("overlay", "done")


def test_the_first_of_variants_inserted_one_by_one_counts_as_all(engine: Engine) -> None:
    made = make_job(engine, step="img_gen", status="running", variants=[("readability_eval", "done")])
    assert move(engine, made, 0, "iou_eval", "done") == ("iou_eval", "done")


def test_touching_user_img_input_rolls_up_like_any_step(engine: Engine) -> None:
    made = make_job(engine, step="img_gen", status="running", variants=[("user_img_input", "done")])
    assert move(engine, made, 0, "user_img_input", "done") == ("user_img_input", "done")


def test_two_commits_at_once_miss_each_other(engine: Engine) -> None:
    made = make_job(engine, step="iou_eval", status="running", variants=[("overlay", "done")] * 2)
    with engine.connect() as first, engine.connect() as second:
        put(first, made, 0, "iou_eval", "done")
        put(second, made, 1, "iou_eval", "done")
        first.commit()
        second.commit()
    assert job_state(engine, made) == ("iou_eval", "running")


@pytest.mark.parametrize("change", [{"selected": True}, {"updated_at": text("now() + interval '1 minute'")}])
def test_touching_a_finished_jobs_variant_reopens_the_job(
    engine: Engine, listener: Listener, change: dict[str, Any]
) -> None:
    """Why the dashboard never updates a variant of a finished job: the text steps would run again."""
    made = make_job(engine)
    with writing(engine) as connection:
        connection.execute(
            update(t.jobs_variants)
            .where(t.jobs_variants.c.job_variants_id == made.variant_ids[0])
            .values(**change)
        )
    assert job_state(engine, made) == ("iou_eval", "done")
    announced = [payload for channel, payload in listener.heard() if channel == "job_state_changed"]
    assert [(payload["current_step"], payload["status"]) for payload in announced] == [("iou_eval", "done")]


def test_rollup_1_0_0_finishes_a_job_at_any_step_and_we_do_not_believe_it(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(OLD_ROLLUP_FILE.read_text("utf-8"))
    job = moving_job(engine, variants=2)
    for variant in range(2):
        job.move(variant, "yolo_detect", "done")
    seen = view(engine, job)
    assert (seen.facts.step, seen.facts.status) == ("iou_eval", "done"), "the text steps would start now"
    assert (seen.status.state, seen.status.step) == (State.WORKING, "planner")
