"""Whoever drives a campaign and whenever he dies: no job is lost, none made twice, nobody waits in vain."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select, text, update

from feedly_core.campaigns import step
from feedly_core.campaigns.runner import CampaignRunner
from feedly_core.campaigns.schedule import Mode, Schedule, State
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import campaign_jobs, campaigns
from feedly_core.domain import tables as t
from feedly_core.errors import FeedlyError
from feedly_core.jobs.create import write_rows
from feedly_core.live.hub import Hub
from feedly_core.live.snapshot import HubKind
from feedly_core.settings import Settings
from tests.campaigns import QUICK, Start, campaign, job_count, rounds, sequences
from tests.job_builder import files_in
from tests.waiting import wait_until


def test_a_start_that_was_cut_off_is_finished_by_the_next_driver(
    engine: Engine, settings: Settings, start: Start, driver: CampaignRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first driver dies between a job's rows and its start."""
    made = start(replace(QUICK, max_jobs=1))
    with monkeypatch.context() as dying:
        dying.setattr(step, "_start", _die)
        with pytest.raises(KeyboardInterrupt):
            driver.round()
    assert sequences(engine, made) == [1]
    lose_leases(engine)
    second = CampaignRunner(engine, None, assets_dir=settings.assets_dir, name="second")
    rounds(second, 2)
    with reading(engine) as connection:
        assert connection.scalar(select(campaign_jobs.c.fired_at)) is not None
        touched = t.jobs_variants.c.updated_at > t.jobs_variants.c.created_at
        assert connection.scalar(select(func.bool_and(touched)))
    assert sequences(engine, made) == [1]


def test_a_driver_that_dies_before_the_rows_are_written_loses_no_job_and_no_file_stays(
    engine: Engine, settings: Settings, start: Start, driver: CampaignRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kill -9 after the picture is on disk: whoever takes over writes the same file."""
    made = start(replace(QUICK, max_jobs=2))
    with monkeypatch.context() as dying:
        dying.setattr(step, "write_rows", _die)
        dying.setattr("feedly_core.jobs.create.remove", lambda path: False)
        with pytest.raises(KeyboardInterrupt):
            driver.round()
    assert sequences(engine, made) == [] and len(files_in(settings)) == 1
    lose_leases(engine)
    second = CampaignRunner(engine, None, assets_dir=settings.assets_dir, name="second")
    rounds(second, 5)
    assert sequences(engine, made) == [1, 2]
    assert len(files_in(settings)) == 2


def test_two_drivers_never_hold_the_same_campaign(
    engine: Engine, settings: Settings, start: Start, driver: CampaignRunner
) -> None:
    made = start(replace(QUICK, max_jobs=6))
    second = CampaignRunner(engine, None, assets_dir=settings.assets_dir, name="second")
    for _ in range(8):
        driver.round()
        second.round()
    assert sequences(engine, made) == [1, 2, 3, 4, 5, 6]
    assert campaign(engine, made).driver == "first"
    assert job_count(engine) == 6


def test_a_driver_that_has_lost_its_lease_writes_nothing(
    engine: Engine, settings: Settings, start: Start, driver: CampaignRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was frozen for longer than its lease, just before it wrote."""
    made = start(replace(QUICK, max_jobs=5))
    second = CampaignRunner(engine, None, assets_dir=settings.assets_dir, name="second")

    def frozen_meanwhile(*args: object) -> object:
        monkeypatch.setattr(step, "write_rows", write_rows)
        lose_leases(engine)
        second.round()
        return write_rows(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(step, "write_rows", frozen_meanwhile)
    driver.round()
    assert sequences(engine, made) == [1]
    assert campaign(engine, made).driver == "second"
    assert len(files_in(settings)) == job_count(engine) == 1


def test_a_trigger_that_is_missing_ends_the_campaign_before_a_job_is_lost_in_silence(
    engine: Engine, settings: Settings, start: Start, driver: CampaignRunner
) -> None:
    with writing(engine) as connection:
        connection.execute(text("DROP TRIGGER job_variant_state_change_trigger ON jobs_variants"))
    made = start(QUICK)
    rounds(driver, 2)
    ended = campaign(engine, made)
    assert ended.state is State.FAILED
    assert "job_variant_state_change_trigger" in str(ended.last_error[0])
    assert job_count(engine) == 0 and files_in(settings) == []


def test_a_database_error_is_tried_again_with_the_same_number(
    engine: Engine, start: Start, driver: CampaignRunner
) -> None:
    made = start(replace(QUICK, max_jobs=2))
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE jobs ADD CONSTRAINT closed CHECK (false) NOT VALID"))
    with pytest.raises(FeedlyError):
        driver.round()
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE jobs DROP CONSTRAINT closed"))
    rounds(driver, 4)
    assert sequences(engine, made) == [1, 2]


def test_the_thread_wakes_on_the_notification(
    engine: Engine, settings: Settings, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its heartbeat, it would look again only after the ten seconds of the safety poll."""
    monkeypatch.setattr("feedly_core.campaigns.runner.HEARTBEAT_S", 600.0)
    hub = Hub(engine, settings)
    driver = CampaignRunner(engine, hub, assets_dir=settings.assets_dir)
    made = start(Schedule(Mode.COMPLETION, max_jobs=2))
    hub.start()
    driver.start()
    try:
        wait_until(lambda: sequences(engine, made) == [1])
        with writing(engine) as connection:
            connection.execute(update(t.jobs).values(current_step="instagram_feed_gen", status="done"))
        wait_until(lambda: sequences(engine, made) == [1, 2], timeout=5)
    finally:
        driver.stop()
        hub.stop()
    with reading(engine) as connection:
        assert connection.scalar(select(campaigns.c.driver)) is None, "a driver that ends gives up its leases"


def test_a_quiet_driver_is_told_of_a_campaign(
    engine: Engine, settings: Settings, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedly_core.campaigns.runner.QUIET_S", 600.0)
    hub = Hub(engine, settings)
    driver = CampaignRunner(engine, hub, assets_dir=settings.assets_dir)
    assert driver.round() == 600
    hub.start()
    driver.start()
    try:
        wait_until(lambda: hub.state.kind is HubKind.LIVE)
        first = start(Schedule(Mode.COMPLETION, max_jobs=1))
        wait_until(lambda: sequences(engine, first) == [1], timeout=30)
    finally:
        driver.stop()
        hub.stop()


def lose_leases(engine: Engine) -> None:
    """As if the driver had been silent for longer than its lease."""
    with writing(engine) as connection:
        connection.execute(update(campaigns).values(lease_until=func.now() - timedelta(seconds=1)))


def _die(*args: object) -> None:
    raise KeyboardInterrupt
