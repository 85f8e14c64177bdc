"""Campaigns: exactly the jobs that were asked for, whoever drives them and whenever he dies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, func, insert, select, text, update

from feedly_core.access import Person, Role
from feedly_core.dashboard_schema import campaign_jobs, campaigns
from feedly_core.database import reading, writing
from feedly_core.domain import tables as t
from feedly_core.errors import FeedlyError, InvalidInput, MissingInSchema, NotFound, PermissionDenied
from feedly_core.jobs import driving
from feedly_core.jobs.campaign_rows import Campaign, CampaignPlan
from feedly_core.jobs.campaigns import (
    campaign_members,
    find_campaign,
    list_campaigns,
    pause_campaign,
    resume_campaign,
    start_campaign,
    stop_campaign,
)
from feedly_core.jobs.driver import CampaignDriver
from feedly_core.jobs.orders import JobOrder, Kind
from feedly_core.jobs.pacing import Mode, OnFailure, Rhythm, State
from feedly_core.jobs.samples import sample_pictures
from feedly_core.monitor.hub import Hub
from feedly_core.monitor.snapshot import HubKind
from feedly_core.settings import Settings
from tests.waiting import wait_until

OPERATOR = Person("operator", Role.OPERATOR)
Start = Callable[..., UUID]


@pytest.fixture
def start(engine: Engine, our_schema: None, settings: Settings) -> Start:
    def start(rhythm: Rhythm, *, kind: Kind = Kind.FULL, go: bool = True, **plan: object) -> UUID:
        base = JobOrder(kind, f"{kind}_test_tenant", (), "", start=go)
        made = CampaignPlan(base, ("국", "찌개"), sample_pictures(), rhythm)
        return start_campaign(engine, replace(made, **plan), OPERATOR, settings)  # type: ignore[arg-type]

    return start


@pytest.fixture
def driver(engine: Engine, settings: Settings) -> CampaignDriver:
    return CampaignDriver(engine, None, assets_dir=settings.assets_dir, name="first")


def rounds(driver: CampaignDriver, count: int) -> None:
    for _ in range(count):
        driver.round()


def finish(engine: Engine, step: str = "instagram_feed_gen", status: str = "done") -> None:
    """What the services would do to every open job, without their triggers' help."""
    variant = ("iou_eval", "done") if status == "done" else (step, status)
    with writing(engine) as conn:
        conn.execute(text("SET LOCAL session_replication_role = replica"))  # no trigger
        values = {"current_step": variant[0], "status": variant[1], "updated_at": func.now()}
        conn.execute(update(t.jobs_variants).values(**values))
        conn.execute(update(t.jobs).values(current_step=step, status=status, updated_at=func.now()))


def age_everything(engine: Engine, by: timedelta) -> None:
    """As if the pipeline had been silent for so long."""
    with writing(engine) as conn:
        conn.execute(text("SET LOCAL session_replication_role = replica"))
        for table in (t.jobs, t.jobs_variants):
            conn.execute(update(table).values(updated_at=table.c.updated_at - by))


def sequences(engine: Engine, campaign_id: UUID) -> list[int]:
    with reading(engine) as conn:
        return [job.sequence for job in campaign_members(conn, campaign_id)]


def campaign(engine: Engine, campaign_id: UUID) -> Campaign:
    with reading(engine) as conn:
        return find_campaign(conn, str(campaign_id))


def job_count(engine: Engine) -> int:
    with reading(engine) as conn:
        return conn.scalar(select(func.count()).select_from(t.jobs)) or 0


def stored_files(settings: Settings) -> list[Path]:
    assert settings.assets_dir is not None
    return [path for path in settings.assets_dir.rglob("*") if path.is_file()]


QUICK = Rhythm(Mode.INTERVAL, interval_s=0.001)


def test_once_makes_one_job_and_ends_when_it_is_complete(
    engine: Engine, start: Start, driver: CampaignDriver
) -> None:
    made = start(Rhythm(Mode.ONCE))
    rounds(driver, 4)
    assert sequences(engine, made) == [1]
    assert campaign(engine, made).state is State.DRAINING
    finish(engine)
    rounds(driver, 2)
    ended = campaign(engine, made)
    assert ended.state is State.FINISHED and ended.finished_at is not None


