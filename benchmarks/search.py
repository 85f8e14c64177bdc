"""Search over a grown index: ``python -m benchmarks.search [--jobs N] [--home FOLDER]``.

Writes jobs and their documents into an embedded server of its own (some thousand different texts, repeated in
every week), then asks what people write. Prints p50, p95 and the slowest of each kind, in milliseconds.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, insert, text

from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.demo.schema import create_schema
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine, reading
from feedly_core.db.own_schema import search_documents
from feedly_core.domain.matching import fold, grams
from feedly_core.search.documents import DocumentKind
from feedly_core.search.find import search
from feedly_core.search.index import place_in_time, week_of
from feedly_core.settings import load_settings

BEFORE = [
    "김치",
    "된장",
    "순두부",
    "부대",
    "동태",
    "해물",
    "버섯",
    "참치",
    "고추장",
    "청국장",
    "매운",
    "얼큰한",
    "고소한",
    "바삭한",
    "달콤한",
    "시원한",
    "담백한",
]
DISHES = [
    "찌개",
    "비빔밥",
    "떡볶이",
    "냉면",
    "갈비",
    "삼겹살",
    "치킨",
    "피자",
    "파스타",
    "케이크",
    "커피",
    "라떼",
    "빙수",
    "만두",
    "국밥",
    "칼국수",
    "초밥",
]
LINES = (
    "오늘 저녁 어떠세요? 가족과 함께 즐기세요.",
    "점심 특선으로 만나 보세요, 주말에만 드리는 한정 메뉴입니다.",
    "따뜻한 한 그릇이 기다립니다. 지금 주문하시면 음료를 드려요.",
    "매장에서 직접 만들어 더 맛있습니다. 비 오는 날엔 역시 이 맛!",
)
TEXTS = 3000
ASKED: dict[str, tuple[str, ...]] = {
    "a word of every job": ("맛집", "한 그릇", "soup"),
    "a dish": ("찌개", "김치찌개", "떡볶이", "냉면"),
    "first consonants": ("ㄱㅊㅉㄱ", "ㄸㅂㅇ", "ㅅㄱㅅ", "ㅊㄱ"),
    "two words": ("찌개 냉면", "커피 빙수", "김치 초밥"),
    "one job in thousands": ("귀한낱말", "ㄱㅎㄴㅁ"),
    "nowhere": ("없는낱말", "zebra", "ㅋㅋㅋㅋ"),
}
ROUNDS = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=300_000)
    parser.add_argument("--home", type=Path, help="keep the database here, for another run")
    given = parser.parse_args()
    home = given.home or Path(tempfile.mkdtemp(prefix="feedly-search-"))
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    quick = {"fsync": "off", "full_page_writes": "off", "maintenance_work_mem": "1GB", "max_wal_size": "8GB"}
    server = EmbeddedPostgres(home, {"shared_buffers": "512MB", **quick})
    server.start()
    engine = make_engine(
        load_settings(DATABASE_URL=server.create_database("search"), FEEDLY_STATEMENT_TIMEOUT_MS=600_000)
    )
    try:
        with engine.connect() as connection:
            filled = own_schema.installed(connection)
        if not filled:
            began = time.perf_counter()
            _fill(engine, given.jobs)
            print(f"{given.jobs:,} jobs and documents in {time.perf_counter() - began:.0f} s", flush=True)
        _measure(engine)
    finally:
        engine.dispose()
        server.stop()


def _document(rng: random.Random, rare: bool) -> dict[str, Any]:
    dish, other = rng.sample(DISHES, 2)
    texts = {
        "description": f"{rng.choice(BEFORE)}{dish} {rng.choice(BEFORE)} 한 그릇 {rng.randrange(10_000)}번",
        "copy": f"{rng.choice(BEFORE)} {dish}, {rng.choice(LINES)}",
        "copy_en": f"Warm up with a bowl of hand made soup number {rng.randrange(10_000)}",
        "feed": f"{rng.choice(BEFORE)}{dish} {' '.join(rng.sample(LINES, 3))} {other}도 있어요.",
        "hashtags": f"#{dish} #{rng.choice(BEFORE)}{dish} #맛집 #오늘의메뉴 #{other}",
        "tenant": "benchmark",
    }
    if rare:
        texts["description"] += " 귀한낱말"
    return {
        "kind": "template",
        "key": uuid4(),
        "job_id": uuid4(),
        "created_at": datetime.now(UTC),
        "week": 0,
        "texts": texts,
        "folded": "\n".join(fold(one).letters for one in texts.values()),
        "grams": [*grams(texts.values()), 0],
    }


def _fill(engine: Engine, jobs: int) -> None:
    """Jobs five minutes apart, each with one of the texts."""
    rng, now = random.Random(1), datetime.now(UTC)
    with engine.begin() as connection:
        create_schema(connection)
    own_schema.install(engine)
    first = week_of(now - timedelta(minutes=5) * jobs, now)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX feedly_dashboard.search_documents_grams"))
        connection.execute(insert(search_documents), [_document(rng, n == 7) for n in range(TEXTS)])
        connection.execute(
            text(
                "CREATE TEMPORARY TABLE g AS SELECT n, uuid_generate_v4() AS job_id,"
                " now() - n * interval '5 minutes' AS at FROM generate_series(1, :jobs) n"
            ),
            {"jobs": jobs},
        )
        for statement in (
            "INSERT INTO jobs (job_id, status, current_step, created_at, updated_at)"
            " SELECT job_id, 'done', 'instagram_feed_gen', at, at FROM g",
            "INSERT INTO jobs_variants (job_id, creation_order, status, current_step, created_at, updated_at)"
            " SELECT job_id, 1, 'done', 'iou_eval', at, at FROM g",
        ):
            connection.execute(text(statement))
        connection.execute(
            text(
                "WITH templates AS (SELECT *, row_number() OVER () - 1 AS place FROM"
                " feedly_dashboard.search_documents WHERE kind = 'template')"
                " INSERT INTO feedly_dashboard.search_documents"
                " (kind, key, job_id, created_at, week, texts, folded, grams)"
                " SELECT 'job', g.job_id, g.job_id, at, greatest(week_of, :first), texts, folded,"
                " trim_array(grams, 1) || (:base + greatest(week_of, :first))"
                " FROM (SELECT *, floor(extract(epoch FROM at) / 604800)::int AS week_of FROM g) g"
                " JOIN templates ON templates.place = (CAST(n AS bigint) * 7919) % :texts"
            ),
            {"first": first, "base": place_in_time(DocumentKind.JOB), "texts": TEXTS},
        )
        connection.execute(text("DELETE FROM feedly_dashboard.search_documents WHERE kind = 'template'"))
        connection.execute(
            text("INSERT INTO feedly_dashboard.search_state VALUES (true, now(), now(), true, NULL, NULL)")
        )
    began = time.perf_counter()
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(
            text(
                "CREATE INDEX search_documents_grams ON feedly_dashboard.search_documents"
                " USING gin (grams) WITH (fastupdate = off)"
            )
        )
        print(f"index made in {time.perf_counter() - began:.0f} s", flush=True)
        connection.exec_driver_sql("VACUUM ANALYZE")
        for name in ("search_documents", "search_documents_grams"):
            size = connection.scalar(
                text(f"SELECT pg_size_pretty(pg_total_relation_size('feedly_dashboard.{name}'))")
            )
            print(f"{name}: {size}", flush=True)


def _measure(engine: Engine) -> None:
    for name, queries in ASKED.items():
        times, hits = [], 0
        for number in range(ROUNDS * len(queries)):
            query = queries[number % len(queries)]
            began = time.perf_counter()
            with reading(engine) as connection:
                hits += len(search(connection, query, "benchmark", now=datetime.now(UTC)).hits)
            times.append((time.perf_counter() - began) * 1000)
        times.sort()
        p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
        print(
            f"{name:22} p50 {p50:6.1f}  p95 {p95:6.1f}  slowest {times[-1]:6.1f} ms  {hits} hits", flush=True
        )


if __name__ == "__main__":
    main()
