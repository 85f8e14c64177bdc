"""The hub on a real database: what it hears, how it counts, what it records, what it costs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, func, insert, select

from feedly_core.db.own_schema import campaign_jobs, campaigns, step_events
from feedly_core.domain.status import State
from feedly_core.live.board import BoardFilters
from feedly_core.live.connection import HEARTBEAT_SECONDS, Connection, ListenSilent
from feedly_core.live.hub import Hub
from feedly_core.settings import Settings
from tests.moving_job import MovingJob, insert_job, moving_job
from tests.waiting import wait_until

PATIENT = 60
"""Seconds for threads to write what waits and end, on a busy machine."""


@pytest.fixture
def hub(start_hub: Callable[..., Hub]) -> Hub:
    return start_hub()


def test_a_change_is_told_and_the_snapshot_shows_it(hub: Hub, engine: Engine) -> None:
    job = moving_job(engine)
    told = threading.Event()
    unsubscribe = hub.subscribe(lambda version: told.set(), job_id=job.job_id)
    job.move(0, "planner", "done")
    wait_until(told.is_set)
    wait_until(lambda: hub.board().rows and hub.board().rows[0].view.variants[0].status.finished == 3)
    view = hub.board().rows[0].view
    assert [v.status.step for v in view.variants] == ["overlay", "vlm_analyze", "vlm_analyze"]
    assert [(e.step, e.status) for e in hub.recent(job.job_id) if e.variant_id] == [("planner", "done")]
    unsubscribe()


def test_followers_of_one_job_are_not_woken_by_others(hub: Hub, engine: Engine) -> None:
    mine, other = moving_job(engine), moving_job(engine)
    wait_until(lambda: hub.snapshot.jobs.keys() == {mine.job_id, other.job_id})
    calls: list[int] = []
    hub.subscribe(calls.append, job_id=mine.job_id)
    before = hub.job_version(mine.job_id)
    first = hub.job_version(other.job_id)
    other.move(0, "planner", "done")
    wait_until(lambda: hub.job_version(other.job_id) > first)
    assert calls == []
    assert hub.job_version(mine.job_id) == before


def test_an_inserted_job_is_found_although_no_trigger_tells(hub: Hub, engine: Engine) -> None:
    with engine.begin() as connection:
        job_id, _ = insert_job(connection, step="user_img_input")
    found = wait_until(lambda: [row for row in hub.board().rows if row.view.job_id == job_id])
    assert found[0].view.status.state is State.WAITING


def test_a_step_backwards_does_not_take_progress_back(hub: Hub, engine: Engine) -> None:
    job = moving_job(engine, variants=1)
    for step in ("planner", "overlay", "vlm_judge", "ocr_eval"):
        job.move(0, step, "done")
    job.move(0, "overlay", "done")
    wait_until(lambda: len(hub.recent(job.job_id, 200)) >= 5)

    def repeating() -> bool:
        rows = hub.board().rows
        return bool(rows) and rows[0].view.variants[0].status.repeating == "vlm_judge"

    wait_until(repeating)
    assert hub.board().rows[0].view.progress == 6 / 8


def states(hub: Hub, job_id: UUID) -> list[tuple[UUID | None, str | None, str | None]]:
    return [(event.variant_id, event.step, event.status) for event in hub.recent(job_id, 500)]


@pytest.mark.usefixtures("our_schema")
def test_two_processes_record_each_transition_once(start_hub: Callable[..., Hub], engine: Engine) -> None:
    hubs = [start_hub(), start_hub()]
    job = moving_job(engine)
    for number in range(3):
        job.walk(number)

    def at_the_end(hub: Hub) -> bool:
        return (None, "iou_eval", "done") in states(hub, job.job_id)

    for hub in hubs:
        wait_until(partial(at_the_end, hub))
        hub.stop(PATIENT)
    heard = {event.key for hub in hubs for event in hub.recent(job.job_id, 500)}
    with engine.connect() as connection:
        rows = select(func.count()).where(step_events.c.job_id == job.job_id)
        assert connection.execute(rows).scalar_one() == len(heard) >= 24


@pytest.mark.usefixtures("our_schema")
def test_a_restart_remembers_how_far_a_variant_was(start_hub: Callable[..., Hub], engine: Engine) -> None:
    job = moving_job(engine, variants=1)
    first = start_hub()
    job.move(0, "readability_eval", "done")
    job.move(0, "planner", "done")
    wait_until(lambda: len([e for e in first.recent(job.job_id) if e.variant_id]) == 2)
    first.stop(PATIENT)
    second = start_hub()
    wait_until(lambda: second.board().rows)
    assert second.board().rows[0].view.variants[0].status.finished == 7


def test_without_our_schema_nothing_is_recorded_and_all_else_works(hub: Hub, engine: Engine) -> None:
    job = moving_job(engine)
    job.move(0, "planner", "done")
    wait_until(lambda: hub.recent(job.job_id))
    assert not hub.records


@pytest.mark.usefixtures("our_schema")
def test_a_read_only_dashboard_records_nothing(start_hub: Callable[..., Hub], engine: Engine) -> None:
    hub = start_hub(read_only=True)
    job = moving_job(engine)
    job.move(0, "planner", "done")
    wait_until(lambda: hub.recent(job.job_id))
    hub.stop()
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(step_events)).scalar_one() == 0


@pytest.mark.usefixtures("our_schema")
def test_a_short_job_is_seen_under_its_campaign(hub: Hub, engine: Engine) -> None:
    """From its first moment on the board: campaigns' jobs may be over before the next full reading."""
    campaign_id = uuid4()
    with engine.begin() as connection:
        connection.execute(
            insert(campaigns).values(
                campaign_id=campaign_id,
                kind="full",
                mode="completion",
                template={},
                interval_s=1.0,
                on_failure="skip",
                state="running",
                created_by="Kim",
            )
        )
        job_id, variant_ids = insert_job(connection, variants=1)
        connection.execute(
            insert(campaign_jobs).values(campaign_id=campaign_id, sequence=1, item=0, job_id=job_id)
        )
    MovingJob(engine, job_id, variant_ids).walk(0)
    (row,) = wait_until(lambda: [row for row in hub.board().rows if row.view.job_id == job_id])
    assert row.campaign == str(campaign_id)[:8]
    assert hub.board(BoardFilters(campaign=row.campaign)).rows


def test_own_notify_behind_many_others_is_no_silence(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    with Connection(settings, lambda: clock[0]) as connection:
        monkeypatch.setattr(connection.reader, "heartbeat", lambda token: None)  # as if it still queued
        clock[0] += HEARTBEAT_SECONDS
        connection.check()
        moving_job(engine).move(0, "planner", "done")
        clock[0] += 2.5
        assert connection.wait(PATIENT)
        clock[0] += 2.5
        connection.check()
        clock[0] += 1
        with pytest.raises(ListenSilent):
            connection.check()
