"""Ours beside the old tool's way, in turns, on one database over one link."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest.mock import patch
from uuid import UUID

import psycopg2
from sqlalchemy import Connection, Engine, create_engine, func, select
from sqlalchemy.engine import make_url

from benchmarks import create_jobs, job_report, monitor_refresh
from benchmarks.ending import served
from benchmarks.figures import Figure
from benchmarks.measuring import Link, answered, linked, measured, plain_url
from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.demo.schema import create_schema
from feedly_core.db.engine import make_engine, reading
from feedly_core.db.job_rows import read_status_rows
from feedly_core.domain import tables as t
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures
from feedly_core.results.report import job_report as our_report
from feedly_core.settings import load_settings
from tests.factories import MadeJob, write_job

TENANT = "benchmark_of_reports"
VARIANTS = (1, 3, 30)
WATCHED = 10


def reports(link: Link, url: str, jobs: int) -> Iterator[Figure]:
    """A job's report and the monitor's refresh, at the size of this database."""
    for variants, job_id in _reported(link.engine).items():
        yield report_beside_old(link, url, jobs, variants, job_id)
    watched = _watched(link.engine)
    ids = [job.job_id for job in watched]
    with _old_engine(link, url) as old:
        yield answered(
            link,
            f"refresh of {WATCHED} watched jobs",
            jobs,
            lambda connection: read_status_rows(connection, ids),
            rounds=40,
            seconds=4,
            old=lambda: _in_turn(old, monitor_refresh.old_pattern, watched),
        )


def report_beside_old(link: Link, url: str, jobs: int, variants: int, job_id: UUID) -> Figure:
    """The report of one job of so many variants, in turns with the old script's statements."""
    with _old_engine(link, url) as old:
        return answered(
            link,
            f"job report, {variants} variants",
            jobs,
            lambda connection: our_report(connection, job_id),
            rounds=40,
            seconds=4,
            old=lambda: _in_turn(old, job_report.old_pattern, job_id),
        )


@contextmanager
def _old_engine(link: Link, url: str) -> Iterator[Engine]:
    """A client that is not ours: a plain engine over the same link."""
    engine = create_engine(make_url(plain_url(url, link)).set(drivername="postgresql+psycopg2"))
    try:
        yield engine
    finally:
        engine.dispose()


def _in_turn(engine: Engine, ask: Callable[..., None], what: object) -> None:
    with engine.connect() as connection:
        ask(connection, what)


def _reported(engine: Engine) -> dict[int, UUID]:
    """A job of each number of variants; written once."""
    jobs, variants = t.jobs.c, t.jobs_variants.c
    counted = (
        select(func.count(variants.job_variants_id), jobs.job_id)
        .join(t.jobs_variants, variants.job_id == jobs.job_id)
        .where(jobs.tenant_id == TENANT)
        .group_by(jobs.job_id)
    )
    with reading(engine) as connection:
        known = {int(row[0]): row[1] for row in connection.execute(counted)}
    return {
        number: known.get(number)
        or write_job(engine, variants=number, tenant=TENANT, own_pictures=True).job_id
        for number in VARIANTS
    }


def _watched(engine: Engine) -> list[MadeJob]:
    """The newest jobs with pictures, as somebody would watch them."""
    with reading(engine) as connection:
        newest = select(t.jobs.c.job_id).order_by(t.jobs.c.created_at.desc()).limit(WATCHED)
        return [_made(connection, job_id) for job_id in connection.scalars(newest)]


def _made(connection: Connection, job_id: UUID) -> MadeJob:
    columns = t.jobs_variants.c
    query = select(columns.job_variants_id, columns.img_asset_id).where(columns.job_id == job_id)
    variants, pictures = zip(*connection.execute(query), strict=True)
    return MadeJob(job_id, "", job_id, variants, pictures, (), ())


def creations(latency_ms: float | None, jobs: int = 40) -> Iterator[Figure]:
    """Creating a full job on a small database that survives a crash, with durable pictures and without."""
    with _durable_server() as (url, assets), linked(url, latency_ms) as link:
        for variants in (1, 3, 10):
            yield _creation(link, url, assets, variants, jobs, "")
        with patch.object(os, "fsync", lambda _file: None):
            yield _creation(link, url, assets, 3, jobs, ", pictures not synced")


def _creation(link: Link, url: str, assets: Path, variants: int, jobs: int, how: str) -> Figure:
    settings = load_settings(DATABASE_URL=plain_url(url, link), ASSETS_DIR=assets)
    order = JobRequest(JobKind.FULL, create_jobs.TENANT, sample_pictures()[:1], "국", variants, start=False)
    picture = order.pictures[0].content
    with closing(psycopg2.connect(plain_url(url, link))) as connection:
        return measured(
            link,
            f"create a job of {variants} variants{how}",
            0,
            lambda: create_jobs.new_job(link.engine, order, settings),
            rounds=jobs,
            seconds=3,
            old=lambda: create_jobs.old_pattern(connection, assets, variants, picture),
        )


@contextmanager
def _durable_server() -> Iterator[tuple[str, Path]]:
    with tempfile.TemporaryDirectory(prefix="feedly-benchmark-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        with served(EmbeddedPostgres(home)) as server:
            url = server.create_database("creation")
            engine = make_engine(load_settings(DATABASE_URL=url))
            with engine.begin() as connection:
                create_schema(connection)
            engine.dispose()
            yield url, home
