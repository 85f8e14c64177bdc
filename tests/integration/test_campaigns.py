"""Campaigns: exactly the jobs that were asked for, each when its turn has come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, insert, select

from feedly_core.campaigns.campaigns import campaign_members, list_campaigns
from feedly_core.campaigns.runner import CampaignRunner
from feedly_core.campaigns.schedule import Mode, OnFailure, Schedule, State
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import campaign_jobs
from feedly_core.domain import tables as t
from feedly_core.jobs.request import JobKind
from tests.campaigns import QUICK, Start, age_everything, campaign, finish, rounds, sequences


def test_once_makes_one_job_and_ends_when_it_is_complete(
    engine: Engine, start: Start, driver: CampaignRunner
) -> None:
    made = start(Schedule(Mode.ONCE))
    rounds(driver, 4)
    assert sequences(engine, made) == [1]
    assert campaign(engine, made).state is State.DRAINING
    finish(engine)
    rounds(driver, 2)
    ended = campaign(engine, made)
    assert ended.state is State.FINISHED and ended.finished_at is not None


def test_pictures_and_descriptions_go_round(engine: Engine, start: Start, driver: CampaignRunner) -> None:
    start(replace(QUICK, max_jobs=5))
    rounds(driver, 8)
    with reading(engine) as connection:
        rows = connection.execute(
            select(campaign_jobs.c.sequence, t.job_inputs.c.desc_kor, t.image_assets.c.image_url)
            .join(t.job_inputs, t.job_inputs.c.job_id == campaign_jobs.c.job_id)
            .join(t.image_assets, t.image_assets.c.image_asset_id == t.job_inputs.c.img_asset_id)
            .order_by(campaign_jobs.c.sequence)
        ).all()
    assert [row.desc_kor for row in rows] == ["국", "찌개", "국", "찌개", "국"]
    assert len({row.image_url for row in rows}) == 5, "each job has a file of its own"


def test_each_job_is_started_once(engine: Engine, start: Start, driver: CampaignRunner) -> None:
    start(replace(QUICK, max_jobs=2))
    rounds(driver, 6)
    with reading(engine) as connection:
        fired = connection.scalars(select(campaign_jobs.c.fired_at)).all()
        moved = select(func.count()).where(t.jobs_variants.c.updated_at > t.jobs_variants.c.created_at)
        assert connection.scalar(moved) == 6
    assert len(fired) == 2 and None not in fired


def test_next_when_complete_makes_the_next_job_only_then(
    engine: Engine, start: Start, driver: CampaignRunner
) -> None:
    made = start(Schedule(Mode.COMPLETION, max_jobs=3))
    rounds(driver, 3)
    assert sequences(engine, made) == [1]
    finish(engine, "iou_eval")
    rounds(driver, 2)
    assert sequences(engine, made) == [1], "a full job ends with the feed post, not with its variants"
    finish(engine)
    rounds(driver, 2)
    assert sequences(engine, made) == [1, 2]


def test_a_ye_job_is_complete_with_its_variants(engine: Engine, start: Start, driver: CampaignRunner) -> None:
    made = start(Schedule(Mode.COMPLETION, max_jobs=2), kind=JobKind.YE, go=False)
    rounds(driver, 3)
    assert sequences(engine, made) == [1]
    finish(engine, "iou_eval")
    rounds(driver, 2)
    assert sequences(engine, made) == [1, 2]


def test_an_announced_ye_job_is_complete_with_the_variants_that_the_image_generation_added(
    engine: Engine, start: Start, driver: CampaignRunner
) -> None:
    """Those prepared here stay at the upload for ever: the campaign must not wait for them."""
    with writing(engine) as connection:
        connection.execute(insert(t.tone_styles).values(code="a"))
    made = start(Schedule(Mode.COMPLETION, max_jobs=2), kind=JobKind.YE)
    rounds(driver, 2)
    with reading(engine) as connection:
        job_id = connection.scalar(select(t.jobs.c.job_id))
    for number in (1, 2, 3):
        rounds(driver, 1)
        assert sequences(engine, made) == [1], f"{number - 1} of the three are there"
        with writing(engine) as connection:
            done = {"current_step": "iou_eval", "status": "done"}
            connection.execute(insert(t.jobs_variants).values(job_id=job_id, creation_order=number, **done))
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
    driver: CampaignRunner,
    on_failure: OnFailure,
    then: list[tuple[int, int, int]],
    state: State,
) -> None:
    made = start(Schedule(Mode.COMPLETION, max_jobs=5, on_failure=on_failure, max_retries=1))
    rounds(driver, 1)
    finish(engine, "planner", "failed")
    rounds(driver, 2)
    assert sequences(engine, made) == [1], "failed just now: the services may still repair it"
    age_everything(engine, timedelta(minutes=6))
    rounds(driver, 2)
    with reading(engine) as connection:
        members = campaign_jobs.c
        rows = connection.execute(
            select(members.sequence, members.item, members.attempt).order_by(members.sequence)
        ).all()
    assert [tuple(row) for row in rows] == then
    now = campaign(engine, made)
    assert now.state is state
    if state is State.FAILED:
        assert "stops at the first failure" in str(now.last_error[0])


def test_jobs_that_were_left_at_rest_are_told_from_those_on_their_way(
    engine: Engine, start: Start, driver: CampaignRunner
) -> None:
    made = start(replace(QUICK, max_jobs=1), go=False)
    rounds(driver, 3)
    with reading(engine) as connection:
        (job,) = campaign_members(connection, made)
    assert not job.started and job.outcome is None
    assert campaign(engine, made).state is State.FINISHED


def test_the_list_counts_made_completed_and_failed(
    engine: Engine, start: Start, driver: CampaignRunner
) -> None:
    made = start(replace(QUICK, max_jobs=3))
    rounds(driver, 5)
    finish(engine)
    rounds(driver, 2)
    with reading(engine) as connection:
        (summary,) = list_campaigns(connection)
        members = campaign_members(connection, made)
    assert (summary.made, summary.completed, summary.failed) == (3, 3, 0)
    assert summary.campaign.created_by == "operator"
    assert all(job.seconds is not None and job.seconds >= 0 for job in members)
