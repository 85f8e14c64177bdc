"""Jobs a second and round trips a job, beside a loop in the old scripts' pattern: a commit a row group.

    python -m benchmarks.create_jobs [--jobs 100] [--round-trip-ms 2]

Both write the same rows into a fresh embedded PostgreSQL (fsync on, as shipped) and store one picture a
job; only the new one syncs picture and folder to the disk. Starting is left out: the old script sleeps 0.2 s
a variant there. On this machine a round trip costs next to nothing; ``--round-trip-ms`` adds a network.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg2
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url

from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.demo.schema import create_schema
from feedly_core.db.engine import make_engine
from feedly_core.jobs.create import create_job
from feedly_core.jobs.request import AdCopy, JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures
from feedly_core.jobs.storage import assets_folder
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings, load_settings
from tests.faults.proxy import Proxy

TENANT = "pipeline_test_tenant_v2"
OPERATOR = Person("benchmark", Role.OPERATOR)


class Counting(psycopg2.extensions.connection):
    """Counts the commits; its cursors count the statements."""

    statements = 0
    commits = 0

    def cursor(self, *args: object, **kwargs: object) -> psycopg2.extensions.cursor:
        return super().cursor(*args, cursor_factory=CountingCursor, **kwargs)

    def commit(self) -> None:
        Counting.commits += 1
        super().commit()


class CountingCursor(psycopg2.extensions.cursor):
    def execute(self, *args: object) -> None:
        Counting.statements += 1
        super().execute(*args)


def old_pattern(connection: Counting, assets: Path, variants: int, picture: bytes) -> None:
    """The statements of the old script for the full pipeline, commit for commit."""
    job, asset = str(uuid4()), str(uuid4())
    copy = AdCopy()
    with connection.cursor() as cursor:

        def run(statement: str, *values: object) -> None:
            cursor.execute(statement, values)

        run(
            "INSERT INTO tenants (tenant_id, display_name) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            TENANT,
            TENANT,
        )
        connection.commit()
        path = assets / f"{asset}.png"
        path.write_bytes(picture)
        run("SELECT tone_style_id FROM tone_styles LIMIT 1")
        run("SELECT store_id FROM stores LIMIT 1")
        run(
            "INSERT INTO jobs (job_id, tenant_id, status, current_step) VALUES (%s, %s, 'done', 'img_gen')",
            job,
            TENANT,
        )
        run(
            "INSERT INTO image_assets"
            " (image_asset_id, image_type, image_url, width, height, tenant_id, job_id)"
            " VALUES (%s, 'generated', %s, 1080, 1080, %s, %s)",
            asset,
            f"/assets/{asset}.png",
            TENANT,
            job,
        )
        connection.commit()
        run("INSERT INTO job_inputs (job_id, img_asset_id, desc_kor) VALUES (%s, %s, %s)", job, asset, "국")
        connection.commit()
        for stage, english, korean in (
            ("kor_to_eng", copy.kor_to_eng, None),
            ("ad_copy_eng", copy.ad_copy_eng, None),
            ("ad_copy_kor", None, copy.ad_copy_kor),
        ):
            run(
                "INSERT INTO txt_ad_copy_generations"
                " (job_id, generation_stage, ad_copy_eng, ad_copy_kor, status)"
                " VALUES (%s, %s, %s, %s, 'done')",
                job,
                stage,
                english,
                korean,
            )
            connection.commit()
        for number in range(1, variants + 1):
            run(
                "INSERT INTO jobs_variants (job_id, img_asset_id, creation_order, status, current_step)"
                " VALUES (%s, %s, %s, 'done', 'img_gen')",
                job,
                asset,
                number,
            )
        connection.commit()


def main(jobs: int, round_trip_s: float) -> None:
    home = Path(tempfile.mkdtemp(prefix="feedly-benchmark-"))
    home.chmod(0o755)
    server = EmbeddedPostgres(home)
    server.start()
    local = make_url(server.create_database("benchmark"))
    proxy = Proxy(Path(str(local.query["host"])) / f".s.PGSQL.{local.query['port']}", round_trip_s / 2)
    url = (
        local.set(host="127.0.0.1", port=proxy.port, query={}).render_as_string()
        if round_trip_s
        else str(local)
    )
    try:
        with make_engine(load_settings(DATABASE_URL=str(local))).begin() as connection:
            create_schema(connection)
        for variants in (1, 3, 10):
            print(_line(url, home, variants, jobs))
    finally:
        proxy.close()
        server.stop(even_if_used=True)


def _line(url: str, assets: Path, variants: int, jobs: int) -> str:
    """Both in turn, so that a busy machine troubles them alike."""
    settings = load_settings(DATABASE_URL=url, ASSETS_DIR=assets)
    engine = make_engine(settings)
    order = JobRequest(JobKind.FULL, TENANT, sample_pictures()[:1], "국", variants, start=False)
    trips = _count_trips(engine)
    old = psycopg2.connect(url, connection_factory=Counting)
    Counting.statements = Counting.commits = 0
    new_s = old_s = 0.0
    for _ in range(jobs):
        new_s += measure(lambda: new_job(engine, order, settings))
        old_s += measure(lambda: old_pattern(old, assets, variants, order.pictures[0].content))
    old.close()
    engine.dispose()
    # psycopg2 opens each transaction with a round trip of its own.
    old_trips = (Counting.statements + 2 * Counting.commits) / jobs
    writing = sum(len(each) for each in trips if any("INSERT" in one for one in each)) / jobs
    in_all = sum(map(len, trips)) / jobs
    return (
        f"{variants:>2} variants | new {jobs / new_s:6.1f} jobs/s, {writing:.0f} round trips in its one"
        f" writing transaction, {in_all:.0f} in all | old {jobs / old_s:6.1f} jobs/s,"
        f" {old_trips:.0f} round trips, {Counting.commits / jobs:.0f} commits"
    )


def _count_trips(engine: Engine) -> list[list[str]]:
    """Filled later: what each transaction sends, BEGIN and COMMIT too."""
    transactions: list[list[str]] = []

    def sent(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        transactions[-1].append(statement)

    event.listen(engine, "begin", lambda _: transactions.append(["BEGIN"]))
    event.listen(engine, "commit", lambda _: transactions[-1].append("COMMIT"))
    event.listen(engine, "before_cursor_execute", sent)
    return transactions


def new_job(engine: Engine, order: JobRequest, settings: Settings) -> None:
    create_job(
        engine,
        order,
        key=uuid4(),
        assets_dir=assets_folder(settings),
        person=OPERATOR,
        settings=settings,
        now=datetime.now(UTC),
    )


def measure(make: Callable[[], None]) -> float:
    """Seconds for one job."""
    begin = time.perf_counter()
    make()
    return time.perf_counter() - begin


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--round-trip-ms", type=float, default=0.0)
    arguments = parser.parse_args()
    main(arguments.jobs, arguments.round_trip_ms / 1000)
