"""Two weeks of made-up history: about sixty jobs of three shops, with pictures and every result row."""

from __future__ import annotations

import logging
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime, timedelta
from functools import lru_cache, partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, insert

from dashboard.demo.asset_store import AssetStore
from dashboard.demo.history import JobPlan, PastJob
from dashboard.demo.marker import note_sample, require_demo
from dashboard.demo.sample_reviews import insert_sample_reviews
from dashboard.demo.sample_rounds import insert_sample_rounds
from dashboard.demo.sample_texts import DISHES, TONES
from dashboard.demo.seed_data import SHOPS, insert_seed_data
from dashboard.demo.simulator.scenarios import Scenario
from feedly_core.db import own_schema
from feedly_core.domain.tables import (
    detections,
    evaluations,
    gen_runs,
    gen_variants,
    image_assets,
    instagram_feeds,
    job_inputs,
    jobs,
    jobs_variants,
    llm_traces,
    overlay_layouts,
    planner_proposals,
    txt_ad_copy_generations,
    vlm_traces,
    yolo_runs,
)
from feedly_core.i18n import N_, Message

Progress = Callable[[float, Message], None]
"""Told how far (0 to 1) and what is being done."""

JOBS = 60
DAYS = 14
RELEASES = ((9, "1.8.0"), (DAYS, "1.9.0"))
"""Version of the pipeline until that day of the history."""

SHOP_ZONE = ZoneInfo("Asia/Seoul")
HALTED = ("planner", "vlm_analyze", "vlm_judge")
"""The newest jobs are left behind these steps, for the simulator to go on with."""

TROUBLES = {
    4: Scenario.FALTERING,
    9: Scenario.STUCK,
    13: Scenario.HOPELESS,
    19: Scenario.FALTERING,
    24: Scenario.HOPELESS,
    30: Scenario.FALTERING,
    35: Scenario.STUCK,
    41: Scenario.FALTERING,
    47: Scenario.HOPELESS,
    52: Scenario.FALTERING,
    55: Scenario.STUCK,
}
COPYLESS = (16, 38)
"""Jobs without English copy: they rest at (iou_eval, done), as those of the YE test tool do."""

IN_ORDER = (
    jobs,
    image_assets,
    job_inputs,
    gen_runs,
    jobs_variants,
    gen_variants,
    llm_traces,
    txt_ad_copy_generations,
    vlm_traces,
    detections,
    yolo_runs,
    planner_proposals,
    overlay_layouts,
    evaluations,
    instagram_feeds,
)
"""Parents before children."""

BATCH = 500
PROCESSES = 2
WORTH_PROCESSES = 12

NamedRow = tuple[str, dict[str, Any]]
"""Table name and values: what can travel between processes."""

_log = logging.getLogger("feedly.demo")


def load_sample(
    engine: Engine, assets_dir: Path, seed: int, progress: Progress, *, now: datetime, jobs_wanted: int = JOBS
) -> int:
    """Make the history up to ``now`` (with zone), unless it is there. Returns the number of jobs written.

    Pictures first, then all rows in one transaction: interrupted, it leaves files but no rows, and the
    next time makes the same again. The same seed makes the same jobs; their times hang on ``now``.
    Raises :class:`~feedly_core.errors.DemoRefused` on a database without the demo's mark.
    """
    with engine.connect() as connection:
        if require_demo(connection).sample_loaded_at is not None:
            return 0
    plans = make_plans(seed, now, jobs_wanted)
    rows = _past_jobs(plans, assets_dir, seed, progress)
    progress(0.93, N_("Writing the sample data"))
    with engine.begin() as connection:
        if require_demo(connection).sample_loaded_at is not None:
            return 0
        insert_seed_data(connection, now - timedelta(days=DAYS + 1))
        _insert(connection, rows)
        if own_schema.installed(connection):
            looked = insert_sample_reviews(connection, seed, now)
            if looked is not None:
                insert_sample_rounds(connection, seed, now, looked)
        note_sample(connection, now)
    progress(1.0, N_("Sample data is ready"))
    return len(plans)


