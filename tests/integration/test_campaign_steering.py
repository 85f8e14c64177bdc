"""People start, pause, resume and stop campaigns, and are told what cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from feedly_core.campaigns import step
from feedly_core.campaigns.campaigns import (
    campaign_members,
    find_campaign,
    list_campaigns,
    pause_campaign,
    resume_campaign,
    start_campaign,
    stop_campaign,
)
from feedly_core.campaigns.runner import CampaignRunner
from feedly_core.campaigns.schedule import Mode, Schedule, State
from feedly_core.campaigns.store import CampaignPlan
from feedly_core.db.engine import reading
from feedly_core.errors import InvalidInput, MissingInSchema, NotFound, PermissionDenied
from feedly_core.jobs.create import write_rows
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.campaigns import QUICK, Start, age_everything, campaign, finish, job_count, rounds, sequences
from tests.job_builder import files_in

OPERATOR = Person("operator", Role.OPERATOR)


def test_pausing_stops_at_once_and_resuming_goes_on_after_the_last_job(
    engine: Engine, settings: Settings, start: Start, driver: CampaignRunner
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
    engine: Engine, settings: Settings, start: Start, driver: CampaignRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = start(QUICK)

    def paused_meanwhile(*args: object) -> object:
        pause_campaign(engine, made, OPERATOR, settings)
        return write_rows(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(step, "write_rows", paused_meanwhile)
    driver.round()
    assert sequences(engine, made) == []
    assert job_count(engine) == 0 and files_in(settings) == []


def test_a_campaign_that_stopped_at_a_failure_goes_on_when_somebody_resumes_it(
    engine: Engine, settings: Settings, start: Start, driver: CampaignRunner
) -> None:
    made = start(Schedule(Mode.COMPLETION, max_jobs=5))
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
    driver: CampaignRunner,
    turn: Callable[..., None],
) -> None:
    """Nobody drives a stopped campaign, yet its panel must not say "on its way" for ever."""
    made = start(QUICK)
    rounds(driver, 2)
    turn(engine, made, OPERATOR, settings)
    rounds(driver, 1)
    with reading(engine) as connection:
        assert [job.outcome for job in campaign_members(connection, made)] == [None, None]
    finish(engine)
    rounds(driver, 1)
    with reading(engine) as connection:
        ended = campaign_members(connection, made)
    assert [job.outcome for job in ended] == ["completed", "completed"]
    assert all(job.seconds is not None and job.started for job in ended)


def test_a_double_click_starts_one_campaign(engine: Engine, our_schema: None, settings: Settings) -> None:
    key = uuid4()
    plan = CampaignPlan(JobRequest(JobKind.FULL, "a_test", (), ""), ("국",), sample_pictures(), QUICK)
    first, second = (start_campaign(engine, plan, OPERATOR, settings, key=key) for _ in range(2))
    assert first == second
    with reading(engine) as connection:
        assert len(list_campaigns(connection)) == 1
        assert connection.scalar(text("SELECT count(*) FROM feedly_dashboard.audit_log")) == 1


def test_what_cannot_be_started_says_why(engine: Engine, start: Start, settings: Settings) -> None:
    with pytest.raises(InvalidInput, match="pictures and descriptions"):
        start(QUICK, pictures=())
    with pytest.raises(InvalidInput, match="description is empty"):
        start(QUICK, descriptions=("국", " "))
    with pytest.raises(InvalidInput, match="interval"):
        start(replace(QUICK, interval_s=0))
    with pytest.raises(InvalidInput, match="largest number"):
        start(replace(QUICK, max_jobs=0))
    with reading(engine) as connection:
        assert list_campaigns(connection) == []


def test_what_cannot_be_turned_says_why(engine: Engine, start: Start, settings: Settings) -> None:
    made = start(QUICK)
    stop_campaign(engine, made, OPERATOR, settings)
    with pytest.raises(InvalidInput, match="Stopped"):
        pause_campaign(engine, made, OPERATOR, settings)
    with pytest.raises(NotFound):
        pause_campaign(engine, UUID(int=1), OPERATOR, settings)
    with pytest.raises(PermissionDenied):
        resume_campaign(engine, made, Person("viewer", Role.VIEWER), settings)
    with reading(engine) as connection, pytest.raises(NotFound):
        find_campaign(connection, "zz")


def test_without_our_schema_campaigns_say_what_to_do_and_the_driver_idles(
    engine: Engine, settings: Settings, driver: CampaignRunner
) -> None:
    plan = CampaignPlan(
        JobRequest(JobKind.FULL, "test", (), ""), ("국",), sample_pictures(), Schedule(Mode.ONCE)
    )
    with pytest.raises(MissingInSchema, match="install-schema"):
        start_campaign(engine, plan, OPERATOR, settings)
    assert driver.round() > 0
    with reading(engine) as connection:
        assert list_campaigns(connection) == []
