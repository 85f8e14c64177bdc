"""The newest jobs with their pictures and main scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select

from feedly_core.analytics.job_states import no_states
from feedly_core.analytics.read_model import fact_query
from feedly_core.db.engine import among, capabilities
from feedly_core.db.job_rows import read_status_inputs
from feedly_core.db.own_schema.facts import contrast_is_kept
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t
from feedly_core.domain.job_rows import StatusInputs
from feedly_core.domain.status import JobStatus

MAX_JOBS = 200

Scores = Mapping[str, float | None]
"""By name; None: no variant has one."""

JobMark = tuple[datetime | None, UUID]
"""Stored creation, which may be missing, and id of a job: its place in the list of the newest."""


@dataclass(frozen=True)
class RecentJob:
    """One line of the list.

    ``pictures`` are asset ids of finished pictures, by variant; the scores are medians over the variants that
    have one.
    """

    job_id: UUID
    tenant_id: str | None
    description: str | None
    status: JobStatus | None
    created_at: datetime | None
    pictures: tuple[UUID, ...]
    variants: int
    scores: Scores
    mark: JobMark


@dataclass(frozen=True)
class ScoreTrend:
    """A score over a list of jobs, oldest first.

    ``now`` is the median of the newer half, ``change`` what it differs from the older half by; None with too
    few jobs that have the score.
    """

    name: str
    values: tuple[float, ...]
    now: float | None
    change: float | None


TREND_SCORES = ("ocr_accuracy", "contrast", "iou_with_food")


def score_trends(jobs: Sequence[Scores]) -> tuple[ScoreTrend, ...]:
    """Main scores over time.

    Scores of each job, newest first, as :func:`recent_jobs` and :func:`recent_scores` return them.
    """
    return tuple(_score_trend(name, jobs) for name in TREND_SCORES)


def _score_trend(name: str, jobs: Sequence[Scores]) -> ScoreTrend:
    values = [value for scores in reversed(jobs) if (value := scores.get(name)) is not None]
    half = len(values) // 2
    now = median(values[half:]) if values else None
    change = None if now is None or half == 0 else now - median(values[:half])
    return ScoreTrend(name, tuple(values), now, change)


@query_budget(statements=3, rows=20_000)
def recent_jobs(
    connection: Connection,
    tenant_id: str | None = None,
    limit: int = 20,
    *,
    now: datetime,
    after: JobMark | None = None,
) -> tuple[RecentJob, ...]:
    """At most ``limit`` (1 to 200) jobs, newest first, those without a time before all.

    With their status at ``now``; three statements. ``after``: the last job of the page before.
    """
    page = _newest(connection, tenant_id, limit, after)
    inputs = read_status_inputs(connection, [place.job_id for place in page])
    found = _variants(connection, [place for place in page if place.job_id in inputs])
    places = {place.job_id: place.created_at for place in page}
    return tuple(
        _recent(inputs[job_id], variants, now, (places[job_id], job_id)) for job_id, variants in found.items()
    )


@query_budget(statements=2, rows=20_000)
def recent_scores(
    connection: Connection, tenant_id: str | None = None, limit: int = 20
) -> tuple[Scores, ...]:
    """The scores alone of the jobs that :func:`recent_jobs` finds: two statements, no status is computed."""
    found = _variants(connection, _newest(connection, tenant_id, limit, None))
    return tuple(_medians(variants) for variants in found.values())


def _newest(
    connection: Connection, tenant_id: str | None, limit: int, after: JobMark | None
) -> Sequence[Row[Any]]:
    jobs = t.jobs
    newest = select(jobs.c.job_id, contrast_is_kept().label("kept"), jobs.c.created_at).order_by(
        jobs.c.created_at.desc(), jobs.c.job_id
    )
    if tenant_id is not None:
        newest = newest.where(jobs.c.tenant_id == tenant_id)
    if after is not None:
        newest = newest.where(_older(*after))
    return connection.execute(newest.limit(max(1, min(limit, MAX_JOBS)))).all()


def _variants(connection: Connection, page: Sequence[Row[Any]]) -> dict[UUID, list[Row[Any]]]:
    """Finished picture and main scores of each job's variants, in the order of the jobs."""
    ids = [place.job_id for place in page]
    facts = fact_query(
        capabilities(connection),
        among(t.jobs.c.job_id, ids),
        no_states(),
        measured=any(place.kept for place in page),
        need_overlays=False,
    )
    found: dict[UUID, list[Row[Any]]] = {job_id: [] for job_id in ids}
    named = (facts.c.job_id, facts.c.picture_id, *(facts.c[name] for name in TREND_SCORES))
    for row in connection.execute(select(*named).order_by(facts.c.variant)):
        found[row.job_id].append(row)
    return found


def _older(made: datetime | None, job_id: UUID) -> ColumnElement[bool]:
    created, key = t.jobs.c.created_at, t.jobs.c.job_id
    if made is None:
        return or_(created.is_not(None), key > job_id)
    return or_(created < made, and_(created == made, key > job_id))


def _recent(inputs: StatusInputs, variants: Sequence[Row[Any]], now: datetime, mark: JobMark) -> RecentJob:
    job = inputs.record
    return RecentJob(
        job_id=job.job_id,
        tenant_id=job.tenant_id,
        description=job.description,
        status=inputs.at(now).job,
        created_at=job.created_at,
        pictures=tuple(row.picture_id for row in variants if row.picture_id is not None),
        variants=len(variants),
        scores=_medians(variants),
        mark=mark,
    )


def _medians(variants: Sequence[Row[Any]]) -> Scores:
    return {name: _middle(variants, name) for name in TREND_SCORES}


def _middle(variants: Sequence[Row[Any]], name: str) -> float | None:
    known = [value for row in variants if (value := getattr(row, name)) is not None]
    return median(known) if known else None
