"""Jobs with histories as wild as real ones, written as rows, and every door that tells their status."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, update
from sqlalchemy.dialects.postgresql import insert

from dashboard.server.pipeline_metrics import board_metrics
from feedly_core import Feedly
from feedly_core.analytics.durations import StepDurations
from feedly_core.analytics.export import Reader as FileReader
from feedly_core.analytics.export import export_table
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Order, gallery_page
from feedly_core.analytics.recent import recent_jobs
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import writing
from feedly_core.db.job_rows import read_stall_timeouts, read_statuses
from feedly_core.db.own_schema import step_events
from feedly_core.domain import tables as t
from feedly_core.domain.pipeline import LAST_VARIANT_STEP, STEPS, TEXT_STEPS, VARIANT_STEP_NAMES, Status
from feedly_core.domain.status import JobStatus, State
from feedly_core.live.board import build_board
from feedly_core.live.job_history import read_job_record
from feedly_core.live.job_view import build_job_view
from feedly_core.live.overview import board_without_hub
from feedly_core.live.reader import Reader
from feedly_core.live.snapshot import Snapshot
from feedly_core.live.state import InFlightState
from feedly_core.permissions import person_at_terminal
from feedly_core.results.report import job_report
from feedly_core.settings import Settings
from tests.factories import make_job

RUNS = json.loads(Path(__file__).with_name("recorded_runs.json").read_text(encoding="utf-8"))
"""Three recorded jobs of the original services: (seconds, variant or 0 for the job's row, step, status)."""

Change = tuple[float, int, str | None, str | None]


@dataclass(frozen=True)
class Told:
    """States that one door tells, by job. ``statuses``: where the door tells more than the state."""

    states: dict[UUID, State]
    statuses: dict[UUID, JobStatus]


def recorded_histories(cuts: int) -> list[list[Change]]:
    """Each recorded run, cut off at so many moments and whole."""
    return [
        changes[: max(1, len(changes) * cut // cuts)]
        for changes in RUNS.values()
        for cut in range(1, cuts + 1)
    ]


def random_history(rng: random.Random) -> list[Change]:
    """Rows that go anywhere, in any order, with names that nobody knows among them."""
    names = [*STEPS, *VARIANT_STEP_NAMES, LAST_VARIANT_STEP, LAST_VARIANT_STEP, "vlm_planner", None]
    known: list[str | None] = [status.value for status in Status]
    statuses = [*known, *(["done"] * 4), "paused", None]
    changes: list[Change] = []
    if rng.random() < 0.4:
        changes += [(0.0, number, LAST_VARIANT_STEP, "done") for number in (1, 2, 3)]
        names = [LAST_VARIANT_STEP, *(step.name for step in TEXT_STEPS)]
        changes.append((1.0, 0, rng.choice(names), rng.choice(statuses)))
    if rng.random() < 0.4:
        word = rng.choice(["failed", "queued", "paused"])
        steps = VARIANT_STEP_NAMES[:4]  # later ones are stalled where the overlay stored no row
        return [(2.0, number, rng.choice(steps), word) for number in (1, 2, 3)]
    for _ in range(rng.randint(1, 8)):
        changes.append((rng.uniform(1, 400), rng.randint(0, 3), rng.choice(names), rng.choice(statuses)))
    return sorted(changes, key=lambda change: change[0])


def write_history(engine: Engine, changes: Sequence[Change], end: datetime, rng: random.Random) -> UUID:
    """One job as the changes leave it, the last of them at ``end``; some are recorded, some are forgotten."""
    last = changes[-1][0]
    furthest = rng.choice(["instagram_feed_gen", "iou_eval", "img_gen"])
    walking = [("planner", "done"), ("ocr_eval", "done"), ("img_gen", "done")]
    proven = rng.choice([[("iou_eval", "done")] * 3, [("img_gen", "done")] * 3, walking])
    made = make_job(
        engine, step=furthest, variants=proven, created_at=end - timedelta(hours=1), tenant_id="one_status"
    )
    rows: list[UUID | None] = [None, *made.variant_ids]
    with writing(engine) as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # no trigger may roll up
        _move(connection, made.job_id, rows, changes, end - timedelta(seconds=last), rng)
        copies = t.txt_ad_copy_generations
        if (kept := rng.random()) < 0.3:
            connection.execute(
                delete(copies).where(
                    copies.c.job_id == made.job_id, copies.c.generation_stage == "ad_copy_eng"
                )
            )
        elif kept < 0.5:
            english = update(copies).where(
                copies.c.job_id == made.job_id, copies.c.generation_stage == "ad_copy_eng"
            )
            connection.execute(english.values(generation_stage="refined_ad_copy"))
        if rng.random() < 0.7:
            connection.execute(delete(t.instagram_feeds).where(t.instagram_feeds.c.job_id == made.job_id))
        retries = rng.choice([None, 0, 3, 20])
        connection.execute(update(t.jobs).where(t.jobs.c.job_id == made.job_id).values(retry_count=retries))
    return made.job_id


def _move(
    connection: Connection,
    job_id: UUID,
    rows: Sequence[UUID | None],
    changes: Iterable[Change],
    start: datetime,
    rng: random.Random,
) -> None:
    present: dict[int, tuple[str | None, str | None, datetime]]
    present = dict.fromkeys(range(len(rows)), ("img_gen", "done", start))
    records = rng.random() < 0.7
    seen = []
    for seconds, number, step, status in changes:
        at = start + timedelta(seconds=seconds)
        present[number] = (step, status, at)
        seen.append(
            {
                "job_id": job_id,
                "job_variants_id": rows[number],
                "step": step,
                "status": status,
                "row_updated_at": at,
                "seen_at": at + timedelta(milliseconds=rng.randint(0, 500)),
                "source": "notify",
            }
        )
    if records:
        connection.execute(insert(step_events).on_conflict_do_nothing(), seen)
    for number, (step, status, at) in present.items():
        table = t.jobs_variants if number else t.jobs
        key = t.jobs_variants.c.job_variants_id if number else t.jobs.c.job_id
        values = {"current_step": step, "status": status, "updated_at": at}
        connection.execute(update(table).where(key == (rows[number] or job_id)).values(values))


def whole(connection: Connection, ids: Sequence[UUID], now: datetime) -> dict[UUID, JobStatus]:
    """What the one reader and the one pure function say: every door must tell the same."""
    return {job_id: found.job for job_id, found in read_statuses(connection, ids, now).items()}


def _board(connection: Connection, settings: Settings, ids: Sequence[UUID], now: datetime) -> Told:
    board = board_without_hub(connection, now)
    return _told({row.view.job_id: row.view.status for row in board.rows})


def _followed(settings: Settings, now: datetime) -> Snapshot:
    """What a hub holds after its first read."""
    reader, state = Reader(settings), InFlightState()
    try:
        jobs = reader.everything(now)
        state.take_everything(jobs, reader.records(jobs), now)
    finally:
        reader.close()
    return state.snapshot()


def _hub(connection: Connection, settings: Settings, ids: Sequence[UUID], now: datetime) -> Told:
    snapshot = _followed(settings, now)
    history = StepDurations(timeouts=read_stall_timeouts(connection))
    board = build_board(snapshot, now, history)
    return _told({row.view.job_id: row.view.status for row in board.rows})


def _metrics(connection: Connection, settings: Settings, ids: Sequence[UUID], now: datetime) -> Told:
    """``/metrics`` of a hub that holds one job: the state whose figure is 1."""
    snapshot = _followed(settings, now)
    history, told = StepDurations(timeouts=read_stall_timeouts(connection)), dict[UUID, State]()
    for job_id, tracked in snapshot.jobs.items():
        board = build_board(Snapshot(1, now, {job_id: tracked}), now, history)
        figures = next(each for each in board_metrics(board, now) if each.name == "feedly_pipeline_jobs")
        for shown in (each for each in figures.samples if each.value):
            told[job_id] = State(shown.labels["state"])
    return Told(told, {})


def _job_view(connection: Connection, settings: Settings, ids: Sequence[UUID], now: datetime) -> Told:
    history = StepDurations(timeouts=read_stall_timeouts(connection))
    views = [build_job_view(read_job_record(connection, job_id).tracked, now, history) for job_id in ids]
    return _told({view.job_id: view.status for view in views})


def _results_page(connection: Connection, settings: Settings, ids: Sequence[UUID], now: datetime) -> Told:
    return _told({job_id: job_report(connection, job_id).status(now) for job_id in ids})


def _newest_jobs(connection: Connection, settings: Settings, ids: Sequence[UUID], now: datetime) -> Told:
    jobs = recent_jobs(connection, "one_status", 200, now=now)
    return _told({job.job_id: job.status for job in jobs if job.status})


def _gallery(connection: Connection, settings: Settings, ids: Sequence[UUID], now: datetime) -> Told:
    cards = gallery_page(
        connection, variant_source(connection, now), PictureFilters(), Order(), size=1000
    ).cards
    return Told({card.job_id: card.state for card in cards}, {})


def _export(connection: Connection, settings: Settings, ids: Sequence[UUID], now: datetime) -> Told:
    source, reader = variant_source(connection, now), FileReader("en", settings.zone)
    table = export_table(connection, source, PictureFilters(), Order(), reader)
    pairs = zip(table["job_id"], table["state"], strict=True)
    return Told({UUID(job_id): State(state) for job_id, state in pairs}, {})


def _notebook(connection: Connection, settings: Settings, ids: Sequence[UUID], now: datetime) -> Told:
    feedly = Feedly(connection.engine, settings, person_at_terminal(), now=lambda: now)
    jobs = [feedly.job(job_id) for job_id in ids]
    return _told({job.job_id: job.status for job in jobs})


def _notebook_tables(connection: Connection, settings: Settings, ids: Sequence[UUID], now: datetime) -> Told:
    feedly = Feedly(connection.engine, settings, person_at_terminal(), now=lambda: now)
    told: dict[UUID, State] = {}
    for table in (feedly.jobs(limit=200), feedly.variants(), feedly.board()):
        for job_id, state in zip(table["job_id"], table["state"], strict=True):
            assert told.setdefault(UUID(job_id), State(state)) == state, "tables disagree"
    return Told(told, {})


def _told(statuses: dict[UUID, JobStatus]) -> Told:
    return Told({job_id: status.state for job_id, status in statuses.items()}, statuses)


DOORS: dict[str, Callable[[Connection, Settings, Sequence[UUID], datetime], Told]] = {
    "board without a hub": _board,
    "board of the hub": _hub,
    "metrics": _metrics,
    "job view": _job_view,
    "results page": _results_page,
    "newest jobs": _newest_jobs,
    "gallery": _gallery,
    "export": _export,
    "notebook": _notebook,
    "tables of the notebook": _notebook_tables,
}

LEAVES_OUT = frozenset({"board without a hub", "board of the hub", "metrics"})
"""Doors that show jobs in flight only: a job that is complete for ten minutes is not there."""

ONE_BY_ONE = frozenset({"job view", "results page", "notebook"})
"""Doors that answer for one job."""
