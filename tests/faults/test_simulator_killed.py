"""A simulator killed in the middle of its work: the next one takes up what it left."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, func, select, text, update

from dashboard.demo.marker import mark
from dashboard.demo.seed_data import insert_seed_data
from dashboard.demo.simulator import Simulator
from feedly_core.db.engine import reading, writing
from feedly_core.domain.pipeline import LAST_STEP
from feedly_core.domain.tables import jobs, jobs_variants
from feedly_core.settings import Settings
from tests.database_url import database_url_of
from tests.factories import make_job
from tests.waiting import wait_until

PROJECT = Path(__file__).parents[2]
SIMULATE = """
import sys, threading
from dashboard.demo.simulator import Simulator
from feedly_core.settings import load_settings
settings = load_settings()
Simulator(settings.database_url.get_secret_value(), settings.assets_dir, settings).start()
threading.Event().wait()
"""


def test_work_goes_on_after_kill_9(engine: Engine, settings: Settings) -> None:
    with writing(engine) as connection:
        mark(connection, 7)
        insert_seed_data(connection, datetime.now(UTC))
    job = make_job(
        engine,
        step="img_gen",
        variants=[("img_gen", "done")] * 3,
        created_at=datetime.now(UTC) - timedelta(minutes=5),
        assets_dir=settings.assets_dir,
    )
    first = _other_process(settings)
    try:
        wait_until(lambda: _workers(engine) is not None, 60, "the other process's connection")
        with writing(engine) as connection:
            connection.execute(
                update(jobs_variants)
                .where(jobs_variants.c.job_id == job.job_id)
                .values(status="running", updated_at=func.now())
            )
        with writing(engine) as connection:
            connection.execute(
                update(jobs_variants)
                .where(jobs_variants.c.job_id == job.job_id)
                .values(status="done", updated_at=func.clock_timestamp())
            )
        wait_until(lambda: _workers(engine) == 3, 60, "three workers in the middle of a step")
    finally:
        first.kill()
        first.wait()
    smooth = {"demo_speed": 100.0, "demo_disorder": 0.0, "demo_trouble": 0.0}
    assert settings.assets_dir is not None
    second = Simulator(database_url_of(settings), settings.assets_dir, settings.model_copy(update=smooth))
    second.start()
    try:
        wait_until(lambda: _state(engine, job.job_id) == (LAST_STEP, "done"), 60, "the job's end")
    finally:
        second.stop()


def _other_process(settings: Settings) -> subprocess.Popen[bytes]:
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(PROJECT),
        "DATABASE_URL": database_url_of(settings),
        "ASSETS_DIR": str(settings.assets_dir),
        "FEEDLY_DEMO_SPEED": "0.05",
        "FEEDLY_DEMO_DISORDER": "0",
        "FEEDLY_DEMO_TROUBLE": "0",
    }
    return subprocess.Popen([sys.executable, "-c", SIMULATE], env=environment, cwd=PROJECT)


def _workers(engine: Engine) -> int | None:
    """Steps in progress; None while the other process does not listen yet."""
    with reading(engine) as connection:
        rows = connection.execute(
            text(
                "SELECT application_name, state FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name LIKE 'feedly-simulator%'"
            )
        ).all()
    if ("feedly-simulator ye", "idle") not in [tuple(row) for row in rows]:
        return None
    return sum(1 for row in rows if row.state == "idle in transaction")


def _state(engine: Engine, job_id: object) -> tuple[str, str]:
    with reading(engine) as connection:
        row = connection.execute(
            select(jobs.c.current_step, jobs.c.status).where(jobs.c.job_id == job_id)
        ).one()
        return row.current_step, row.status
