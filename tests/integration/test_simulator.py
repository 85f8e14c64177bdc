"""The simulator on a real database: it must do what the three services do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlalchemy import Engine, func, insert, select, text, update

from feedly_core.database import reading, writing
from feedly_core.demo.album import Album, Place
from feedly_core.demo.marker import mark
from feedly_core.demo.menu import DISHES, TONES
from feedly_core.demo.scenes import draw_scene
from feedly_core.demo.simulator import Simulator, SimulatorState
from feedly_core.demo.uploads import Uploads
from feedly_core.demo.world import SHOPS, furnish, tone_id
from feedly_core.domain.payloads.planner_layout import read_planner_layout
from feedly_core.domain.pipeline import LAST_STEP
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

SMOOTH = {"demo_speed": 100.0, "demo_disorder": 0.0, "demo_trouble": 0.0}


@pytest.fixture
def demo(engine: Engine, settings: Settings) -> Settings:
    """A marked and furnished database, everything smooth and fast."""
    with writing(engine) as conn:
        mark(conn, 7)
        furnish(conn, datetime.now(UTC))
    return settings.model_copy(update=SMOOTH)


@pytest.fixture
def simulate() -> Iterator[Callable[[Settings], Simulator]]:
    """Start a simulator; stopped after the test."""
    started: list[Simulator] = []

    def start(settings: Settings) -> Simulator:
        simulator = Simulator(settings.database_url.get_secret_value(), settings.assets_dir, settings)
        started.append(simulator)
        simulator.start()
        wait_until(lambda: simulator.state is not SimulatorState.STARTING, what="the simulator's start")
        return simulator

    yield start
    for simulator in started:
        simulator.stop()


def resting_job(engine: Engine, settings: Settings, variants: int = 3) -> MadeJob:
    """As the full pipeline tool leaves it: everything there, nothing fired."""
    return make_job(
        engine,
        step="img_gen",
        variants=[("img_gen", "done")] * variants,
        assets_dir=settings.assets_dir,
    )


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


def wait_for(engine: Engine, job_id: UUID, step: str, status: str = "done", timeout: float = 30) -> None:
    wait_until(
        lambda: job_state(engine, job_id) == (step, status), timeout, f"({step}, {status}) of the job"
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
