"""The simulator on a real database: it must do what the three services do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image
from sqlalchemy import Engine, func, select, text

from dashboard.demo.simulator import Simulator
from dashboard.demo.uploads import Uploads
from feedly_core.db.engine import reading
from feedly_core.domain.payloads.planner_layout import read_planner_layout
from feedly_core.domain.pipeline import LAST_STEP
from feedly_core.domain.tables import (
    evaluations,
    gen_runs,
    gen_variants,
    image_assets,
    instagram_feeds,
    job_inputs,
    jobs_variants,
    llm_traces,
    overlay_layouts,
    planner_proposals,
    txt_ad_copy_generations,
    vlm_traces,
    yolo_runs,
)
from feedly_core.settings import Settings
from tests.database_url import database_url_of
from tests.trigger_events import fire, resting_job, wait_for
from tests.waiting import wait_until


def test_a_fired_job_walks_to_its_feed_post(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulate(demo)
    job = resting_job(engine, demo)
    fire(engine, job)
    wait_for(engine, job.job_id, LAST_STEP)
    with reading(engine) as connection:
        states = connection.execute(select(jobs_variants.c.current_step, jobs_variants.c.status)).all()
        feeds = connection.execute(select(instagram_feeds)).all()
        overlays = connection.execute(select(overlay_layouts)).all()
        kinds: dict[str, int] = dict(
            connection.execute(
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
    with reading(engine) as connection:
        variant = connection.execute(select(jobs_variants)).one()
        overlay = connection.execute(select(overlay_layouts)).one()
        proposal = connection.execute(select(planner_proposals)).one()
        yolo = connection.execute(select(yolo_runs)).one()
        vlm = connection.execute(select(vlm_traces).order_by(vlm_traces.c.created_at)).all()
        metrics = dict(connection.execute(select(evaluations.c.evaluation_type, evaluations.c.metrics)).all())
        feed = connection.execute(select(instagram_feeds)).one()
        llm = connection.execute(select(llm_traces).where(llm_traces.c.provider.like("simulated%"))).all()
        assets = dict(connection.execute(select(image_assets.c.image_type, image_assets.c.image_url)).all())
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
    assert demo.assets_dir is not None
    customers = Uploads(database_url_of(demo), demo.assets_dir, demo, 1)
    job_id = customers.upload(engine, 7, 1)
    wait_for(engine, job_id, LAST_STEP)
    with reading(engine) as connection:
        run = connection.execute(select(gen_runs)).one()
        pictures = connection.scalars(select(gen_variants.c.bg_asset_id).order_by(gen_variants.c.index)).all()
        variants = connection.execute(select(jobs_variants).order_by(jobs_variants.c.creation_order)).all()
        kinds = set(connection.scalars(select(image_assets.c.image_type)))
        stages = set(connection.scalars(select(txt_ad_copy_generations.c.generation_stage)))
        proposals = connection.scalars(select(overlay_layouts.c.proposal_id)).all()
        inputs = connection.execute(select(job_inputs)).one()
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
        with engine.connect() as connection:
            row = connection.execute(select(jobs_variants.c.status).with_for_update(skip_locked=True)).first()
            return row is None

    wait_until(locked, what="the lock of the variant in work")
    with reading(engine) as connection:
        row = connection.execute(select(jobs_variants.c.current_step, jobs_variants.c.status)).one()
    assert tuple(row) == ("img_gen", "done")


def test_the_listeners_look_like_the_real_ones(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulate(demo)
    with reading(engine) as connection:
        found: dict[str, str] = dict(
            connection.execute(
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


def test_the_same_order_gives_the_same_picture_and_scores(
    engine: Engine, demo: Settings, simulate: Callable[[Settings], Simulator]
) -> None:
    simulate(demo)
    results = []
    for _ in range(2):
        job = resting_job(engine, demo, variants=1)
        fire(engine, job)
        wait_for(engine, job.job_id, LAST_STEP)
        with reading(engine) as connection:
            row = connection.execute(
                select(overlay_layouts).where(overlay_layouts.c.job_variants_id == job.variant_ids[0])
            ).one()
            metrics = connection.execute(
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
