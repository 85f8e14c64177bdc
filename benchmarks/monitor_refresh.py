"""Statements and milliseconds of one refresh of the board, beside the old monitor's pattern.

The old script asked five questions for each variant at every poll, and knew one job. Here it is
repeated for each watched job, as one would have to run it. ``make bench-live`` prints both.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, event, text

from benchmarks.ending import ending_within, served
from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.demo.schema import create_schema
from feedly_core.db.engine import make_engine, reading, writing
from feedly_core.db.job_rows import read_status_rows
from feedly_core.settings import load_settings
from tests.factories import MadeJob, make_job

ROUNDS = 20
WITHIN_S = 300
OLD_QUESTIONS = (
    "SELECT status, current_step, updated_at FROM jobs_variants WHERE job_variants_id = :variant",
    "SELECT layout FROM planner_proposals WHERE image_asset_id = :picture ORDER BY created_at DESC LIMIT 1",
    "SELECT image_url FROM image_assets WHERE image_asset_id = :picture",
    "SELECT overlaid_img_asset_id FROM jobs_variants WHERE job_variants_id = :variant",
    "SELECT layout FROM overlay_layouts WHERE job_variants_id = :variant ORDER BY created_at DESC LIMIT 1",
)


def main() -> None:
    with ending_within(WITHIN_S), tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        with served(EmbeddedPostgres(home)) as server:
            engine = make_engine(load_settings(DATABASE_URL=server.create_database("bench")))
            try:
                _compare(engine)
            finally:
                engine.dispose()


def _compare(engine: Engine) -> None:
    with writing(engine) as connection:
        create_schema(connection)
    jobs = [_walking(engine) for _ in range(100)]
    print("watched jobs   board: statements, ms    old pattern: statements, ms")
    for count in (1, 10, 100):
        ids = [job.job_id for job in jobs[:count]]
        ours = _timed(engine, partial(read_status_rows, job_ids=ids))
        old = _timed(engine, partial(old_pattern, jobs=jobs[:count]))
        print(f"{count:12}   {ours[0]:17} {ours[1]:5.1f}   {old[0]:23} {old[1]:6.1f}")


def _walking(engine: Engine) -> MadeJob:
    states = [("overlay", "done"), ("planner", "done"), ("ocr_eval", "done")]
    return make_job(engine, step="overlay", status="running", variants=states)


def old_pattern(connection: Connection, jobs: list[MadeJob]) -> None:
    for job in jobs:
        connection.execute(
            text("SELECT status, current_step FROM jobs WHERE job_id = :job"), {"job": job.job_id}
        )
        for variant, picture in zip(job.variant_ids, job.picture_ids, strict=True):
            for question in OLD_QUESTIONS:
                connection.execute(text(question), {"variant": variant, "picture": picture}).all()


def _timed(engine: Engine, question: Callable[[Connection], object]) -> tuple[int, float]:
    """Statements of one refresh, and the median of its milliseconds."""
    sent = 0

    def count(*_: object) -> None:
        nonlocal sent
        sent += 1

    milliseconds = []
    with reading(engine) as connection:
        question(connection)
        event.listen(engine, "before_cursor_execute", count)
        for _ in range(ROUNDS):
            began = time.perf_counter()
            question(connection)
            milliseconds.append((time.perf_counter() - began) * 1000)
        event.remove(engine, "before_cursor_execute", count)
    return sent // ROUNDS, statistics.median(milliseconds)


if __name__ == "__main__":
    main()
