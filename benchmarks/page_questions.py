"""What the pages ask: each question with its budget, as a page asks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select

from benchmarks.grown import CAMPAIGN
from benchmarks.texts import ASKED
from feedly_core.analytics.durations import StepDurations
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import (
    RANGES,
    SORTS,
    Order,
    count_matches,
    gallery_page,
    histogram,
    picture_urls,
)
from feedly_core.analytics.gallery_groups import tones_named
from feedly_core.analytics.recent import recent_jobs
from feedly_core.analytics.trends import By, compare, trend
from feedly_core.analytics.variant_source import VariantSource, variant_source
from feedly_core.campaigns.campaigns import list_campaigns
from feedly_core.db.engine import reading
from feedly_core.db.own_schema.facts import SCORE_COLUMNS
from feedly_core.domain import tables as t
from feedly_core.domain.pipeline import LAST_STEP
from feedly_core.domain.scores import limits
from feedly_core.live.board import build_board
from feedly_core.live.overview import (
    board_without_hub,
    newest_pictures,
    snapshot_without_hub,
    throughput,
)
from feedly_core.live.snapshot import Snapshot
from feedly_core.results.report import job_report
from feedly_core.reviews.decision import decide_runs
from feedly_core.reviews.judge import Slice, judge_report, judge_slices
from feedly_core.reviews.judged_pictures import judged_pictures
from feedly_core.reviews.limit_tuning import score_verdicts
from feedly_core.reviews.questions import reasons_by_question
from feedly_core.reviews.queue import queue
from feedly_core.reviews.rulings import rulings
from feedly_core.search.find import search
from feedly_core.settings import load_settings

SEOUL = ZoneInfo("Asia/Seoul")
LIMITS = limits(load_settings())


@dataclass
class World:
    """A grown database to ask about. ``rng`` chooses, the same in every run."""

    jobs: list[UUID]
    in_flight: tuple[Snapshot, StepDurations]
    releases: tuple[str, str]
    tones: list[tuple[UUID, ...]]
    rng: Random = field(default_factory=lambda: Random(1))

    def one(self) -> UUID:
        return self.rng.choice(self.jobs)


Asked = Callable[[World, Connection, datetime], object]


@dataclass(frozen=True)
class PageQuestion:
    """``budget_ms`` of the slowest twentieth, up to 300,000 jobs, or None. ``rounds`` are asked at most.

    ``varied``: asks for other rows each time. ``sent``: asks the database, so that the way to it counts.
    """

    name: str
    budget_ms: float | None
    ask: Asked
    rounds: int = 60
    varied: bool = False
    sent: bool = True

    def budget_at(self, jobs: int) -> float | None:
        """Half as much again for more than 300,000 jobs."""
        return self.budget_ms and self.budget_ms * (1.0 if jobs <= 300_000 else 1.5)


def world(engine: Engine) -> World:
    """Some hundred complete jobs, those in flight, two releases that lie beside each other, and the tones."""
    with reading(engine) as connection:
        complete = select(t.jobs.c.job_id).where(t.jobs.c.current_step == LAST_STEP).limit(5_000)
        versions = list(connection.scalars(select(t.jobs.c.version).distinct()))
        versions.sort(key=lambda one: int(one.split(".")[1]))
        tones = [tones_named(connection, name) for name in ("대표 메뉴", "복고")]
        jobs = Random(1).sample(sorted(connection.scalars(complete)), 200)
        in_flight = snapshot_without_hub(connection, datetime.now(UTC))
    return World(jobs, in_flight, (versions[min(1, len(versions) - 1)], versions[0]), tones)


def _gallery(world: World, connection: Connection, now: datetime) -> None:
    _shown(connection, variant_source(connection, now), PictureFilters(), Order())


def _filtered(world: World, connection: Connection, now: datetime) -> None:
    order = Order(world.rng.choice(SORTS), world.rng.random() < 0.5)
    _shown(connection, variant_source(connection, now), _filters(world, now), order)


def _shown(connection: Connection, source: VariantSource, filters: PictureFilters, order: Order) -> None:
    page = gallery_page(connection, source, filters, order)
    count_matches(connection, source, filters, page)
    picture_urls(connection, page.cards)


def _next_page(world: World, connection: Connection, now: datetime) -> None:
    source, filters, order = (
        variant_source(connection, now),
        _filters(world, now),
        Order(world.rng.choice(SORTS)),
    )
    gallery_page(connection, source, filters, order, gallery_page(connection, source, filters, order).after)


def _histogram(world: World, connection: Connection, now: datetime) -> None:
    source = variant_source(connection, now)
    histogram(connection, source, _filters(world, now), world.rng.choice(SCORE_COLUMNS))


def _filters(world: World, now: datetime) -> PictureFilters:
    rng = world.rng
    ranges = {}
    for name, (low, high) in RANGES.items():
        if rng.random() < 0.2:
            first = rng.uniform(low, high)
            ranges[name] = (first, min(high, first + (high - low) * rng.choice((0.01, 0.1, 0.5))))
    return PictureFilters(
        tenant=f"tenant_{rng.choice((0, 0, 1, 5, 30)):02}" if rng.random() < 0.4 else None,
        outcome=rng.choice(("complete", "failed", "open")) if rng.random() < 0.25 else None,
        version=rng.choice(world.releases) if rng.random() < 0.2 else None,
        tones=rng.choice(world.tones) if rng.random() < 0.2 else None,
        verdict=rng.choice(("approve", "reject")) if rng.random() < 0.15 else None,
        campaign=CAMPAIGN if rng.random() < 0.1 else None,
        since=now - timedelta(days=rng.choice((1, 7, 30, 365))) if rng.random() < 0.3 else None,
        words=rng.choice(("찌개", "김치찌개", "없는말")) if rng.random() < 0.2 else "",
        ranges=ranges,
    )


def _board(world: World, _connection: Connection, now: datetime) -> None:
    """From the hub's memory, as if every job had just moved."""
    snapshot, history = world.in_flight
    build_board(snapshot, now, history)


