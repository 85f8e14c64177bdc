"""A database of many jobs, written by ``COPY``, with everything that the dashboard keeps beside them.

A job every five minutes back from the last midnight; forty tenants of very different size, a release per ten
days, some thousand different texts, an eighth of the jobs failed and one of fifty left half-way.
"""

from __future__ import annotations

import io
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import psycopg2
from sqlalchemy import Connection, Engine, insert, text

from benchmarks.ending import served
from benchmarks.indexed import index_everything
from benchmarks.templates import Template, templates
from benchmarks.texts import short_texts
from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.demo.schema import create_schema
from feedly_core.analytics.refresher import rebuild
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine
from feedly_core.domain import tables as t
from feedly_core.settings import load_settings

BATCH = 2_500
"""Jobs of one transaction."""

WRITERS = 2
APART = timedelta(minutes=5)
JOBS_PER_RELEASE = 2_880
TENANTS = 40
FATES = {"complete": 80, "disorderly": 6, "failed": 12, "halted": 2}
"""Of a hundred jobs."""

CAMPAIGN = UUID(int=1)
OPTIONS = {
    "shared_buffers": "512MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
"""Nothing is kept that a crash could spoil: the database is made again."""


@contextmanager
def grown(home: Path, jobs: int) -> Iterator[tuple[str, dict[str, float]]]:
    """The URL of a filled database of so many jobs, and how many seconds each part of filling took.

    It is made in ``home`` unless it is there, and stays there.
    """
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    with served(EmbeddedPostgres(home, OPTIONS)) as server:
        name = f"grown_{jobs}"
        noted = home / f"{name}.json"
        if not noted.exists():
            _drop(server.url("postgres"), name)
            noted.write_text("{}", encoding="utf-8")
        url = server.create_database(name)
        yield url, _filled(url, jobs, noted)


def _drop(url: str, name: str) -> None:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")


def _filled(url: str, jobs: int, noted: Path) -> dict[str, float]:
    """Do the stages that are not noted yet: a filling that was stopped goes on where it was."""
    took: dict[str, float] = json.loads(noted.read_text(encoding="utf-8"))
    now = datetime.now(UTC)
    engine = make_engine(load_settings(DATABASE_URL=url, FEEDLY_STATEMENT_TIMEOUT_MS=600_000))
    stages: dict[str, Callable[[], object]] = {
        "write": lambda: _write(engine, url, jobs),
        "decisions": lambda: _decisions(engine, jobs),
        "read model": lambda: rebuild(engine, lambda done, total: None, now=now),
        "search index": lambda: index_everything(engine, now),
        "vacuum": lambda: _execute(url, "VACUUM ANALYZE"),
    }
    try:
        for stage, work in stages.items():
            if stage not in took:
                took[stage] = _timed(work)
                noted.write_text(json.dumps(took), encoding="utf-8")
    finally:
        engine.dispose()
    return took


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return round(time.perf_counter() - began, 1)


def _shared(connection: Connection) -> dict[str, list[str]]:
    """Ids of what jobs share: tenants (the first has the most jobs), stores, tones, a model."""
    tenants = [f"tenant_{number:02}" for number in range(TENANTS)]
    connection.execute(
        insert(t.tenants), [{"tenant_id": one, "display_name": one.title()} for one in tenants]
    )
    stores = [{"title": f"{one} 식당", "store_category": "한식"} for one in tenants]
    tones = [
        {"code": code, "kor_name": korean, "eng_name": english}
        for code, korean, english in (
            ("hero", "대표 메뉴", "Hero Dish Focus"),
            ("retro", "복고", "Retro / Vintage / Storytelling"),
            ("emotion", "따뜻한 감성", "Emotion / Comfort"),
        )
    ]
    price = {"prompt_token_cost_per_1m": 0.15, "completion_token_cost_per_1m": 0.6}
    models = [{"model_name": "gpt-4o-mini", "provider": "openai", **price}]
    found = {"tenant": tenants}
    for name, table, rows in (
        ("store", t.stores, stores),
        ("tone", t.tone_styles, tones),
        ("model", t.llm_models, models),
    ):
        key = next(iter(table.primary_key.columns))
        made = connection.execute(insert(table).returning(key), rows)
        found[name] = [str(one) for one in made.scalars()]
    connection.commit()
    return found


def _write(engine: Engine, url: str, jobs: int) -> None:
    """The rows first, then the indexes; two connections at a time."""
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")  # of a writing that was stopped
        connection.exec_driver_sql("CREATE SCHEMA public")
        create_schema(connection)
    with engine.connect() as connection:
        made, shared = templates(connection), _shared(connection)
    with engine.begin() as connection:
        indexes = [tuple(row) for row in connection.execute(_INDEXES)]
        for name, _definition in indexes:
            connection.exec_driver_sql(f"DROP INDEX {name}")
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    starts = range(0, jobs, BATCH)

    def copy(start: int) -> None:
        _copy(url, _batch(made, shared, midnight, range(start, min(jobs, start + BATCH))))

    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(copy, starts))
        list(writers.map(lambda one: _execute(url, one[1]), (one for one in indexes if _GIN not in one[1])))
    _execute(url, "ANALYZE")


