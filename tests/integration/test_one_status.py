"""One status: every page, export, campaign and command tells the same of the same rows at the same moment."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, Engine, delete, update

from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Order, gallery_page
from feedly_core.analytics.job_states import outcome_of
from feedly_core.analytics.refresher import keep_timeouts, rebuild
from feedly_core.analytics.trends import By, trend
from feedly_core.analytics.variant_source import variant_source
from feedly_core.campaigns.outcomes import outcomes
from feedly_core.campaigns.schedule import Outcome
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine, reading, writing
from feedly_core.db.job_rows import read_statuses
from feedly_core.db.own_schema import facts_state
from feedly_core.db.own_schema.facts import COMPLETE, FAILED, OPEN
from feedly_core.diagnostics.stalled_variants import stalled_jobs
from feedly_core.diagnostics.thresholds import Thresholds
from feedly_core.domain import tables as t
from feedly_core.domain.status import JobStatus, State
from feedly_core.jobs.request import JobKind
from feedly_core.live.overview import throughput
from feedly_core.settings import Settings, load_settings
from tests.factories import make_job
from tests.one_status import (
    DOORS,
    LEAVES_OUT,
    ONE_BY_ONE,
    random_history,
    recorded_histories,
    whole,
    write_history,
)
from tests.terminal import program

RANDOM_JOBS = 36
CUTS = 4
LATER = (
    timedelta(0),
    timedelta(seconds=20),
    timedelta(minutes=4),
    timedelta(minutes=7),
    timedelta(minutes=40),
)
"""Moments at which all doors are asked, before and after each stall timeout; nothing moves meanwhile."""

EACH_TURN = len(LATER)


@dataclass(frozen=True)
class World:
    """``began``: when the last of the jobs moved, the moment of the first question."""

    engine: Engine
    settings: Settings
    jobs: Sequence[UUID]
    began: datetime


@pytest.fixture(scope="module")
def world(
    postgres: EmbeddedPostgres, feedly_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    assets = tmp_path_factory.mktemp("assets")
    url = postgres.create_database("one_status", feedly_template)
    settings = load_settings(DATABASE_URL=url, ASSETS_DIR=assets)
    engine = make_engine(settings)
    own_schema.install(engine)
    rng, began = random.Random(12), datetime.now(UTC)
    histories = [*recorded_histories(CUTS), *(random_history(rng) for _ in range(RANDOM_JOBS))]
    jobs = [
        write_history(engine, history, began - timedelta(seconds=rng.choice([1, 15, 100, 290, 400])), rng)
        for history in histories
    ]
    yield World(engine, settings, jobs, began)
    engine.dispose()


def fill(world: World, now: datetime) -> None:
    """Make the read model anew, as of ``now``."""
    rebuild(world.engine, lambda done, total: None, now=now)


def assert_doors_agree(
    world: World, connection: Connection, now: datetime, turn: int = 0
) -> dict[UUID, JobStatus]:
    """Ask every door; returns what all of them said. Doors that ask for one job take a share each turn."""
    said = whole(connection, world.jobs, now)
    for name, ask in DOORS.items():
        ids = world.jobs[turn % EACH_TURN :: EACH_TURN] if name in ONE_BY_ONE else world.jobs
        told = ask(connection, world.settings, ids, now)
        missing = set(ids) - told.states.keys()
        if name in LEAVES_OUT:
            missing = {job_id for job_id in missing if said[job_id].state is not State.COMPLETE}
        assert not missing, (name, now)
        for job_id, state in told.states.items():
            assert state == said[job_id].state, (name, now - world.began, said[job_id])
        for job_id, status in told.statuses.items():
            assert status == said[job_id], (name, now - world.began)
    assert_counts_agree(connection, said, now)
    assert_campaigns_agree(connection, said, now)
    return said


def assert_counts_agree(connection: Connection, said: dict[UUID, JobStatus], now: datetime) -> None:
    """Filters by outcome and the trends count as the states say."""
    source = variant_source(connection, now)
    expected = {job_id: outcome_of(status.state) for job_id, status in said.items()}
    for outcome in (COMPLETE, FAILED, OPEN):
        page = gallery_page(connection, source, PictureFilters(outcome=outcome), Order(), size=1000)
        assert {card.job_id for card in page.cards} == {
            job for job, told in expected.items() if told == outcome
        }
    points = trend(
        connection, source, PictureFilters(), By.RELEASE, ZoneInfo("Asia/Seoul"), scores=False, times=False
    )
    assert sum(point.jobs for point in points) == len(said)
    for outcome in (COMPLETE, FAILED):
        counted = sum(round((getattr(point, outcome) or 0) * point.jobs) for point in points)
        assert counted == list(expected.values()).count(outcome)


def assert_campaigns_agree(connection: Connection, said: dict[UUID, JobStatus], now: datetime) -> None:
    """A campaign's job is completed when it is complete, and has failed when nothing will go on."""
    ended = outcomes(connection, JobKind.FULL, list(said), now)
    as_campaign = {
        State.COMPLETE: Outcome.COMPLETED,
        State.FAILED: Outcome.FAILED,
        State.STALLED: Outcome.FAILED,
    }
    for job_id, status in said.items():
        outcome, _ = ended.get(job_id, (None, None))
        assert outcome == as_campaign.get(status.state), status


