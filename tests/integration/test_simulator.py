"""The simulator on a real database: it must do what the three services do."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg2
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import Engine, func, select, text, update

from feedly_core.database import driver_url, engine_url, reading, writing
from feedly_core.demo.album import SCENE_KEY
from feedly_core.demo.scenes import draw_scene
from feedly_core.demo.simulator import Simulator, SimulatorState
from feedly_core.demo.simulator.fates import Fate, Fates
from feedly_core.demo.simulator.reactions import MAX_JOB_RETRY_COUNT
from feedly_core.demo.uploads import Uploads
from feedly_core.domain.payloads.planner_layout import read_planner_layout
from feedly_core.domain.pipeline import LAST_STEP, STEPS, variants_complete
from feedly_core.domain.tables import (
    evaluations,
    gen_runs,
    gen_variants,
    image_assets,
    instagram_feeds,
    job_inputs,
    jobs,
    jobs_variants,
    llm_traces,
    overlay_layouts,
    planner_proposals,
    txt_ad_copy_generations,
    vlm_traces,
    yolo_runs,
)
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.waiting import wait_until


def resting_job(engine: Engine, settings: Settings, variants: int = 3) -> MadeJob:
    """As the full pipeline tool leaves it: all variants on the input picture, nothing fired."""
    job = make_job(
        engine,
        step="img_gen",
        variants=[("img_gen", "done")] * variants,
        created_at=datetime.now(UTC) - timedelta(minutes=5),
        assets_dir=settings.assets_dir,
    )
    scene = draw_scene(11, (480, 480), dish="stew")
    info = PngInfo()
    info.add_itxt(SCENE_KEY, json.dumps(scene.document()))
    with writing(engine) as conn:
        url = conn.scalar(
            update(image_assets)
            .where(image_assets.c.image_asset_id == job.input_asset_id)
            .values(width=480, height=480)
            .returning(image_assets.c.image_url)
        )
        conn.execute(
            update(jobs_variants)
            .where(jobs_variants.c.job_id == job.job_id)
            .values(img_asset_id=job.input_asset_id)
        )
    scene.image.save(settings.assets_dir / url.removeprefix("/assets/"), pnginfo=info)
    return job


def fire(engine: Engine, job: MadeJob) -> None:
    """The pair of updates that tells YH that the picture is there."""
    for variant_id in job.variant_ids:
        for status in ("running", "done"):
            with writing(engine) as conn:
                conn.execute(
                    update(jobs_variants)
                    .where(jobs_variants.c.job_variants_id == variant_id)
                    .values(status=status, current_step="img_gen", updated_at=func.now())
                )


def job_state(engine: Engine, job_id: UUID) -> tuple[str, str]:
    with reading(engine) as conn:
        row = conn.execute(select(jobs.c.current_step, jobs.c.status).where(jobs.c.job_id == job_id)).one()
        return row.current_step, row.status


def wait_for(engine: Engine, job_id: UUID, step: str, status: str = "done", timeout: float = 60) -> None:
    wait_until(lambda: job_state(engine, job_id) == (step, status), timeout, f"({step}, {status}) of the job")


def variants_are_complete(engine: Engine, job: MadeJob) -> bool:
    return variants_complete(_states(engine, job))


@contextmanager
def listening(settings: Settings) -> Iterator[Callable[[], list[str]]]:
    """The steps of every event of both channels, in the order in which they are heard."""
    url = engine_url(settings.database_url.get_secret_value())
    with closing(psycopg2.connect(driver_url(url))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("LISTEN job_state_changed")
            cursor.execute("LISTEN job_variant_state_changed")

        def heard() -> list[str]:
            connection.poll()
            notices, connection.notifies[:] = list(connection.notifies), []
            return [json.loads(notice.payload)["current_step"] for notice in notices]

        yield heard


def _states(engine: Engine, job: MadeJob) -> list[tuple[str, str]]:
    with reading(engine) as conn:
        rows = conn.execute(
            select(jobs_variants.c.current_step, jobs_variants.c.status).where(
                jobs_variants.c.job_id == job.job_id
            )
        )
        return [tuple(row) for row in rows]


def _variant_retries(engine: Engine, job: MadeJob) -> list[int]:
    with reading(engine) as conn:
        return list(
            conn.scalars(select(jobs_variants.c.retry_count).where(jobs_variants.c.job_id == job.job_id))
        )


def _retries(engine: Engine, job: MadeJob) -> int:
    with reading(engine) as conn:
        return conn.scalar(select(jobs.c.retry_count).where(jobs.c.job_id == job.job_id))


def _job_with(engine: Engine, settings: Settings, fates: Fates, fate: Fate, variants: int = 3) -> MadeJob:
    """A job whose id means this fate: made and thrown away until one does."""
    while True:
        job = resting_job(engine, settings, variants)
        if fates.of(job.job_id, job.tenant_id) is fate:
            return job


def _worker_sessions(engine: Engine) -> int:
    """Workers in the middle of a step: an open transaction that waits for its model."""
    with reading(engine) as conn:
        return conn.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name = 'feedly-simulator worker' AND state = 'idle in transaction'"
            )
        )


def test_a_fired_job_walks_to_its_feed_post(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulate(demo)
    job = resting_job(engine, demo)
    fire(engine, job)
    wait_for(engine, job.job_id, LAST_STEP)
    with reading(engine) as conn:
        states = conn.execute(select(jobs_variants.c.current_step, jobs_variants.c.status)).all()
        feeds = conn.execute(select(instagram_feeds)).all()
        overlays = conn.execute(select(overlay_layouts)).all()
        kinds = dict(
            conn.execute(
                select(evaluations.c.evaluation_type, func.count()).group_by(evaluations.c.evaluation_type)
            ).all()
        )
    assert states == [("iou_eval", "done")] * 3
    assert len(feeds) == 1
    assert kinds == {"ocr": 3, "readability": 3, "iou": 3}
    assert len(overlays) == 3


def test_rows_and_files_have_the_real_shapes(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulate(demo)
    job = resting_job(engine, demo, variants=1)
    fire(engine, job)
    wait_for(engine, job.job_id, LAST_STEP)
    with reading(engine) as conn:
        variant = conn.execute(select(jobs_variants)).one()
        overlay = conn.execute(select(overlay_layouts)).one()
        proposal = conn.execute(select(planner_proposals)).one()
        yolo = conn.execute(select(yolo_runs)).one()
        vlm = conn.execute(select(vlm_traces).order_by(vlm_traces.c.created_at)).all()
        metrics = dict(conn.execute(select(evaluations.c.evaluation_type, evaluations.c.metrics)).all())
        feed = conn.execute(select(instagram_feeds)).one()
        llm = conn.execute(select(llm_traces).where(llm_traces.c.provider.like("simulated%"))).all()
        assets = dict(conn.execute(select(image_assets.c.image_type, image_assets.c.image_url)).all())
    layout = read_planner_layout(proposal.layout)
    assert layout.proposals and not layout.unreadable
    assert proposal.image_asset_id == job.input_asset_id
    assert overlay.proposal_id == proposal.proposal_id
    chosen = (overlay.x_ratio, overlay.y_ratio, overlay.width_ratio, overlay.height_ratio)
    assert any(
        chosen == pytest.approx((p.box.x, p.box.y, p.box.width, p.box.height), abs=1e-4)
        for p in layout.proposals
    )
    render = overlay.layout["render"]
    assert render["asset_id"] == str(variant.overlaid_img_asset_id)
    assert 28 <= overlay.layout["font_size"] <= 96
    assert "".join(overlay.layout["wrapped_text"].split()) == "".join(overlay.layout["text"].split())
    assert [trace.operation_type for trace in vlm] == ["analyze", "judge"]
    assert {trace.provider for trace in vlm} == {"simulated-llava"}
    assert {trace.job_variants_id for trace in vlm} == {variant.job_variants_id}
    assert 1 <= metrics["readability"]["contrast_ratio"] <= 21
    assert 0 <= metrics["iou"]["iou_with_food"] <= 1
    assert metrics["ocr"]["original_text"] == overlay.layout["text"]
    assert yolo.model_name.startswith("simulated")
    assert {trace.operation_type for trace in llm} == {"eng_to_kor", "feed_gen"}
    tags = feed.hashtags.split(" ")
    assert 5 <= len(tags) <= 10
    assert all(tag.startswith("#") for tag in tags)
    for url in (assets["planner"], assets["overlaid"], yolo.forbidden_mask_url):
        path = demo.assets_dir / url.removeprefix("/assets/")
        with Image.open(path) as picture:
            picture.load()
        part, tenants, tenant, _kind, *_date, _name = path.relative_to(demo.assets_dir).parts
        assert (part, tenants, tenant) == ("yh", "tenants", job.tenant_id)


def test_an_upload_walks_through_all_three_services(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulate(demo)
    customers = Uploads(demo.database_url.get_secret_value(), demo.assets_dir, demo, 1)
    job_id = customers.upload(engine, 7, 1)
    wait_for(engine, job_id, LAST_STEP)
    with reading(engine) as conn:
        run = conn.execute(select(gen_runs)).one()
        pictures = conn.scalars(select(gen_variants.c.bg_asset_id).order_by(gen_variants.c.index)).all()
        variants = conn.execute(select(jobs_variants).order_by(jobs_variants.c.creation_order)).all()
        kinds = set(conn.scalars(select(image_assets.c.image_type)))
        stages = set(conn.scalars(select(txt_ad_copy_generations.c.generation_stage)))
        proposals = conn.scalars(select(overlay_layouts.c.proposal_id)).all()
        inputs = conn.execute(select(job_inputs)).one()
    assert run.status == "succeeded"
    assert (demo.assets_dir / run.plan_json_url.removeprefix("/assets/")).is_file()
    assert [variant.img_asset_id for variant in variants] == pictures
    assert [variant.selected for variant in variants] == [None, None, None]
    assert kinds == {
        "original",
        "pbg_cutout",
        "pbg_canvas",
        "pbg_mask",
        "pbg_generated",
        "planner",
        "overlaid",
    }
    assert stages == {"ad_copy_eng", "ad_copy_kor", "eng_to_kor"}
    assert proposals == [None, None, None], "planner files under the input picture, the overlay finds none"
    assert inputs.desc_eng


def test_running_is_invisible_but_the_row_is_locked(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    slow = demo.model_copy(update={"demo_speed": 1.0})
    simulate(slow)
    job = resting_job(engine, slow, variants=1)
    fire(engine, job)

    def locked() -> bool:
        with engine.connect() as conn:
            row = conn.execute(select(jobs_variants.c.status).with_for_update(skip_locked=True)).first()
            return row is None

    wait_until(locked, what="the lock of the variant in work")
    with reading(engine) as conn:
        row = conn.execute(select(jobs_variants.c.current_step, jobs_variants.c.status)).one()
    assert tuple(row) == ("img_gen", "done")


def test_the_listeners_look_like_the_real_ones(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulate(demo)
    with reading(engine) as conn:
        found = dict(
            conn.execute(
                text(
                    "SELECT application_name, query FROM pg_stat_activity"
                    " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
                )
            ).all()
        )
    assert found == {
        "feedly-simulator yh": "LISTEN job_variant_state_changed",
        "feedly-simulator ye": "LISTEN job_state_changed",
    }


def test_a_database_without_the_mark_is_left_alone(
    engine: Engine, settings: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulator = simulate(settings)
    wait_until(lambda: simulator.state is SimulatorState.REFUSED)
    job = resting_job(engine, settings)
    fire(engine, job)
    assert simulator.problem is not None
    assert "not marked as a demo" in str(simulator.problem)
    with reading(engine) as conn:
        assert set(conn.scalars(select(jobs_variants.c.current_step))) == {"img_gen"}
        assert conn.scalar(select(func.count()).select_from(vlm_traces)) == 0
        listening = conn.scalar(
            text("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'feedly-simulator%'")
        )
    assert listening == 0


def test_one_process_simulates_and_another_takes_over(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    first = simulate(demo)
    second = simulate(demo)
    wait_until(lambda: second.state is SimulatorState.STANDBY)
    assert first.state is SimulatorState.WORKING
    first.stop()
    wait_until(lambda: second.state is SimulatorState.WORKING)
    job = resting_job(engine, demo)
    fire(engine, job)
    wait_for(engine, job.job_id, LAST_STEP)


def test_stopping_is_prompt_and_a_restart_goes_on(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    slow = simulate(demo.model_copy(update={"demo_speed": 0.05}))
    job = resting_job(engine, demo)
    fire(engine, job)
    wait_until(lambda: _worker_sessions(engine) == 3, what="three workers at work")
    slow.stop(timeout=2)
    assert slow.state is SimulatorState.STOPPED
    assert _worker_sessions(engine) == 0
    with reading(engine) as conn:
        assert set(conn.execute(select(jobs_variants.c.current_step, jobs_variants.c.status)).all()) == {
            ("img_gen", "done")
        }
    simulate(demo)
    wait_for(engine, job.job_id, LAST_STEP)


def test_a_killed_server_connection_is_survived(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulate(demo)
    job = resting_job(engine, demo)
    with writing(engine) as conn:
        conn.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name LIKE 'feedly-simulator%'"
            )
        )
    fire(engine, job)
    wait_for(engine, job.job_id, LAST_STEP)


def test_jobs_at_rest_and_vanished_variants_do_no_harm(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    at_rest = resting_job(engine, demo)
    simulate(demo)
    job = resting_job(engine, demo)
    fire(engine, job)
    wait_for(engine, job.job_id, LAST_STEP)
    gone, fired = str(uuid4()), {"current_step": "img_gen", "status": "done"}
    with writing(engine) as conn:
        conn.execute(
            text("SELECT pg_notify('job_variant_state_changed', :payload)"),
            {"payload": json.dumps({"job_id": gone, "job_variants_id": gone, **fired})},
        )
        conn.execute(text("SELECT pg_notify('job_state_changed', 'no JSON')"))
    other = resting_job(engine, demo)
    fire(engine, other)
    wait_for(engine, other.job_id, LAST_STEP)
    assert job_state(engine, at_rest.job_id) == ("img_gen", "done")


@pytest.mark.parametrize("seed", [3, 12])
def test_wild_jobs_repeat_and_go_back_and_still_arrive(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator], seed: int
) -> None:
    """Recorded: 156 to 224 events, the job 7 to 13 times backwards, 18 to 34 evaluations where 9 would do.

    Here with room, because chance and the machine's load have a say.
    """
    simulate(demo.model_copy(update={"demo_disorder": 1.0, "demo_speed": 20.0, "demo_seed": seed}))
    job = resting_job(engine, demo)
    steps: list[str] = []
    with listening(demo) as heard:
        fire(engine, job)
        wait_for(engine, job.job_id, LAST_STEP)
        wait_until(
            lambda: steps.extend(heard()) or steps[-1:] == [LAST_STEP], timeout=60, what="the last event"
        )
    order = list(STEPS)
    backwards = sum(order.index(b) < order.index(a) for a, b in itertools.pairwise(steps))
    with reading(engine) as conn:
        written = conn.scalar(select(func.count()).select_from(evaluations))
        repaired = conn.scalars(select(jobs_variants.c.retry_count)).all()
        feeds = conn.scalar(select(func.count()).select_from(instagram_feeds))
    assert 90 <= len(steps) <= 400
    assert backwards >= 10
    assert written > 9
    assert max(repaired) >= 3
    assert 1 <= feeds <= 2
    assert variants_are_complete(engine, job)


def test_troubled_jobs_fail_repeat_or_get_stuck(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulate(demo.model_copy(update={"demo_trouble": 1.0}))
    fates = Fates(7, 0.0, 1.0)
    faltering = _job_with(engine, demo, fates, Fate.FALTERING)
    stuck = _job_with(engine, demo, fates, Fate.STUCK)
    for job in (faltering, stuck):
        fire(engine, job)
    wait_for(engine, faltering.job_id, LAST_STEP)
    assert max(_variant_retries(engine, faltering)) >= 1
    arrived = [("iou_eval", "done")] * 2
    wait_until(lambda: sorted(_states(engine, stuck))[:2] == arrived, 60, "two arrivals")
    assert ("vlm_analyze", "done") in _states(engine, stuck)


def test_a_job_whose_every_variant_fails_is_retried_until_the_retries_are_used_up(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulate(demo.model_copy(update={"demo_trouble": 1.0}))
    job = _job_with(engine, demo, Fates(7, 0.0, 1.0), Fate.HOPELESS, variants=1)
    fire(engine, job)
    wait_until(lambda: _retries(engine, job) == MAX_JOB_RETRY_COUNT, 60, "the last retry")
    wait_for(engine, job.job_id, "vlm_judge", "failed")


def test_the_same_order_gives_the_same_picture_and_scores(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulate(demo)
    results = []
    for _ in range(2):
        job = resting_job(engine, demo, variants=1)
        fire(engine, job)
        wait_for(engine, job.job_id, LAST_STEP)
        with reading(engine) as conn:
            row = conn.execute(
                select(overlay_layouts).where(overlay_layouts.c.job_variants_id == job.variant_ids[0])
            ).one()
            metrics = conn.execute(
                select(evaluations.c.evaluation_type, evaluations.c.metrics).where(
                    evaluations.c.overlay_id == row.overlay_id
                )
            ).all()
        picture = demo.assets_dir / row.layout["render"]["url"].removeprefix("/assets/")
        shown = {key: value for key, value in row.layout.items() if key != "render"}
        scores = {
            kind: {k: v for k, v in values.items() if k != "max_iou_detection_id"} for kind, values in metrics
        }
        results.append((shown, scores, Image.open(picture).tobytes()))
    assert results[0] == results[1]
