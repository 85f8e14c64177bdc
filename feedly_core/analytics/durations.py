"""Past durations of steps: the basis of time left and of "stalled"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from math import ceil
from statistics import median, quantiles
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, Text, cast, func, literal, select, union_all

from feedly_core.db.engine import Capabilities, capabilities
from feedly_core.db.job_rows import read_stall_timeouts
from feedly_core.db.own_schema import installed, step_events
from feedly_core.domain.contract import step_of
from feedly_core.domain.job_rows import StallTimeouts
from feedly_core.domain.payloads.document import finite
from feedly_core.domain.pipeline import LAST_VARIANT_STEP, TEXT_STEPS, VARIANT_STEP_NAMES, Status
from feedly_core.domain.status import STALL_TIMEOUT
from feedly_core.domain.tables import (
    evaluations,
    jobs,
    jobs_variants,
    llm_traces,
    overlay_layouts,
    planner_proposals,
    vlm_traces,
    yolo_runs,
)

ENOUGH = 5
"""Fewer past runs of a step than this say nothing."""
_EVENTS = 20_000
_JOBS = 200
_LONGEST_MS = 24 * 3600 * 1000
_CHAIN = ("img_gen", *VARIANT_STEP_NAMES)


class Source(StrEnum):
    """Where a duration comes from."""

    RECORDED = "recorded"
    """Transitions that were received: from the end of the step before to the end of this one."""
    STORED = "stored"
    """Latencies that the pipeline wrote down: the work alone, without the waiting before it."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds of a step: quartiles, 95th percentile, number of runs."""

    low: float
    median: float
    high: float
    p95: float
    runs: int
    source: Source


def spread(seconds: Sequence[float], source: Source) -> Spread | None:
    """Quartiles and p95 of past runs.

    None when there are fewer than :data:`ENOUGH`.
    """
    if len(seconds) < ENOUGH:
        return None
    low, _, high = quantiles(seconds, n=4, method="inclusive")
    p95 = quantiles(seconds, n=20, method="inclusive")[-1]
    return Spread(low, median(seconds), high, p95, len(seconds), source)


@dataclass(frozen=True)
class StepDurations:
    """Spreads by step.

    A step that is missing has not run often enough.
    """

    steps: Mapping[str, Spread] = field(default_factory=dict)
    timeouts: StallTimeouts = field(default_factory=StallTimeouts)
    """As every reader of a status uses them, see :func:`measured_timeouts`."""


def measured_timeouts(steps: Mapping[str, Spread]) -> StallTimeouts:
    """Stall timeout of a step: max(5 minutes, 3 × its p95).

    In whole minutes, so that they rarely change: statuses that were derived with them must be made anew then.
    """
    minutes = {step: timedelta(minutes=ceil(3 * known.p95 / 60)) for step, known in steps.items()}
    return StallTimeouts({step: lasts for step, lasts in minutes.items() if lasts > STALL_TIMEOUT})


def read_history(connection: Connection, now: datetime) -> StepDurations:
    """Durations of recent runs, and the current stall timeouts."""
    steps = read_durations(connection, now)
    return StepDurations(steps, read_stall_timeouts(connection))


def read_durations(connection: Connection, now: datetime) -> Mapping[str, Spread]:
    """Recorded durations per step, or stored latencies where too few."""
    recorded = _recorded(connection, now) if installed(connection) else {}
    stored = _stored(connection, capabilities(connection))
    steps: dict[str, Spread] = {}
    for name in (*VARIANT_STEP_NAMES, *(step.name for step in TEXT_STEPS)):
        known = spread(recorded.get(name, ()), Source.RECORDED) or spread(stored.get(name, ()), Source.STORED)
        if known:
            steps[name] = known
    return MappingProxyType(steps)


@dataclass(frozen=True, slots=True)
class StepTime:
    """Median seconds of a step: ``whole`` from the end of the step before, ``work`` as the service wrote it.

    None where too few runs say so.
    """

    whole: float | None
    work: float | None

    @property
    def waiting(self) -> float | None:
        """What the step waited for its turn, never negative."""
        return None if self.whole is None or self.work is None else max(0.0, self.whole - self.work)


def read_step_times(connection: Connection, now: datetime) -> Mapping[str, StepTime]:
    """Waiting apart from working, per step, in pipeline order. Three statements at most."""
    recorded = _recorded(connection, now) if installed(connection) else {}
    stored = _stored(connection, capabilities(connection))
    times = {
        name: StepTime(*(_median(runs.get(name, ())) for runs in (recorded, stored)))
        for name in (*VARIANT_STEP_NAMES, *(step.name for step in TEXT_STEPS))
    }
    return MappingProxyType({name: known for name, known in times.items() if known != StepTime(None, None)})


