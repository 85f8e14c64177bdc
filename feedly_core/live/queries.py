"""What the database says about jobs in flight: five statements, however many jobs are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
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
from feedly_core.domain.pipeline import LAST_STEP, Status
from feedly_core.domain.row_times import credible_update
from feedly_core.domain.tables import (
    instagram_feeds,
    job_inputs,
    jobs,
    jobs_variants,
    txt_ad_copy_generations,
)
from feedly_core.live.proof import BLOCKING_STEP, Proof, read_fonts, read_proof

_UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Of a row without any time: what is received tells when it moved."""

BOARD_LIMIT = 500
"""Most jobs a board holds; the newest win."""


@dataclass(frozen=True, slots=True)
class VariantFacts:
    """One row of ``jobs_variants``.

    ``proven``: variant steps that its own result rows prove finished, 0 to 8. ``missing``: steps that its
    position claims finished although they stored no row. ``font``: the recommended one, where the overlay
    is missing.
    """

    variant_id: UUID
    number: int
    step: str | None
    status: str | None
    retry_count: int | None
    created_at: datetime
    updated_at: datetime
    proven: int
    missing: tuple[str, ...] = ()
    font: str | None = None

    @property
    def blocked_by(self) -> str | None:
        """The step without whose row no later step starts; None when its row exists."""
        return BLOCKING_STEP if BLOCKING_STEP in self.missing else None


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
    """Facts of each job that (still) exists. Three statements: jobs, variants, proof of results.

    A fourth reads the recommended fonts where a variant's overlay is missing.
    """
    if not job_ids:
        return {}
    caps = capabilities(connection)
    ids = list(job_ids)
    rows = connection.execute(_variants_query(caps, ids)).mappings().all()
    proofs = read_proof(connection, {row["job_variants_id"]: row["job_id"] for row in rows})
    found = [(row["job_id"], _variant(row, proofs[row["job_variants_id"]])) for row in rows]
    blocked = [variant.variant_id for _, variant in found if variant.blocked_by]
    fonts = read_fonts(connection, blocked)
    variants: defaultdict[UUID, list[VariantFacts]] = defaultdict(list)
    for job_id, variant in found:
        variants[job_id].append(replace(variant, font=fonts.get(variant.variant_id)))
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


def _variant(row: RowMapping, proof: Proof) -> VariantFacts:
    created_at = row["created_at"] or row["updated_at"] or _UNKNOWN_TIME
    return VariantFacts(
        row["job_variants_id"],
        row["creation_order"],
        row["current_step"],
        row["status"],
        row["retry_count"],
        created_at,
        _updated_at(row, created_at),
        proof.furthest,
        proof.missing(row["current_step"], row["status"]),
    )


def _updated_at(row: RowMapping, created_at: datetime) -> datetime:
    return credible_update(created_at, row["updated_at"] or created_at)


def _job(row: RowMapping, variants: list[VariantFacts]) -> JobFacts:
    created_at = row["created_at"] or row["updated_at"] or _UNKNOWN_TIME
    return JobFacts(
        row["job_id"],
        row["tenant_id"],
        row["desc_kor"],
        row["current_step"],
        row["status"],
        row["retry_count"],
        created_at,
        _updated_at(row, created_at),
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
