"""The made-up history: complete, varied, the same for a seed, and only on a demo database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from dashboard.demo.asset_store import AssetStore
from dashboard.demo.history import PastJob
from dashboard.demo.marker import mark
from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.demo.sample_data import JOBS, TROUBLES, load_sample, make_plans
from dashboard.demo.sample_goals import SET_NAME, keep_sample_set
from dashboard.demo.simulator.scenarios import Scenario
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Order, gallery_page
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import make_engine, reading, writing
from feedly_core.domain.pipeline import LAST_STEP
from feedly_core.domain.tables import (
    evaluations,
    gen_models,
    gen_runs,
    image_assets,
    instagram_feeds,
    jobs,
    jobs_variants,
    llm_models,
    llm_traces,
    metadata,
    pbg_prompt_assets,
    vlm_traces,
    yolo_runs,
)
from feedly_core.errors import DemoRefused
from feedly_core.golden_sets.facts import USUAL
from feedly_core.golden_sets.sets import find_set
from feedly_core.i18n import Message
from feedly_core.reviews.judged_pictures import judged_pictures
from feedly_core.reviews.limit_tuning import score_verdicts
from feedly_core.reviews.meetings import recent
from feedly_core.reviews.minutes import minutes
from feedly_core.reviews.preference import preference_report
from feedly_core.reviews.queue import items
from feedly_core.reviews.round_figures import round_opinions
from feedly_core.reviews.rounds import rounds
from feedly_core.reviews.taps import Attribute, taps
from feedly_core.reviews.winners import winners
from feedly_core.settings import Settings, load_settings

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
SOME = 14


def quiet(fraction: float, sentence: Message) -> None:
    pass


def loaded(engine: Engine, assets_dir: Path) -> int:
    with writing(engine) as connection:
        mark(connection, 7)
    return load_sample(engine, assets_dir, 7, quiet, now=NOW, jobs_wanted=SOME)


@dataclass(frozen=True)
class Loaded:
    """A database with the first fourteen jobs of the history, and the folder of their pictures."""

    engine: Engine
    assets: Path


@pytest.fixture(scope="module")
def history(
    postgres: EmbeddedPostgres, own_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    """Loaded once for all who only read it."""
    assets = tmp_path_factory.mktemp("history")
    engine = make_engine(load_settings(DATABASE_URL=postgres.create_database("history", own_template)))
    assert loaded(engine, assets) == SOME
    yield Loaded(engine, assets)
    engine.dispose()


def test_an_unmarked_database_gets_neither_rows_nor_files(engine: Engine, settings: Settings) -> None:
    assert settings.assets_dir is not None
    with pytest.raises(DemoRefused):
        load_sample(engine, settings.assets_dir, 7, quiet, now=NOW, jobs_wanted=SOME)
    with reading(engine) as connection:
        for table in metadata.sorted_tables:
            assert connection.scalar(select(func.count()).select_from(table)) == 0
    assert list(settings.assets_dir.iterdir()) == []


def test_every_picture_of_a_row_is_on_disk(history: Loaded) -> None:
    with reading(history.engine) as connection:
        urls = [
            *connection.scalars(select(image_assets.c.image_url)),
            *connection.scalars(select(yolo_runs.c.forbidden_mask_url)),
        ]
        finished = connection.scalar(
            select(func.count()).select_from(jobs).where(jobs.c.current_step == LAST_STEP)
        )
        feeds = connection.execute(select(func.count()).select_from(instagram_feeds)).scalar_one()
    assert urls
    for url in urls:
        assert (history.assets / url.removeprefix("/assets/")).is_file(), url
    assert finished == feeds > 0


def test_what_no_model_has_said_is_marked_as_simulated(history: Loaded) -> None:
    names = (
        vlm_traces.c.provider,
        llm_traces.c.provider,
        yolo_runs.c.model_name,
        evaluations.c.metrics["recognizer"].astext,
        gen_runs.c.prompt_version,
        pbg_prompt_assets.c.prompt_version,
        llm_models.c.model_name,
        gen_models.c.name,
    )
    with reading(history.engine) as connection:
        for name in names:
            named = select(name).where(name.is_not(None))
            found = set(connection.scalars(named))
            assert found and all(str(one).startswith("simulated") for one in found), name
        read = select(func.count()).where(evaluations.c.evaluation_type == "ocr")
        assert connection.scalar(read.where(evaluations.c.metrics["recognizer"].is_(None))) == 0


def test_it_is_loaded_once(history: Loaded) -> None:
    assert loaded(history.engine, history.assets) == 0
    with reading(history.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(jobs)) == SOME


def test_the_seed_decides_everything_but_the_dates() -> None:
    later = [plan.started_at for plan in make_plans(7, NOW + timedelta(days=3))]
    assert [plan.started_at + timedelta(days=3) for plan in make_plans(7, NOW)] == later
    assert [plan.job_id for plan in make_plans(7, NOW)] == [plan.job_id for plan in make_plans(7, NOW)]
    assert [plan.dish for plan in make_plans(7, NOW)] != [plan.dish for plan in make_plans(8, NOW)]


def test_telling_a_job_again_gives_the_same_rows_and_files(tmp_path: Path) -> None:
    plan = next(plan for plan in make_plans(7, NOW) if plan.uploaded)
    done = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        rows = [(row.table.name, row.values) for row in PastJob(plan, AssetStore(folder), 7).rows()]
        files = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        done.append((rows, files))
    assert done[0] == done[1]
    assert done[0][1]


def test_the_history_is_varied() -> None:
    plans = make_plans(7, NOW)
    assert len(plans) == JOBS
    assert {plan.scenario for plan in plans} == set(Scenario) - {Scenario.UNSTORED}, (
        "a lost row happens live only"
    )
    assert len({plan.shop for plan in plans}) == 3
    assert len({plan.tone for plan in plans}) == 8
    assert {plan.version for plan in plans} == {"1.8.0", "1.9.0"}
    assert {plan.uploaded for plan in plans} == {True, False}
    assert all(NOW - timedelta(days=14) < plan.started_at < NOW for plan in plans)
    assert [plan.halted is not None for plan in plans] == [False] * (JOBS - 3) + [True] * 3


def test_jobs_in_trouble_rest_where_real_ones_do(history: Loaded) -> None:
    """The first stuck job (number 9) is among the first twelve."""
    assert TROUBLES[9] is Scenario.STUCK
    stuck = make_plans(7, NOW, SOME)[8]
    with reading(history.engine) as connection:
        job = connection.execute(select(jobs).where(jobs.c.job_id == stuck.job_id)).one()
        states = connection.execute(
            select(jobs_variants.c.current_step, jobs_variants.c.status).where(
                jobs_variants.c.job_id == stuck.job_id
            )
        ).all()
    assert (job.current_step, job.status) == ("iou_eval", "running")
    assert sorted(map(tuple, states)) == [("iou_eval", "done"), ("iou_eval", "done"), ("vlm_analyze", "done")]


def test_people_have_judged_chosen_and_met(history: Loaded) -> None:
    with reading(history.engine) as connection:
        source = variant_source(connection, datetime.now(UTC))
        finished = gallery_page(connection, source, PictureFilters(finished=True), Order(), None, 1000)
        shown = items(connection, finished.cards)
        (meeting,) = recent(connection)
        done = minutes(connection, source, meeting.meeting_id)
        won = winners(connection, {item.picture.job_id for item in shown})
        said = judged_pictures(connection, source, PictureFilters())
        tapped = taps(connection, source, PictureFilters())
        (held,) = rounds(connection)
        opinions = round_opinions(connection, held.round_id)
    assert {each.left for each in tapped} == {True, False}
    assert preference_report(tapped, Attribute.FONT).compared, "fonts of a job differ"
    assert 0 < held.given < held.wanted
    assert {each.person for each in opinions} == set(held.people)
    waiting = [item for item in shown if not item.said]
    assert 0 < len(waiting) < len(shown), "some pictures still wait for a verdict"
    accuracy = score_verdicts(said, "overall").best().held_out.accuracy.value
    assert accuracy is not None
    assert accuracy > 0.65, "people and scores mostly agree, so that a limit can be seen"
    assert meeting.ended_at is not None
    assert meeting.ended_at < NOW
    assert [point.decision is not None for point in done.points] == [True] * 5 + [False]
    assert any(winner.people for winner in won.values())
    assert len(done.present) == 3
    assert all("reviewer" in name for name in done.present)
    made = {item.picture.job_id: item.picture.created_at for item in shown}
    moments = [(said.job_id, said.at) for item in shown for said in item.said]
    moments += [(job_id, choice.at) for job_id, winner in won.items() for choice in winner.people]
    assert all((made[job_id] or NOW) < at < NOW for job_id, at in moments)


def test_a_golden_set_of_approved_dishes_can_be_run(history: Loaded) -> None:
    keep_sample_set(history.engine, load_settings(ASSETS_DIR=history.assets), NOW)
    with reading(history.engine) as connection:
        golden = find_set(connection, SET_NAME)
    dishes = [order.description for order in golden.orders]
    assert len(dishes) == len(set(dishes)) > 1
    assert all(order.facts == USUAL[:2] for order in golden.orders)