def _median(seconds: Sequence[float]) -> float | None:
    return median(seconds) if len(seconds) >= ENOUGH else None


def _recorded(connection: Connection, now: datetime) -> dict[str, list[float]]:
    """From the newest 20,000 recorded "done" events of the last two weeks."""
    table = step_events.c
    newest = (
        select(table.job_id, table.job_variants_id, table.step, table.seen_at)
        .where(table.seen_at > now - timedelta(days=14), table.status == Status.DONE)
        .order_by(table.seen_at.desc())
        .limit(_EVENTS)
        .subquery()
    )
    states = (newest.c.job_id, newest.c.job_variants_id, newest.c.step)
    rows = connection.execute(select(*states, func.min(newest.c.seen_at)).group_by(*states))
    return durations(rows)


def durations(rows: Iterable[tuple[UUID, UUID | None, str | None, datetime]]) -> dict[str, list[float]]:
    """Seconds per step from (job, variant or None, step, first time it was done)."""
    variants: defaultdict[tuple[UUID, UUID], dict[str, datetime]] = defaultdict(dict)
    texts: defaultdict[UUID, dict[str, datetime]] = defaultdict(dict)
    for job_id, variant_id, step, at in rows:
        if variant_id is None:
            texts[job_id][step or ""] = at
        else:
            variants[job_id, variant_id][step or ""] = at
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for (job_id, _), done in variants.items():
        _collect(seconds, _CHAIN, done)
        if (end := done.get(LAST_VARIANT_STEP)) and job_id in texts:
            last = texts[job_id].get(LAST_VARIANT_STEP, end)
            texts[job_id][LAST_VARIANT_STEP] = max(last, end)
    for done in texts.values():
        _collect(seconds, (LAST_VARIANT_STEP, *(step.name for step in TEXT_STEPS)), done)
    return seconds


def _collect(
    seconds: defaultdict[str, list[float]], chain: Sequence[str], done: Mapping[str, datetime]
) -> None:
    for before, step in pairwise(chain):
        if before in done and step in done and done[step] >= done[before]:
            seconds[step].append((done[step] - done[before]).total_seconds())


def _stored(connection: Connection, caps: Capabilities) -> dict[str, list[float]]:
    """Latencies (ms in the tables, seconds here) of the newest 200 jobs, in two statements."""
    recent = list(connection.scalars(select(jobs.c.job_id).order_by(jobs.c.created_at.desc()).limit(_JOBS)))
    parts = _latency_parts(caps, recent)
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for operation, latency in connection.execute(union_all(*parts)):
        taken = stored_seconds(latency)
        if operation is not None and taken is not None:
            seconds[step_of(operation)].append(taken)
    return seconds


def latency_text(column: ColumnElement[Any]) -> ColumnElement[str]:
    """A stored latency as text: a bare cast of one odd value would fail the whole statement."""
    return cast(column, Text)


def stored_seconds(latency: str | None) -> float | None:
    """Seconds of a latency stored in milliseconds.

    None for what no step can have taken.
    """
    milliseconds = finite(latency)
    if milliseconds is None or not 0 <= milliseconds <= _LONGEST_MS:
        return None
    return milliseconds / 1000


def _latency_parts(caps: Capabilities, mine: list[UUID]) -> list[Select[Any]]:
    parts = [
        select(
            vlm_traces.c.operation_type.label("step"), latency_text(vlm_traces.c.latency_ms).label("ms")
        ).where(vlm_traces.c.job_id.in_(mine)),
        select(llm_traces.c.operation_type, latency_text(llm_traces.c.latency_ms)).where(
            llm_traces.c.job_id.in_(mine)
        ),
        select(evaluations.c.evaluation_type, latency_text(evaluations.c.metrics["latency_ms"].astext)).where(
            evaluations.c.job_id.in_(mine)
        ),
    ]
    if caps.has("yolo_runs", "latency_ms"):
        parts.append(
            select(literal("yolo_detect"), latency_text(yolo_runs.c.latency_ms)).where(
                yolo_runs.c.job_id.in_(mine)
            )
        )
    if caps.has("overlay_layouts", "job_variants_id") and caps.has("overlay_layouts", "latency_ms"):
        drawn = overlay_layouts.join(
            jobs_variants, jobs_variants.c.job_variants_id == overlay_layouts.c.job_variants_id
        )
        parts += [
            select(literal("overlay"), latency_text(overlay_layouts.c.latency_ms))
            .select_from(drawn)
            .where(jobs_variants.c.job_id.in_(mine)),
            select(literal("planner"), latency_text(planner_proposals.c.latency_ms))
            .select_from(
                drawn.join(
                    planner_proposals, planner_proposals.c.proposal_id == overlay_layouts.c.proposal_id
                )
            )
            .where(jobs_variants.c.job_id.in_(mine)),
        ]
    return parts