def test_pictures_and_descriptions_go_round(engine: Engine, start: Start, driver: CampaignDriver) -> None:
    start(replace(QUICK, max_jobs=5))
    rounds(driver, 8)
    with reading(engine) as conn:
        rows = conn.execute(
            select(campaign_jobs.c.sequence, t.job_inputs.c.desc_kor, t.image_assets.c.image_url)
            .join(t.job_inputs, t.job_inputs.c.job_id == campaign_jobs.c.job_id)
            .join(t.image_assets, t.image_assets.c.image_asset_id == t.job_inputs.c.img_asset_id)
            .order_by(campaign_jobs.c.sequence)
        ).all()
    assert [row.desc_kor for row in rows] == ["국", "찌개", "국", "찌개", "국"]
    assert len({row.image_url for row in rows}) == 5, "each job has a file of its own"


def test_each_job_is_started_once(engine: Engine, start: Start, driver: CampaignDriver) -> None:
    start(replace(QUICK, max_jobs=2))
    rounds(driver, 6)
    with reading(engine) as conn:
        fired = conn.scalars(select(campaign_jobs.c.fired_at)).all()
        moved = select(func.count()).where(t.jobs_variants.c.updated_at > t.jobs_variants.c.created_at)
        assert conn.scalar(moved) == 6
    assert len(fired) == 2 and None not in fired


