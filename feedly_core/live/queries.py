"""What the database says about jobs in flight: five statements, however many jobs are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    exists,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql import Select

from feedly_core.db.engine import Capabilities, capabilities
from feedly_core.domain.contract import step_of
from feedly_core.domain.pipeline import LAST_STEP, VARIANT_STEP_NAMES, Status
from feedly_core.domain.tables import (
    evaluations,
    instagram_feeds,
    job_inputs,
    jobs,
    jobs_variants,
    overlay_layouts,
    txt_ad_copy_generations,
    vlm_traces,
)

BOARD_LIMIT = 500
"""Most jobs a board holds; the newest win."""


@dataclass(frozen=True, slots=True)
class VariantFacts:
    """One row of ``jobs_variants``. ``proven``: variant steps that result rows prove finished, 0 to 8."""

    variant_id: UUID
    number: int
    step: str | None
    status: str | None
    retry_count: int | None
    created_at: datetime
    updated_at: datetime
    proven: int


@dataclass(frozen=True, slots=True)
class JobFacts:
    """One row of ``jobs`` with its variants in display order. Missing optional columns read None."""

    job_id: UUID
    tenant_id: str | None
    description: str | None
    step: str | None
    status: str | None
    retry_count: int | None
    created_at: datetime
    updated_at: datetime
    has_copy: bool
    has_feed: bool
    variants: tuple[VariantFacts, ...]


def in_flight_ids(connection: Connection, *, since: datetime, finished_since: datetime) -> list[UUID]:
    """Ids of jobs created after ``since`` that are not complete, or became so after ``finished_since``.

    Newest first, at most :data:`BOARD_LIMIT`. Walks the index over ``created_at``.
    """
    complete = and_(jobs.c.current_step == LAST_STEP, jobs.c.status == Status.DONE)
    open_ = or_(complete.is_not(True), jobs.c.updated_at > finished_since)
    query = (
        select(jobs.c.job_id)
        .where(jobs.c.created_at > since, open_)
        .order_by(jobs.c.created_at.desc())
        .limit(BOARD_LIMIT)
    )
    return list(connection.scalars(query))


def read_facts(connection: Connection, job_ids: Collection[UUID]) -> dict[UUID, JobFacts]:
    """Facts of each job that (still) exists. Three statements: jobs, variants, proof of results."""
    if not job_ids:
        return {}
    caps = capabilities(connection)
    ids = list(job_ids)
    rows = connection.execute(_variants_query(caps, ids)).mappings().all()
    proven = _proven(connection, caps, [row["job_variants_id"] for row in rows])
    variants: defaultdict[UUID, list[VariantFacts]] = defaultdict(list)
    for row in rows:
        variants[row["job_id"]].append(_variant(row, proven))
    return {
        row["job_id"]: _job(row, variants[row["job_id"]])
        for row in connection.execute(_jobs_query(caps, ids)).mappings()
    }


def _jobs_query(caps: Capabilities, ids: list[UUID]) -> Select[Any]:
    return (
        select(
            jobs.c.job_id,
            jobs.c.tenant_id,
            jobs.c.current_step,
            jobs.c.status,
            (jobs.c.retry_count if caps.has("jobs", "retry_count") else null()).label("retry_count"),
            jobs.c.created_at,
            jobs.c.updated_at,
            job_inputs.c.desc_kor,
            _has_copy(caps).label("has_copy"),
            exists().where(instagram_feeds.c.job_id == jobs.c.job_id).label("has_feed"),
        )
        .select_from(jobs.outerjoin(job_inputs, job_inputs.c.job_id == jobs.c.job_id))
        .where(jobs.c.job_id.in_(ids))
    )


def _has_copy(caps: Capabilities) -> ColumnElement[bool]:
    """Whether step ad_copy_gen_kor has an English text to read. Unknown in old schemas: assume so."""
    if not caps.has_table("txt_ad_copy_generations"):
        return literal(True)
    return exists().where(
        txt_ad_copy_generations.c.job_id == jobs.c.job_id,
        txt_ad_copy_generations.c.generation_stage.in_(("refined_ad_copy", "ad_copy_eng")),
    )


def _variants_query(caps: Capabilities, ids: list[UUID]) -> Select[Any]:
    has_retries = caps.has("jobs_variants", "retry_count")
    return (
        select(
            jobs_variants.c.job_id,
            jobs_variants.c.job_variants_id,
            jobs_variants.c.creation_order,
            jobs_variants.c.current_step,
            jobs_variants.c.status,
            (jobs_variants.c.retry_count if has_retries else null()).label("retry_count"),
            jobs_variants.c.created_at,
            jobs_variants.c.updated_at,
        )
        .where(jobs_variants.c.job_id.in_(ids))
        .order_by(jobs_variants.c.creation_order, jobs_variants.c.created_at)
    )


def _proven(connection: Connection, caps: Capabilities, mine: list[UUID]) -> Mapping[UUID, int]:
    """Per variant, how many steps its result rows prove finished. Old schemas prove less."""
    parts: list[Select[Any]] = []
    if caps.has("vlm_traces", "job_variants_id"):
        variant = vlm_traces.c.job_variants_id
        parts.append(select(variant, vlm_traces.c.operation_type.label("proof")).where(variant.in_(mine)))
    if caps.has("overlay_layouts", "job_variants_id"):
        variant = overlay_layouts.c.job_variants_id
        parts.append(select(variant, literal("overlay").label("proof")).where(variant.in_(mine)))
        judged = evaluations.join(overlay_layouts, overlay_layouts.c.overlay_id == evaluations.c.overlay_id)
        parts.append(
            select(variant, evaluations.c.evaluation_type.label("proof"))
            .select_from(judged)
            .where(variant.in_(mine))
        )
    if not parts or not mine:
        return {}
    rows = connection.execute(union_all(*parts))
    return _furthest((variant_id, step_of(proof)) for variant_id, proof in rows)


def _furthest(proofs: Iterable[tuple[UUID, str]]) -> dict[UUID, int]:
    furthest: dict[UUID, int] = {}
    for variant_id, step in proofs:
        if step in VARIANT_STEP_NAMES:
            count = VARIANT_STEP_NAMES.index(step) + 1
            furthest[variant_id] = max(count, furthest.get(variant_id, 0))
    return furthest


def _variant(row: RowMapping, proven: Mapping[UUID, int]) -> VariantFacts:
    created_at = row["created_at"] or row["updated_at"]
    return VariantFacts(
        row["job_variants_id"],
        row["creation_order"],
        row["current_step"],
        row["status"],
        row["retry_count"],
        created_at,
        row["updated_at"] or created_at,
        proven.get(row["job_variants_id"], 0),
    )


def _job(row: RowMapping, variants: list[VariantFacts]) -> JobFacts:
    created_at = row["created_at"] or row["updated_at"]
    return JobFacts(
        row["job_id"],
        row["tenant_id"],
        row["desc_kor"],
        row["current_step"],
        row["status"],
        row["retry_count"],
        created_at,
        row["updated_at"] or created_at,
        row["has_copy"],
        row["has_feed"],
        tuple(variants),
    )


@dataclass(frozen=True, slots=True)
class NewRow:
    """One inserted row of ``jobs`` or ``jobs_variants``."""

    row_id: UUID
    job_id: UUID


def new_rows(connection: Connection, since: datetime) -> list[NewRow]:
    """Jobs and variants inserted after ``since``: triggers fire on UPDATE only.

    One statement over the two ``created_at`` indexes.
    """
    new_jobs = select(jobs.c.job_id, jobs.c.job_id).where(jobs.c.created_at > since)
    new_variants = select(jobs_variants.c.job_variants_id, jobs_variants.c.job_id).where(
        jobs_variants.c.created_at > since, jobs_variants.c.job_id.is_not(None)
    )
    return [NewRow(*row) for row in connection.execute(union_all(new_jobs, new_variants))]
