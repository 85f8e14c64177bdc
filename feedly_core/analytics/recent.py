"""The newest jobs with their pictures and main scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, null, select

from feedly_core.db.engine import Capabilities, capabilities, or_null
from feedly_core.db.job_rows import read_statuses
from feedly_core.db.query_budget import query_budget
from feedly_core.domain import tables as t
from feedly_core.domain.job_rows import Statuses
from feedly_core.domain.payloads.evaluations import read_iou, read_ocr, read_readability
from feedly_core.domain.status import JobStatus

MAX_JOBS = 200


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
    ocr_accuracy: float | None
    contrast_stored: float | None
    iou_with_food: float | None


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


TREND_SCORES = ("ocr_accuracy", "contrast_stored", "iou_with_food")


def score_trends(jobs: Sequence[RecentJob]) -> tuple[ScoreTrend, ...]:
    """Main scores over time.

    Jobs newest first, as :func:`recent_jobs` returns them.
    """
    return tuple(_score_trend(name, jobs) for name in TREND_SCORES)


def _score_trend(name: str, jobs: Sequence[RecentJob]) -> ScoreTrend:
    values = [value for job in reversed(jobs) if (value := getattr(job, name)) is not None]
    half = len(values) // 2
    now = median(values[half:]) if values else None
    change = None if now is None or half == 0 else now - median(values[:half])
    return ScoreTrend(name, tuple(values), now, change)


@dataclass
class _Collected:
    pictures: dict[int, UUID] = field(default_factory=dict)
    variants: set[UUID] = field(default_factory=set)
    metrics: dict[tuple[UUID, str], object] = field(default_factory=dict)


@query_budget(statements=8, rows=20_000)
def recent_jobs(
    connection: Connection, tenant_id: str | None = None, limit: int = 20, *, now: datetime
) -> tuple[RecentJob, ...]:
    """At most ``limit`` (1 to 200) jobs, newest first.

    With their status at ``now``; eight statements.
    """
    jobs = select(t.jobs.c.job_id, t.jobs.c.tenant_id)
    newest = jobs.add_columns(t.jobs.c.created_at).order_by(t.jobs.c.created_at.desc())
    if tenant_id is not None:
        newest = newest.where(t.jobs.c.tenant_id == tenant_id)
    # Limited before the join: joined first, every job of the table would be read.
    page = newest.limit(max(1, min(limit, MAX_JOBS))).subquery()
    query = (
        select(page, t.job_inputs.c.desc_kor)
        .outerjoin(t.job_inputs, t.job_inputs.c.job_id == page.c.job_id)
        .order_by(page.c.created_at.desc(), page.c.job_id)
    )
    found = connection.execute(query).all()
    results = _collect(connection, [row.job_id for row in found])
    statuses = read_statuses(connection, [row.job_id for row in found], now)
    return tuple(
        _recent(row, results.get(row.job_id, _Collected()), statuses.get(row.job_id)) for row in found
    )


def _recent(row: Any, of_job: _Collected, statuses: Statuses | None) -> RecentJob:
    def middle(kind: str, read: Any, name: str) -> float | None:
        values = [
            getattr(read(metrics), name) for (_, type_), metrics in of_job.metrics.items() if type_ == kind
        ]
        known = [value for value in values if value is not None]
        return median(known) if known else None

    return RecentJob(
        job_id=row.job_id,
        tenant_id=row.tenant_id,
        description=row.desc_kor,
        status=statuses.job if statuses else None,
        created_at=row.created_at,
        pictures=tuple(picture for _, picture in sorted(of_job.pictures.items())),
        variants=len(of_job.variants),
        ocr_accuracy=middle("ocr", read_ocr, "accuracy"),
        contrast_stored=middle("readability", read_readability, "contrast_ratio"),
        iou_with_food=middle("iou", read_iou, "with_food"),
    )


def _collect(connection: Connection, job_ids: list[UUID]) -> dict[UUID, _Collected]:
    """Variants, pictures and newest evaluations of the jobs."""
    found: dict[UUID, _Collected] = {}
    for row in connection.execute(_results_query(capabilities(connection), job_ids)):
        of_job = found.setdefault(row.job_id, _Collected())
        of_job.variants.add(row.job_variants_id)
        if row.overlaid_img_asset_id is not None:
            of_job.pictures[row.creation_order] = row.overlaid_img_asset_id
        if row.evaluation_type is not None:
            of_job.metrics[row.job_variants_id, row.evaluation_type] = row.metrics
    return found


def _results_query(caps: Capabilities, job_ids: list[UUID]) -> Select[Any]:
    """One row an evaluation, oldest first, so that the newest is read last."""
    variants, overlays, evaluations = t.jobs_variants, t.overlay_layouts, t.evaluations
    evaluated = caps.has("overlay_layouts", "job_variants_id") and caps.has_table("evaluations")
    query = select(
        variants.c.job_id,
        variants.c.job_variants_id,
        variants.c.creation_order,
        or_null(variants.c.overlaid_img_asset_id, caps),
        evaluations.c.evaluation_type if evaluated else null().label("evaluation_type"),
        evaluations.c.metrics if evaluated else null().label("metrics"),
    ).where(variants.c.job_id.in_(job_ids))
    if not evaluated:
        return query.order_by(variants.c.creation_order)
    to_overlay = variants.outerjoin(overlays, overlays.c.job_variants_id == variants.c.job_variants_id)
    source = to_overlay.outerjoin(evaluations, evaluations.c.overlay_id == overlays.c.overlay_id)
    return query.select_from(source).order_by(variants.c.creation_order, evaluations.c.created_at)
