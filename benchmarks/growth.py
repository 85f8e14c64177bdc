"""Gallery, trends and job report on a grown database: ``make bench-growth`` (minutes, several GB of disk).

Writes ``--jobs`` generated jobs into an embedded server of its own, fills the read model, then asks
random questions. Prints p50, p95 and the slowest of each, in milliseconds.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select, text

from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.demo.schema import create_schema
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import (
    RANGES,
    SORTS,
    Order,
    count_matches,
    gallery_page,
    histogram,
)
from feedly_core.analytics.gallery_groups import tones_named
from feedly_core.analytics.refresher import rebuild, refresh
from feedly_core.analytics.trends import By, trend
from feedly_core.analytics.variant_source import VariantSource, variant_source
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine, reading
from feedly_core.db.own_schema.facts import SCORE_COLUMNS
from feedly_core.domain.tables import jobs
from feedly_core.results.report import job_report
from feedly_core.settings import load_settings
from tests.generated import generate_jobs

QUESTIONS = 200
CAMPAIGN = UUID(int=1)
SEOUL = ZoneInfo("Asia/Seoul")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=300_000)
    parser.add_argument("--home", type=Path, help="keep the database here, for another run")
    given = parser.parse_args()
    home = given.home or Path(tempfile.mkdtemp(prefix="feedly-growth-"))
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    server = EmbeddedPostgres(home, {"shared_buffers": "512MB", "max_wal_size": "8GB"})
    server.start()
    url = server.create_database("growth")
    engine = make_engine(load_settings(DATABASE_URL=url, FEEDLY_STATEMENT_TIMEOUT_MS=600_000))
    try:
        _fill(engine, given.jobs)
        _measure(engine)
    finally:
        engine.dispose()
        server.stop()


def _fill(engine: Engine, wanted: int) -> None:
    with engine.begin() as connection:
        if not own_schema.installed(connection):
            began = time.perf_counter()
            create_schema(connection)
            generate_jobs(connection, wanted)
            print(f"{wanted:,} jobs written in {time.perf_counter() - began:.0f} s")
    own_schema.install(engine)
    _judge_and_campaign(engine, wanted)
    with reading(engine) as connection:
        known = variant_source(connection, datetime.now(UTC))
    if known.refreshed_at is None:
        began = time.perf_counter()
        written = rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
        print(f"read model of {written:,} variants filled in {time.perf_counter() - began:.0f} s")
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def _judge_and_campaign(engine: Engine, wanted: int) -> None:
    """One picture of thirty is judged; a campaign made one job of three hundred."""
    with engine.begin() as connection:
        if connection.scalar(select(own_schema.campaigns.c.campaign_id).limit(1)):
            return
        connection.execute(
            text(
                "INSERT INTO feedly_dashboard.reviews"
                " (entry_id, job_id, job_variants_id, picture_asset_id, reviewer, verdict)"
                " SELECT uuid_generate_v4(), job_id, job_variants_id, overlaid_img_asset_id, 'reviewer',"
                " (ARRAY['approve', 'approve', 'needs_work', 'reject'])[1 + n % 4]"
                " FROM (SELECT *, row_number() OVER (ORDER BY job_variants_id) AS n FROM jobs_variants"
                " WHERE overlaid_img_asset_id IS NOT NULL) finished WHERE n % 30 = 0"
            )
        )
        connection.execute(
            own_schema.campaigns.insert().values(
                campaign_id=CAMPAIGN,
                kind="full",
                mode="one_after_another",
                template={},
                interval_s=60,
                on_failure="go_on",
                state="finished",
                created_by="benchmark",
            )
        )
        connection.execute(
            text(
                "INSERT INTO feedly_dashboard.campaign_jobs (campaign_id, sequence, item, job_id)"
                " SELECT :campaign, row_number() OVER (), 0, job_id FROM"
                " (SELECT job_id FROM jobs ORDER BY created_at LIMIT greatest(1, :wanted / 300)) oldest"
            ),
            {"campaign": CAMPAIGN, "wanted": wanted},
        )


def _measure(engine: Engine) -> None:
    rng, now = random.Random(1), datetime.now(UTC)
    with reading(engine) as connection:
        source = variant_source(connection, datetime.now(UTC))
        some = list(connection.scalars(select(jobs.c.job_id).limit(QUESTIONS)))
        tones = [tones_named(connection, name) for name in ("대표 메뉴", "복고")]
        questions = [(_filters(rng, now, tones), Order(rng.choice(SORTS), rng.random() < 0.5)) for _ in some]
        _report("gallery page", [_timed(gallery_page, connection, source, f, o) for f, o in questions])
        _report("the page after it", [_after(connection, source, f, o) for f, o in questions])
        _report(
            "histogram",
            [_timed(histogram, connection, source, f, rng.choice(SCORE_COLUMNS)) for f, _ in questions],
        )
        _report("capped count", [_timed(count_matches, connection, source, f) for f, _ in questions])
        _report("job report", [_timed(job_report, connection, job_id) for job_id in some])
        for shown in ("scores", "times"):
            _report(f"trends 90 days, {shown}", [_trend(connection, source, now, shown) for _ in range(20)])
    _report("refresh after nothing", [_timed(refresh, engine, now=datetime.now(UTC)) for _ in range(5)])


def _filters(rng: random.Random, now: datetime, tones: list[tuple[UUID, ...]]) -> PictureFilters:
    ranges = {}
    for name, (low, high) in RANGES.items():
        if rng.random() < 0.2:
            first = rng.uniform(low, high)
            ranges[name] = (first, min(high, first + (high - low) * rng.choice((0.01, 0.1, 0.5))))
    return PictureFilters(
        tenant=f"generated_test_{rng.randrange(3)}" if rng.random() < 0.4 else None,
        outcome=rng.choice(("complete", "failed", "open")) if rng.random() < 0.25 else None,
        version=rng.choice(("1.8.0", "1.9.0")) if rng.random() < 0.2 else None,
        tones=rng.choice(tones) if rng.random() < 0.2 else None,
        verdict=rng.choice(("approve", "reject")) if rng.random() < 0.15 else None,
        campaign=CAMPAIGN if rng.random() < 0.1 else None,
        since=now - timedelta(days=rng.choice((1, 7, 30, 365))) if rng.random() < 0.3 else None,
        words=rng.choice(("국물", "따끈한 국물", "없는말")) if rng.random() < 0.2 else "",
        ranges=ranges,
    )


def _trend(connection: Connection, source: VariantSource, now: datetime, shown: str) -> float:
    period = PictureFilters(since=now - timedelta(days=90))
    parts = {"scores": shown == "scores", "times": shown == "times"}
    return _timed(trend, connection, source, period, By.DAY, SEOUL, **parts)


def _after(connection: Connection, source: VariantSource, filters: PictureFilters, order: Order) -> float:
    """The second page by its mark; the first again where there is no second."""
    mark = gallery_page(connection, source, filters, order).after
    return _timed(gallery_page, connection, source, filters, order, mark)


def _timed(question: Callable[..., object], *args: object, **kwargs: object) -> float:
    began = time.perf_counter()
    question(*args, **kwargs)
    return (time.perf_counter() - began) * 1000


def _report(name: str, times: list[float]) -> None:
    times.sort()
    p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
    print(f"{name:24} p50 {p50:7.1f}  p95 {p95:7.1f}  slowest {times[-1]:7.1f} ms")


if __name__ == "__main__":
    main()
