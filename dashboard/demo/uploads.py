"""Customers of the demo: photos uploaded through JS, which wakes YE and writes the copy meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

from sqlalchemy import Engine, create_engine, insert, update

from dashboard.demo.asset_store import AssetStore, Place
from dashboard.demo.food_photos import photo
from dashboard.demo.marker import require_demo
from dashboard.demo.sample_texts import DISHES, TONES
from dashboard.demo.seed_data import SHOPS, insert_seed_data, tone_id
from dashboard.demo.simulator.calls import Call, Calls
from dashboard.demo.simulator.pace import Pace, Stopped
from dashboard.demo.simulator.scenarios import Scenarios
from dashboard.demo.simulator.workers import StepWorker
from feedly_core.database_address import parse_address
from feedly_core.db.background import BackgroundWorker
from feedly_core.domain.pipeline import Status
from feedly_core.domain.tables import image_assets, job_inputs, jobs
from feedly_core.settings import Settings

SECONDS_BETWEEN = 6.0
JS_STEPS = ("kor_to_eng", "ad_copy_eng", "ad_copy_kor")

_log = logging.getLogger("feedly.demo")


class Uploads:
    """``count`` uploads, one after the other, in a thread of their own."""

    def __init__(
        self,
        url: str,
        assets_dir: Path,
        settings: Settings,
        count: int,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._asset_store = AssetStore(assets_dir)
        self._settings = settings
        self._count = count
        self._clock = clock
        self._done = 0
        self._engine = create_engine(
            parse_address(url), connect_args={"application_name": "feedly-simulator js"}
        )
        self._worker = BackgroundWorker("demo uploads", self._next, _log, ended=self._engine.dispose)
        self._pace = Pace(settings.demo_speed, self._worker.stopping)

    def start(self) -> None:
        self._worker.start()

    def stop(self, timeout: float = 5.0) -> None:
        self._worker.stop(timeout)

    def join(self) -> None:
        """Wait for the last upload."""
        self._worker.join()

    def _next(self) -> float:
        """The next upload; one that the database refuses is lost."""
        self._done += 1
        try:
            if self._done <= self._count:
                with self._engine.connect() as connection:
                    seed = require_demo(connection).seed
                self.upload(self._engine, seed, self._done)
        except Stopped:
            return 0.0
        finally:
            if self._done >= self._count:
                self._worker.finish()
        return self._pace.scaled(SECONDS_BETWEEN)

    def upload(self, engine: Engine, seed: int, number: int) -> UUID:
        """One upload and the three text steps after it.

        Three services then write the job concurrently.

        The UPDATE to (user_img_input, done) is the event that starts YE.
        """
        rng = Random(f"{seed}|upload|{self._clock().isoformat()}|{number}")
        job_id = self._register(engine, rng)
        with engine.begin() as connection:
            connection.execute(
                update(jobs)
                .where(jobs.c.job_id == job_id)
                .values(status=Status.DONE, current_step="user_img_input", updated_at=self._clock())
            )
        scenarios = Scenarios(seed, self._settings.demo_disorder, self._settings.demo_trouble)
        service = StepWorker(engine, Calls(), scenarios, self._asset_store, self._pace, self._clock)
        for step in JS_STEPS:
            service.serve(Call(step, job_id))
        return job_id

    def _register(self, engine: Engine, rng: Random) -> UUID:
        shop = rng.choice(SHOPS)
        dish = rng.choice([dish for dish in DISHES if dish.kind in shop.kinds])
        now, job_id, asset_id = self._clock(), uuid4(), uuid4()
        taken = photo(dish.kind, 0, rng.randrange(1_000_000))
        place = Place("js", shop.tenant_id, "original", now)
        url = self._asset_store.save(taken.image, place, asset_id, taken.note)
        width, height = taken.image.size
        with engine.begin() as connection:
            require_demo(connection)
            insert_seed_data(connection, now)
            connection.execute(
                insert(jobs).values(
                    job_id=job_id,
                    tenant_id=shop.tenant_id,
                    store_id=shop.store_id,
                    status=Status.QUEUED,
                    current_step="job_created",
                )
            )
            connection.execute(
                insert(image_assets).values(
                    image_asset_id=asset_id,
                    image_type="original",
                    image_url=url,
                    width=width,
                    height=height,
                    tenant_id=shop.tenant_id,
                    job_id=job_id,
                )
            )
            connection.execute(
                insert(job_inputs).values(
                    job_id=job_id,
                    img_asset_id=asset_id,
                    tone_style_id=tone_id(rng.choice(TONES)),
                    desc_kor=dish.desc_kor,
                )
            )
        return job_id
