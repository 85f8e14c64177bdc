"""A job at rest, fired as the full pipeline tool does it, and the wait for what comes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

from PIL.PngImagePlugin import PngInfo
from sqlalchemy import Engine, func, select, update

from dashboard.demo.asset_store import SCENE_KEY
from dashboard.demo.food_photos import photo
from feedly_core.db.engine import reading, writing
from feedly_core.domain.tables import image_assets, jobs, jobs_variants
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
    stew = photo("stew", 0, seed=11, size=(480, 600))
    info = PngInfo()
    info.add_itxt(SCENE_KEY, json.dumps(stew.note))
    with writing(engine) as connection:
        url = connection.scalar(
            update(image_assets)
            .where(image_assets.c.image_asset_id == job.input_asset_id)
            .values(width=480, height=600)
            .returning(image_assets.c.image_url)
        )
        connection.execute(
            update(jobs_variants)
            .where(jobs_variants.c.job_id == job.job_id)
            .values(img_asset_id=job.input_asset_id)
        )
    stew.image.save(settings.assets_dir / url.removeprefix("/assets/"), pnginfo=info)
    return job


def fire(engine: Engine, job: MadeJob) -> None:
    """The pair of updates that tells YH that the picture is there."""
    for variant_id in job.variant_ids:
        for status in ("running", "done"):
            with writing(engine) as connection:
                connection.execute(
                    update(jobs_variants)
                    .where(jobs_variants.c.job_variants_id == variant_id)
                    .values(status=status, current_step="img_gen", updated_at=func.now())
                )


def job_state(engine: Engine, job_id: UUID) -> tuple[str, str]:
    with reading(engine) as connection:
        row = connection.execute(
            select(jobs.c.current_step, jobs.c.status).where(jobs.c.job_id == job_id)
        ).one()
        return row.current_step, row.status


def wait_for(engine: Engine, job_id: UUID, step: str, status: str = "done", timeout: float = 60) -> None:
    wait_until(lambda: job_state(engine, job_id) == (step, status), timeout, f"({step}, {status}) of the job")