def _overview(world: World, connection: Connection, now: datetime) -> None:
    board_without_hub(connection, now)
    throughput(connection, now)
    newest_pictures(connection)


def _trends(world: World, connection: Connection, now: datetime, *, scores: bool, times: bool) -> None:
    period = PictureFilters(since=now - timedelta(days=90))
    trend(connection, variant_source(connection, now), period, By.DAY, SEOUL, scores=scores, times=times)


def _periods(world: World, connection: Connection, now: datetime) -> None:
    month = PictureFilters(since=now - timedelta(days=30))
    before = PictureFilters(since=now - timedelta(days=60), until=now - timedelta(days=30))
    compare(connection, variant_source(connection, now), before, month)


def _runs(world: World, connection: Connection, now: datetime) -> None:
    before, after = (PictureFilters(version=version) for version in world.releases)
    decide_runs(connection, variant_source(connection, now), before, after, LIMITS)


def _judge(world: World, connection: Connection, now: datetime) -> None:
    source = variant_source(connection, now)
    pictures = judged_pictures(connection, source, PictureFilters(), ("ocr_accuracy",))
    reasons = reasons_by_question(connection)
    judge_report(pictures, reasons)
    judge_slices(pictures, reasons, Slice.WEEK, SEOUL)
    rulings(connection, pictures)
    held = score_verdicts(pictures, "ocr_accuracy")
    if held.values:
        held.at(0.9), held.curve


def _searched(kind: str) -> Asked:
    def ask(world: World, connection: Connection, now: datetime) -> None:
        search(connection, world.rng.choice(ASKED[kind]), "benchmark", now=now)

    return ask


PAGES: tuple[PageQuestion, ...] = (
    PageQuestion("board", 30, _board, sent=False),
    PageQuestion(
        "board, read without the hub", 30, lambda world, connection, now: board_without_hub(connection, now)
    ),
    PageQuestion("job report", 30, lambda world, connection, now: job_report(connection, world.one())),
    PageQuestion("overview", 150, _overview),
    PageQuestion(
        "strip of the newest jobs", 150, lambda w, connection, now: recent_jobs(connection, now=now)
    ),
    PageQuestion("gallery", 150, _gallery),
    PageQuestion("gallery, filtered and sorted", 150, _filtered, rounds=200, varied=True),
    PageQuestion("gallery, first and next page", 300, _next_page, rounds=100, varied=True),
    PageQuestion("gallery, histogram", 150, _histogram, rounds=100, varied=True),
    *(PageQuestion(f"search: {kind}", 150, _searched(kind), rounds=45) for kind in ASKED),
    PageQuestion(
        "trends, 90 days, scores", 400, lambda w, c, now: _trends(w, c, now, scores=True, times=False), 12
    ),
    PageQuestion(
        "trends, 90 days, times", 400, lambda w, c, now: _trends(w, c, now, scores=False, times=True), 12
    ),
    PageQuestion("trends, two months compared", 400, _periods, 12),
    PageQuestion("run against run", 1_500, _runs, 8),
    PageQuestion("judge", 500, _judge, 8),
    PageQuestion(
        "review queue",
        150,
        lambda world, connection, now: queue(
            connection, variant_source(connection, now), "지영", PictureFilters(finished=True)
        ),
        30,
    ),
    PageQuestion("campaigns", 150, lambda world, connection, now: list_campaigns(connection), 30),
)
