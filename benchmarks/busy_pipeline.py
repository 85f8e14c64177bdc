"""A database that a team has used for a while, and jobs that move in it at a steady pace."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from sqlalchemy import Engine, text

from dashboard.demo.schema import create_schema
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine, writing
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES
from feedly_core.settings import load_settings
from tests.factories import make_job
from tests.generated import generate_jobs
from tests.moving_job import MovingJob, insert_job

OLD_JOBS = 2000
SEEN_JOBS = 30
"""Finished jobs with pictures, for viewers to open."""
IN_FLIGHT = 20
MOVES = 60
"""Of one variant: 180 a job, as real ones with their retries (156 to 224)."""


def used_database(engine: Engine, assets_dir: Path, events_per_s: float) -> list[UUID]:
    """Lay the schema and fill it; returns jobs worth opening. What lingers on the board after ten minutes
    of this pace is there from the start, so that memory does not grow for that reason."""
    with writing(engine) as connection:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        create_schema(connection)
        generate_jobs(connection, OLD_JOBS)
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in ("jobs", "jobs_variants"):
            connection.execute(
                text(
                    f"UPDATE {table} SET created_at = created_at - interval '9 days',"
                    " updated_at = updated_at - interval '9 days'"
                )
            )
    own_schema.install(engine)
    now = datetime.now(UTC)
    made = [
        make_job(engine, assets_dir=assets_dir, created_at=now - timedelta(hours=number + 1))
        for number in range(SEEN_JOBS)
    ]
    with writing(engine) as connection:
        lingering = int(600 * events_per_s / (3 * MOVES))
        for number in range(lingering):
            insert_job(
                connection, step="instagram_feed_gen", minutes_old=10 * number / lingering, with_copy=False
            )
    return [job.job_id for job in made]


class BusyPipeline:
    """A process that moves ``IN_FLIGHT`` jobs, ``events_per_s`` in all; a new one follows a finished one."""

    def __init__(self, url: str, events_per_s: float) -> None:
        self._moved = multiprocessing.Value("l", 0)
        self._process = multiprocessing.Process(
            target=_move_on, args=(url, events_per_s, self._moved), daemon=True
        )

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.join()

    @property
    def moved(self) -> int:
        """Events so far."""
        return int(self._moved.value)


def _move_on(url: str, events_per_s: float, moved: multiprocessing.sharedctypes.Synchronized[int]) -> None:
    engine = make_engine(load_settings(DATABASE_URL=url), application_name="soak pipeline")
    rng = random.Random(1)
    flying = [_new(engine, rng) for _ in range(IN_FLIGHT)]
    began = time.monotonic()
    while True:
        place = rng.randrange(IN_FLIGHT)
        if next(flying[place], None) is None:
            flying[place] = _new(engine, rng)
        moved.value += 1
        time.sleep(max(0.0, began + moved.value / events_per_s - time.monotonic()))


def _new(engine: Engine, rng: random.Random) -> Iterator[bool]:
    """The moves of one job, one each time it is asked; backwards now and then, as real ones do."""
    with writing(engine) as connection:
        job_id, variant_ids = insert_job(connection)
    job = MovingJob(engine, job_id, variant_ids)
    for number in range(MOVES):
        for variant in range(3):
            reached = number * len(VARIANT_STEP_NAMES) // MOVES
            step = VARIANT_STEP_NAMES[max(0, reached - (rng.random() < 0.2))]
            job.move(variant, step, ("running", "done")[number % 2])
            yield True
    job.move_job("instagram_feed_gen", "done")
