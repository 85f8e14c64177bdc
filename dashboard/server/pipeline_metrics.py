"""The pipeline in ``/metrics``, from what the hub holds in memory: no scrape asks the database.

Every label is one of a fixed set: states, kinds of problems, steps, channels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.utils import floatToGoString

from feedly_core.domain.pipeline import STEPS
from feedly_core.domain.status import State
from feedly_core.live.board import Board
from feedly_core.live.job_view import VariantView
from feedly_core.live.metrics import Metrics
from feedly_core.live.problems import ProblemKind
from feedly_core.live.tally import STEP_SECONDS, Tally

_WAITS = (State.WAITING, State.STALLED)
_OTHER = "other"
"""A step that the pipeline does not know."""


def board_metrics(board: Board, now: datetime) -> Iterator[Metric]:
    """Jobs and variants in flight, as the live monitor shows them at ``now``."""
    jobs = GaugeMetricFamily(
        "feedly_pipeline_jobs",
        "Jobs in flight by state; complete ones leave after ten minutes, failed ones when acknowledged",
        labels=["state"],
    )
    for state in State:
        jobs.add_metric([state], float(board.counts.get(state, 0)))
    yield jobs
    problems = GaugeMetricFamily(
        "feedly_pipeline_problems", "Problems of jobs in flight by kind", labels=["kind"]
    )
    kinds = Counter(problem.kind for row in board.rows for problem in row.problems)
    for kind in ProblemKind:
        problems.add_metric([kind.name.lower()], float(kinds[kind]))
    yield problems
    yield from _waiting([variant for row in board.rows for variant in row.view.variants], now)


def _waiting(variants: list[VariantView], now: datetime) -> Iterator[Metric]:
    number = GaugeMetricFamily(
        "feedly_pipeline_waiting_variants",
        "Variants that wait for this step, or whose step stays silent",
        labels=["step", "state"],
    )
    oldest = GaugeMetricFamily(
        "feedly_pipeline_waiting_oldest_seconds",
        "How long the oldest of them has waited",
        labels=["step", "state"],
    )
    waits = [variant for variant in variants if variant.status.state in _WAITS]
    keys = [(_step(variant.status.place), variant.status.state) for variant in waits]
    since: dict[tuple[str, State], datetime] = {}
    for key, variant in zip(keys, waits, strict=True):
        since[key] = min(since.get(key, variant.since), variant.since)
    for key, count in Counter(keys).items():
        number.add_metric(list(key), float(count))
        oldest.add_metric(list(key), max(0.0, (now - since[key]).total_seconds()))
    yield number
    yield oldest


def _step(name: str | None) -> str:
    return name if name in STEPS else _OTHER


def tally_metrics(tally: Tally) -> Iterator[Metric]:
    """What ended while this process watched."""
    steps = HistogramMetricFamily(
        "feedly_pipeline_step_seconds",
        "From the end of the step before to the end of this one, first runs that this process saw",
        labels=["step"],
    )
    names = [*map(floatToGoString, STEP_SECONDS), "+Inf"]
    for step, seen in tally.steps().items():
        steps.add_metric([step], list(zip(names, seen.counts, strict=True)), seen.total)
    yield steps
    finished = CounterMetricFamily(
        "feedly_pipeline_finished_jobs",
        "Jobs that came to an end in this process's sight",
        labels=["outcome"],
    )
    for state, count in tally.finished().items():
        finished.add_metric([state], float(count))
    yield finished


def past_metrics(known: Metrics) -> Iterator[Metric]:
    """What is asked of the database every half minute."""
    yield GaugeMetricFamily(
        "feedly_pipeline_completed_last_hour",
        "Jobs whose feed post was written in the last hour",
        value=float(known.completed_per_hour),
    )
    yield GaugeMetricFamily(
        "feedly_pipeline_notification_queue_usage",
        "Share of PostgreSQL's notification queue in use, 0 to 1",
        value=known.queue_usage,
    )
    listeners = GaugeMetricFamily(
        "feedly_pipeline_listeners", "Sessions of the services that listen, by channel", labels=["channel"]
    )
    for channel, count in known.listeners.items():
        listeners.add_metric([channel], float(count))
    yield listeners