def test_every_door_tells_the_same_before_and_after_the_stall_timeout(world: World) -> None:
    with reading(world.engine) as connection:  # no read model yet: FeedlyAI's rows of the newest jobs
        assert_doors_agree(world, connection, world.began)
    fill(world, world.began)
    seen: set[State] = set()
    changed = 0
    with reading(world.engine) as connection:
        before: dict[UUID, JobStatus] = {}
        for turn, later in enumerate(LATER):
            said = assert_doors_agree(world, connection, world.began + later, turn)
            changed += sum(before[job_id].state != said[job_id].state for job_id in before)
            seen |= {status.state for status in said.values()}
            before = said
    assert seen == set(State), "a state that no history reaches is not compared"
    assert changed > 10, "time must change states, or the moments say nothing"
    end = world.began + LATER[-1]
    fill(world, end)
    with reading(world.engine) as connection:
        assert assert_doors_agree(world, connection, end) == before


def test_a_longer_stall_timeout_holds_for_every_door_at_once(world: World) -> None:
    fill(world, world.began)
    slow = {"vlm_judge": 1200.0, "planner": 1200.0, "readability_eval": 1200.0, "ad_copy_gen_kor": 1200.0}
    now = world.began + timedelta(minutes=7)
    with reading(world.engine) as connection:
        usual = whole(connection, world.jobs, now)
    with writing(world.engine) as connection:
        connection.execute(update(facts_state).values(stall_timeouts=slow))
    fill(world, world.began)
    with reading(world.engine) as connection:
        assert assert_doors_agree(world, connection, now) != usual
    assert keep_timeouts(world.engine, now=now), "what was measured differs"
    with reading(world.engine) as connection:
        assert assert_doors_agree(world, connection, now) == usual


def test_the_terminal_tells_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert world.settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", world.settings.database_url.get_secret_value())
    listed = json.loads(_run("analyze", "--tenant-id", "one_status", "--limit", "200", "--json"))
    one = json.loads(_run("analyze", "--job-id", str(world.jobs[0]), "--json"))
    with reading(world.engine) as connection:
        said = whole(connection, world.jobs, datetime.now(UTC))
    assert {job["job_id"]: job["state"] for job in listed["items"]} == {
        str(job_id): status.state.value for job_id, status in said.items()
    }
    assert one["state"] == said[world.jobs[0]].state.value


def _run(*words: str) -> str:
    result = CliRunner().invoke(program(), list(words))
    assert result.exit_code == 0, result.output
    return result.stdout


def gallery_states(engine: Engine, now: datetime) -> dict[UUID, State]:
    with reading(engine) as connection:
        cards = gallery_page(connection, variant_source(connection, now), PictureFilters(), Order()).cards
    return {card.job_id: card.state for card in cards}


@pytest.fixture
def refreshed(engine: Engine, our_schema: None) -> Any:
    """The read model brought up to date; returns the gallery's states."""

    def ask(now: datetime) -> dict[UUID, State]:
        rebuild(engine, lambda done, total: None, now=now)
        return gallery_states(engine, now)

    return ask


def test_a_test_job_without_english_copy_is_complete_everywhere(engine: Engine, refreshed: Any) -> None:
    now = datetime.now(UTC)
    made = make_job(engine, step="iou_eval", created_at=now - timedelta(days=1))
    copies = t.txt_ad_copy_generations
    with writing(engine) as connection:
        connection.execute(delete(copies).where(copies.c.job_id == made.job_id))
    assert refreshed(now) == {made.job_id: State.COMPLETE}
    with reading(engine) as connection:
        assert sum(throughput(connection, now - timedelta(hours=12)).completed) == 1
        assert outcomes(connection, JobKind.FULL, [made.job_id], now)[made.job_id][0] is Outcome.COMPLETED


def test_a_job_whose_row_moved_on_after_its_post_is_complete_everywhere(
    engine: Engine, refreshed: Any
) -> None:
    now = datetime.now(UTC)
    made = make_job(engine, created_at=now - timedelta(days=1))
    with writing(engine) as connection:
        moved = {"current_step": "iou_eval", "status": "done", "updated_at": now}
        connection.execute(update(t.jobs).where(t.jobs.c.job_id == made.job_id).values(moved))
    assert refreshed(now) == {made.job_id: State.COMPLETE}


def test_a_variant_under_repair_has_not_failed_in_the_gallery(engine: Engine, refreshed: Any) -> None:
    now = datetime.now(UTC)
    made = make_job(engine, step="overlay", status="failed", variants=[("overlay", "failed")], created_at=now)
    assert refreshed(now) == {made.job_id: State.RETRYING}
    assert gallery_states(engine, now + timedelta(minutes=10)) == {made.job_id: State.FAILED}


def test_a_refined_copy_alone_is_an_english_copy_everywhere(engine: Engine) -> None:
    now = datetime.now(UTC)
    made = make_job(engine, step="iou_eval", created_at=now - timedelta(days=1))
    copies = t.txt_ad_copy_generations
    with writing(engine) as connection:
        mine = update(copies).where(
            copies.c.job_id == made.job_id, copies.c.generation_stage == "ad_copy_eng"
        )
        connection.execute(mine.values(generation_stage="refined_ad_copy"))
    with reading(engine) as connection:
        assert read_statuses(connection, [made.job_id], now)[made.job_id].job.state is State.STALLED
        assert [job.job_id for job in stalled_jobs(connection, Thresholds())] == [made.job_id]