def test_a_start_that_was_cut_off_is_finished_by_the_next_driver(
    engine: Engine, settings: Settings, start: Start, driver: CampaignDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first driver dies between a job's rows and its start."""
    made = start(replace(QUICK, max_jobs=1))
    with monkeypatch.context() as dying:
        dying.setattr(driving, "_start", _die)
        with pytest.raises(KeyboardInterrupt):
            driver.round()
    assert sequences(engine, made) == [1]
    lose_leases(engine)
    second = CampaignDriver(engine, None, assets_dir=settings.assets_dir, name="second")
    rounds(second, 2)
    with reading(engine) as conn:
        assert conn.scalar(select(campaign_jobs.c.fired_at)) is not None
        touched = t.jobs_variants.c.updated_at > t.jobs_variants.c.created_at
        assert conn.scalar(select(func.bool_and(touched)))
    assert sequences(engine, made) == [1]


def test_a_driver_that_dies_before_the_rows_are_written_loses_no_job_and_no_file_stays(
    engine: Engine, settings: Settings, start: Start, driver: CampaignDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kill -9 after the picture is on disk: whoever takes over writes the same file."""
    made = start(replace(QUICK, max_jobs=2))
    with monkeypatch.context() as dying:
        dying.setattr(driving, "write_rows", _die)
        dying.setattr("feedly_core.jobs.create.remove", lambda path: False)
        with pytest.raises(KeyboardInterrupt):
            driver.round()
    assert sequences(engine, made) == [] and len(stored_files(settings)) == 1
    lose_leases(engine)
    second = CampaignDriver(engine, None, assets_dir=settings.assets_dir, name="second")
    rounds(second, 5)
    assert sequences(engine, made) == [1, 2]
    assert len(stored_files(settings)) == 2


def test_two_drivers_never_hold_the_same_campaign(
    engine: Engine, settings: Settings, start: Start, driver: CampaignDriver
) -> None:
    made = start(replace(QUICK, max_jobs=6))
    second = CampaignDriver(engine, None, assets_dir=settings.assets_dir, name="second")
    for _ in range(8):
        driver.round()
        second.round()
    assert sequences(engine, made) == [1, 2, 3, 4, 5, 6]
    assert campaign(engine, made).driver == "first"
    assert job_count(engine) == 6


def test_a_driver_that_has_lost_its_lease_writes_nothing(
    engine: Engine, settings: Settings, start: Start, driver: CampaignDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was frozen for longer than its lease, just before it wrote."""
    made = start(replace(QUICK, max_jobs=5))
    second = CampaignDriver(engine, None, assets_dir=settings.assets_dir, name="second")
    real = driving.write_rows

    def frozen_meanwhile(*args: object) -> object:
        monkeypatch.setattr(driving, "write_rows", real)
        lose_leases(engine)
        second.round()
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(driving, "write_rows", frozen_meanwhile)
    driver.round()
    assert sequences(engine, made) == [1]
    assert campaign(engine, made).driver == "second"
    assert len(stored_files(settings)) == job_count(engine) == 1


def test_pausing_stops_at_once_and_resuming_goes_on_after_the_last_job(
    engine: Engine, settings: Settings, start: Start, driver: CampaignDriver
) -> None:
    made = start(QUICK)
    rounds(driver, 2)
    pause_campaign(engine, made, OPERATOR, settings)
    rounds(driver, 3)
    assert sequences(engine, made) == [1, 2]
    resume_campaign(engine, made, OPERATOR, settings)
    rounds(driver, 1)
    assert sequences(engine, made) == [1, 2, 3]


def test_a_pause_between_the_decision_and_the_rows_still_counts(
    engine: Engine, settings: Settings, start: Start, driver: CampaignDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = start(QUICK)
    real = driving.write_rows

    def paused_meanwhile(*args: object) -> object:
        pause_campaign(engine, made, OPERATOR, settings)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(driving, "write_rows", paused_meanwhile)
    driver.round()
    assert sequences(engine, made) == []
    assert job_count(engine) == 0 and stored_files(settings) == []


def test_next_when_complete_makes_the_next_job_only_then(
    engine: Engine, start: Start, driver: CampaignDriver
) -> None:
    made = start(Rhythm(Mode.COMPLETION, max_jobs=3))
    rounds(driver, 3)
    assert sequences(engine, made) == [1]
    finish(engine, "iou_eval")
    rounds(driver, 2)
    assert sequences(engine, made) == [1], "a full job ends with the feed post, not with its variants"
    finish(engine)
    rounds(driver, 2)
    assert sequences(engine, made) == [1, 2]


def test_a_ye_job_is_complete_with_its_variants(engine: Engine, start: Start, driver: CampaignDriver) -> None:
    made = start(Rhythm(Mode.COMPLETION, max_jobs=2), kind=Kind.YE, go=False)
    rounds(driver, 3)
    assert sequences(engine, made) == [1]
    finish(engine, "iou_eval")
    rounds(driver, 2)
    assert sequences(engine, made) == [1, 2]


def test_an_announced_ye_job_is_complete_with_the_variants_that_the_image_generation_added(
    engine: Engine, start: Start, driver: CampaignDriver
) -> None:
    """Those prepared here stay at the upload for ever: the campaign must not wait for them."""
    with writing(engine) as conn:
        conn.execute(insert(t.tone_styles).values(code="a"))
    made = start(Rhythm(Mode.COMPLETION, max_jobs=2), kind=Kind.YE)
    rounds(driver, 2)
    with reading(engine) as conn:
        job_id = conn.scalar(select(t.jobs.c.job_id))
    for number in (1, 2, 3):
        rounds(driver, 1)
        assert sequences(engine, made) == [1], f"{number - 1} of the three are there"
        with writing(engine) as conn:
            done = {"current_step": "iou_eval", "status": "done"}
            conn.execute(insert(t.jobs_variants).values(job_id=job_id, creation_order=number, **done))
    rounds(driver, 2)
    assert sequences(engine, made) == [1, 2]


@pytest.mark.parametrize(
    ("on_failure", "then", "state"),
    [
        (OnFailure.STOP, [(1, 0, 1)], State.FAILED),
        (OnFailure.SKIP, [(1, 0, 1), (2, 1, 1)], State.RUNNING),
        (OnFailure.RETRY, [(1, 0, 1), (2, 0, 2)], State.RUNNING),
    ],
)
def test_what_follows_a_job_that_has_failed(
    engine: Engine,
    start: Start,
    driver: CampaignDriver,
    on_failure: OnFailure,
    then: list[tuple[int, int, int]],
    state: State,
) -> None:
    made = start(Rhythm(Mode.COMPLETION, max_jobs=5, on_failure=on_failure, max_retries=1))
    rounds(driver, 1)
    finish(engine, "planner", "failed")
    rounds(driver, 2)
    assert sequences(engine, made) == [1], "failed just now: the services may still repair it"
    age_everything(engine, timedelta(minutes=6))
    rounds(driver, 2)
    with reading(engine) as conn:
        members = campaign_jobs.c
        rows = conn.execute(
            select(members.sequence, members.item, members.attempt).order_by(members.sequence)
        ).all()
    assert [tuple(row) for row in rows] == then
    now = campaign(engine, made)
    assert now.state is state
    if state is State.FAILED:
        assert "stops at the first failure" in str(now.last_error[0])


def test_a_campaign_that_stopped_at_a_failure_goes_on_when_somebody_resumes_it(
    engine: Engine, settings: Settings, start: Start, driver: CampaignDriver
) -> None:
    made = start(Rhythm(Mode.COMPLETION, max_jobs=5))
    rounds(driver, 1)
    finish(engine, "planner", "failed")
    age_everything(engine, timedelta(minutes=6))
    rounds(driver, 1)
    assert campaign(engine, made).state is State.FAILED
    resume_campaign(engine, made, OPERATOR, settings)
    rounds(driver, 1)
    assert campaign(engine, made).state is State.RUNNING
    assert sequences(engine, made) == [1, 2]


@pytest.mark.parametrize("turn", [stop_campaign, pause_campaign])
def test_jobs_that_outlive_their_campaign_are_still_followed_to_their_end(
    engine: Engine,
    settings: Settings,
    start: Start,
    driver: CampaignDriver,
    turn: Callable[..., None],
) -> None:
    """Nobody drives a stopped campaign, yet its panel must not say "on its way" for ever."""
    made = start(QUICK)
    rounds(driver, 2)
    turn(engine, made, OPERATOR, settings)
    rounds(driver, 1)
    with reading(engine) as conn:
        assert [job.outcome for job in campaign_members(conn, made)] == [None, None]
    finish(engine)
    rounds(driver, 1)
    with reading(engine) as conn:
        ended = campaign_members(conn, made)
    assert [job.outcome for job in ended] == ["completed", "completed"]
    assert all(job.seconds is not None and job.started for job in ended)


def test_jobs_that_were_left_at_rest_are_told_from_those_on_their_way(
    engine: Engine, start: Start, driver: CampaignDriver
) -> None:
    made = start(replace(QUICK, max_jobs=1), go=False)
    rounds(driver, 3)
    with reading(engine) as conn:
        (job,) = campaign_members(conn, made)
    assert not job.started and job.outcome is None
    assert campaign(engine, made).state is State.FINISHED


def test_a_double_click_starts_one_campaign(engine: Engine, our_schema: None, settings: Settings) -> None:
    key = uuid4()
    plan = CampaignPlan(JobOrder(Kind.FULL, "a_test", (), ""), ("국",), sample_pictures(), QUICK)
    first, second = (start_campaign(engine, plan, OPERATOR, settings, key=key) for _ in range(2))
    assert first == second
    with reading(engine) as conn:
        assert len(list_campaigns(conn)) == 1
        assert conn.scalar(text("SELECT count(*) FROM feedly_dashboard.audit_log")) == 1


def test_a_trigger_that_is_missing_ends_the_campaign_before_a_job_is_lost_in_silence(
    engine: Engine, settings: Settings, start: Start, driver: CampaignDriver
) -> None:
    with writing(engine) as conn:
        conn.execute(text("DROP TRIGGER job_variant_state_change_trigger ON jobs_variants"))
    made = start(QUICK)
    rounds(driver, 2)
    ended = campaign(engine, made)
    assert ended.state is State.FAILED
    assert "job_variant_state_change_trigger" in str(ended.last_error[0])
    assert job_count(engine) == 0 and stored_files(settings) == []


def test_a_database_error_is_tried_again_with_the_same_number(
    engine: Engine, start: Start, driver: CampaignDriver
) -> None:
    made = start(replace(QUICK, max_jobs=2))
    with writing(engine) as conn:
        conn.execute(text("ALTER TABLE jobs ADD CONSTRAINT closed CHECK (false) NOT VALID"))
    with pytest.raises(FeedlyError):
        driver.round()
    with writing(engine) as conn:
        conn.execute(text("ALTER TABLE jobs DROP CONSTRAINT closed"))
    rounds(driver, 4)
    assert sequences(engine, made) == [1, 2]


def test_the_list_counts_made_completed_and_failed(
    engine: Engine, start: Start, driver: CampaignDriver
) -> None:
    made = start(replace(QUICK, max_jobs=3))
    rounds(driver, 5)
    finish(engine)
    rounds(driver, 2)
    with reading(engine) as conn:
        (summary,) = list_campaigns(conn)
        members = campaign_members(conn, made)
    assert (summary.made, summary.completed, summary.failed) == (3, 3, 0)
    assert summary.campaign.created_by == "operator"
    assert all(job.seconds is not None and job.seconds >= 0 for job in members)


def test_the_thread_wakes_on_the_notification(
    engine: Engine, settings: Settings, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its heartbeat, it would look again only after the ten seconds of the safety poll."""
    monkeypatch.setattr("feedly_core.jobs.driver.HEARTBEAT_S", 600.0)
    hub = Hub(engine, settings)
    driver = CampaignDriver(engine, hub, assets_dir=settings.assets_dir)
    made = start(Rhythm(Mode.COMPLETION, max_jobs=2))
    hub.start()
    driver.start()
    try:
        wait_until(lambda: sequences(engine, made) == [1])
        with writing(engine) as conn:
            conn.execute(update(t.jobs).values(current_step="instagram_feed_gen", status="done"))
        wait_until(lambda: sequences(engine, made) == [1, 2], timeout=5)
    finally:
        driver.stop()
        hub.stop()
    with reading(engine) as conn:
        assert conn.scalar(select(campaigns.c.driver)) is None, "a driver that ends gives up its leases"


def test_a_quiet_driver_is_told_of_a_campaign(
    engine: Engine, settings: Settings, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedly_core.jobs.driver.QUIET_S", 600.0)
    hub = Hub(engine, settings)
    driver = CampaignDriver(engine, hub, assets_dir=settings.assets_dir)
    assert driver.round() == 600
    hub.start()
    driver.start()
    try:
        wait_until(lambda: hub.state.kind is HubKind.LIVE)
        first = start(Rhythm(Mode.COMPLETION, max_jobs=1))
        wait_until(lambda: sequences(engine, first) == [1], timeout=30)
    finally:
        driver.stop()
        hub.stop()


def test_what_cannot_be_started_says_why(engine: Engine, start: Start, settings: Settings) -> None:
    with pytest.raises(InvalidInput, match="pictures and descriptions"):
        start(QUICK, pictures=())
    with pytest.raises(InvalidInput, match="description is empty"):
        start(QUICK, descriptions=("국", " "))
    with pytest.raises(InvalidInput, match="interval"):
        start(replace(QUICK, interval_s=0))
    with pytest.raises(InvalidInput, match="largest number"):
        start(replace(QUICK, max_jobs=0))
    with reading(engine) as conn:
        assert list_campaigns(conn) == []


def test_what_cannot_be_turned_says_why(engine: Engine, start: Start, settings: Settings) -> None:
    made = start(QUICK)
    stop_campaign(engine, made, OPERATOR, settings)
    with pytest.raises(InvalidInput, match="Stopped"):
        pause_campaign(engine, made, OPERATOR, settings)
    with pytest.raises(NotFound):
        pause_campaign(engine, UUID(int=1), OPERATOR, settings)
    with pytest.raises(PermissionDenied):
        resume_campaign(engine, made, Person("viewer", Role.VIEWER), settings)
    with reading(engine) as conn, pytest.raises(NotFound):
        find_campaign(conn, "zz")


def test_without_our_schema_campaigns_say_what_to_do_and_the_driver_idles(
    engine: Engine, settings: Settings, driver: CampaignDriver
) -> None:
    plan = CampaignPlan(JobOrder(Kind.FULL, "test", (), ""), ("국",), sample_pictures(), Rhythm(Mode.ONCE))
    with pytest.raises(MissingInSchema, match="install-schema"):
        start_campaign(engine, plan, OPERATOR, settings)
    assert driver.round() > 0
    with reading(engine) as conn:
        assert list_campaigns(conn) == []


def lose_leases(engine: Engine) -> None:
    """As if the driver had been silent for longer than its lease."""
    with writing(engine) as conn:
        conn.execute(update(campaigns).values(lease_until=func.now() - timedelta(seconds=1)))


def _die(*args: object) -> None:
    raise KeyboardInterrupt