_GIN = "USING gin"
"""Indexes of whole documents, which no question of ours uses: they are left out, for they take minutes."""

_INDEXES = text(
    "SELECT c.oid::regclass::text, pg_get_indexdef(c.oid) FROM pg_index i"
    " JOIN pg_class c ON c.oid = i.indexrelid"
    " WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisunique"
)


def _batch(
    made: dict[str, Template], shared: dict[str, list[str]], midnight: datetime, numbers: range
) -> dict[tuple[str, tuple[str, ...]], list[str]]:
    rng, texts = Random(numbers.start), short_texts()
    blocks: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    names, weights = list(FATES), list(FATES.values())
    for number in numbers:
        template = made[rng.choices(names, weights)[0]]
        holes = template.holes(rng, midnight - number * APART)
        description, copy = rng.choice(texts)
        holes |= {
            "tenant": shared["tenant"][min(TENANTS - 1, int(rng.paretovariate(0.8)) - 1)],
            "store": rng.choice(shared["store"]),
            "tone": rng.choice(shared["tone"]),
            "model": shared["model"][0],
            "version": f"2.{number // JOBS_PER_RELEASE}.0",
            "description": description,
            "copy": copy,
        }
        for table, (columns, block) in template.blocks.items():
            blocks[table, columns].append(block % holes)
    return blocks


def _copy(url: str, blocks: dict[tuple[str, tuple[str, ...]], list[str]]) -> None:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        # Each row's references hold by construction; the server would look up every one of them.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL timezone = 'UTC'")
        for (table, columns), lines in blocks.items():
            cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", io.StringIO("".join(lines)))


def _execute(url: str, statement: str) -> None:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(statement)


def _decisions(engine: Engine, jobs: int) -> None:
    """Two people judged one picture of fifteen; letters were measured; a campaign made one job of 300."""
    own_schema.remove(engine)
    own_schema.install(engine)
    with engine.begin() as connection:
        for statement in _DECIDED:
            connection.execute(text(statement), {"campaign": CAMPAIGN, "jobs": jobs})


_DECIDED = (
    """
    INSERT INTO feedly_dashboard.reviews (entry_id, job_id, job_variants_id, picture_asset_id, reviewer,
                                          verdict, tags, at)
    SELECT uuid_generate_v4(), job_id, job_variants_id, overlaid_img_asset_id, reviewer,
           CASE WHEN n % 4 = 0 THEN 'reject' ELSE 'approve' END,
           CASE WHEN n % 4 = 0 THEN ARRAY['covers food'] ELSE ARRAY[]::text[] END,
           created_at + interval '1 day'
    FROM (SELECT *, row_number() OVER (ORDER BY created_at) AS n FROM jobs_variants
          WHERE overlaid_img_asset_id IS NOT NULL) finished, unnest(ARRAY['지영', '민호']) reviewer
    WHERE n % 30 < 2 ORDER BY n
    """,
    """
    INSERT INTO feedly_dashboard.picture_contrast (job_variants_id, picture_id, state, contrast,
                                                   contrast_worst, readability, large_text, wcag_aa,
                                                   wcag_aaa, tries, measured_at)
    SELECT job_variants_id, overlaid_img_asset_id, 'measured', ratio, ratio * 0.7, least(1, ratio / 7),
           true, ratio >= 3, ratio >= 4.5, 1, created_at + interval '2 minutes'
    FROM (SELECT *, 1 + random() * 14 AS ratio FROM jobs_variants WHERE overlaid_img_asset_id IS NOT NULL) v
    """,
    """
    INSERT INTO feedly_dashboard.campaigns (campaign_id, kind, mode, template, interval_s, on_failure, state,
                                            created_by)
    VALUES (CAST(:campaign AS uuid), 'full', 'interval',
            '{"tenant_id": "tenant_00", "descriptions": ["국"], "variants": 3, "tone_style_id": null,
              "store_id": null, "ad_copy": {}, "start": true}', 60, 'skip', 'finished', 'benchmark')
    """,
    """
    INSERT INTO feedly_dashboard.campaign_jobs (campaign_id, sequence, item, job_id, outcome)
    SELECT CAST(:campaign AS uuid), row_number() OVER (), 0, job_id, 'completed'
    FROM (SELECT job_id FROM jobs ORDER BY created_at LIMIT greatest(1, CAST(:jobs AS int) / 300)) oldest
    """,
)