def make_plans(seed: int, now: datetime, wanted: int = JOBS) -> list[JobPlan]:
    """What happened when, oldest first.

    The last three are in the middle of their walk.
    """
    rng = Random(f"{seed}|plans")
    moments = sorted(_moments(rng, now, wanted - len(HALTED)))
    moments += [now - timedelta(seconds=seconds) for seconds in (95, 60, 35)]
    halts = (*[None] * (len(moments) - len(HALTED)), *HALTED)
    numbered = enumerate(zip(moments, halts, strict=True), 1)
    return [_plan(rng, number, moment, now, halted) for number, (moment, halted) in numbered]


def _moments(rng: Random, now: datetime, count: int) -> list[datetime]:
    """Opening hours of the shops, more towards the present."""
    latest = now - timedelta(minutes=20)
    found: list[datetime] = []
    while len(found) < count:
        day = now.astimezone(SHOP_ZONE) - timedelta(days=rng.triangular(0, DAYS, 2))
        moment = day.replace(hour=rng.randrange(9, 22), minute=rng.randrange(60), second=rng.randrange(60))
        if now - timedelta(days=DAYS) < moment < latest:
            found.append(moment.astimezone(now.tzinfo))
    return found


def _plan(rng: Random, number: int, started_at: datetime, now: datetime, halted: str | None) -> JobPlan:
    shop = SHOPS[rng.choices((0, 1, 2), weights=(5, 4, 3))[0]]
    dish = rng.choice([dish for dish in DISHES if dish.kind in shop.kinds])
    day = DAYS - (now - started_at) / timedelta(days=1)
    wild = rng.random() < 0.3
    scenario = TROUBLES.get(number) or (Scenario.DISORDERLY if wild else Scenario.SMOOTH)
    return JobPlan(
        job_id=UUID(int=rng.getrandbits(128), version=4),
        number=number,
        shop=shop,
        dish=dish,
        tone=rng.choice(TONES),
        version=next(version for until, version in RELEASES if day <= until),
        started_at=started_at,
        uploaded=rng.random() < 0.5 and not halted,
        scenario=Scenario.SMOOTH if halted else scenario,
        halted=halted,
        copyless=number in COPYLESS,
    )


def _past_jobs(plans: list[JobPlan], assets_dir: Path, seed: int, progress: Progress) -> list[NamedRow]:
    sentence = N_("Drawing the pictures of the sample data")
    progress(0.0, sentence)
    rows: list[NamedRow] = []
    for number, job_rows in enumerate(_rows_per_job(plans, assets_dir, seed), 1):
        rows += job_rows
        progress(0.93 * number / len(plans), sentence)
    return rows


def _rows_per_job(plans: list[JobPlan], assets_dir: Path, seed: int) -> Iterator[list[NamedRow]]:
    """Each plan's rows, in order; drawn by two processes when it is worth their start.

    Where processes are not allowed, this process draws the rest: a plan gives the same rows each time.
    When the caller's ``progress`` raises, nothing more is drawn.
    """
    rows_of = partial(_rows_of, assets_dir=assets_dir, seed=seed)
    done = 0
    if len(plans) >= WORTH_PROCESSES:
        pool = ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), initializer=_end_with_parent)
        try:
            for job_rows in pool.map(rows_of, plans):
                yield job_rows
                done += 1
        except (BrokenProcessPool, OSError) as error:
            _log.warning("drawing the sample data in one process: %s", error)
        finally:
            pool.shutdown(cancel_futures=True)
    yield from map(rows_of, plans[done:])


def _rows_of(plan: JobPlan, assets_dir: Path, seed: int) -> list[NamedRow]:
    return [(row.table.name, row.values) for row in PastJob(plan, _asset_store(assets_dir), seed).rows()]


@lru_cache(maxsize=1)
def _asset_store(root: Path) -> AssetStore:
    """One store per process, because it caches decoded pictures."""
    return AssetStore(root)


def _end_with_parent() -> None:
    """A worker whose parent was killed must not wait for work for ever."""
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _insert(connection: Connection, rows: Iterable[NamedRow]) -> None:
    """Bulk inserts, parents first. INSERT fires none of the triggers."""
    by_shape: dict[str, dict[tuple[str, ...], list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for table_name, values in rows:
        by_shape[table_name][tuple(sorted(values))].append(values)
    for table in IN_ORDER:
        for same_columns in by_shape[table.name].values():
            for start in range(0, len(same_columns), BATCH):
                connection.execute(insert(table), same_columns[start : start + BATCH])
