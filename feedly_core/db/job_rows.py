"""One bounded reader of everything that a status depends on.

The hub, the read model, the results page and campaigns ask here, so that all of them see the same status.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    exists,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import Select

from feedly_core.db.engine import Capabilities, among, capabilities
from feedly_core.db.own_schema import facts_state, installed, step_events
from feedly_core.db.proof import Proof, read_fonts, read_proof
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.high_water import JobHistory
from feedly_core.domain.job_rows import JobRow, StallTimeouts, Statuses, StatusInputs, VariantRow
from feedly_core.domain.pipeline import job_complete
from feedly_core.domain.row_times import credible_update
from feedly_core.domain.tables import (
    instagram_feeds,
    job_inputs,
    jobs,
    jobs_variants,
    txt_ad_copy_generations,
)

_UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Of a row without any time: received events say when it changed."""


@query_budget(statements=7, rows=20_000)
def read_statuses(connection: Connection, job_ids: Collection[UUID], now: datetime) -> dict[UUID, Statuses]:
    """Status of each job and of its variants at ``now``.

    Seven statements at most.
    """
    return {job_id: inputs.at(now) for job_id, inputs in read_status_inputs(connection, job_ids).items()}


def read_status_inputs(
    connection: Connection, job_ids: Collection[UUID], *, open_only: bool = False
) -> dict[UUID, StatusInputs]:
    """Everything that the status of each job depends on.

    Six statements, four without our own schema.

    ``open_only``: read no variants of a job with a feed post; they cannot change that it is complete.
    """
    records = read_status_rows(connection, job_ids, open_only=open_only)
    if not records or not installed(connection):
        return {job_id: StatusInputs(record) for job_id, record in records.items()}
    timeouts = _read_timeouts(connection)
    marks: dict[UUID, JobHistory] = {}
    remembered = [record.job_id for record in records.values() if not open_only or not _ended(record)]
    for seen in recorded_transitions(connection, remembered):
        marks[seen.job_id] = marks.get(seen.job_id, JobHistory()).after(seen)
    return {
        job_id: StatusInputs(record, marks.get(job_id, JobHistory()), timeouts)
        for job_id, record in records.items()
    }


def read_status_rows(
    connection: Connection, job_ids: Collection[UUID], *, open_only: bool = False
) -> dict[UUID, JobRow]:
    """Record of each job that exists.

    Three statements: jobs, variants, proof of results.

    A fourth reads the recommended fonts where a variant's overlay is missing.
    """
    if not job_ids:
        return {}
    caps = capabilities(connection)
    records = {row["job_id"]: _job(row) for row in connection.execute(_jobs_query(caps, job_ids)).mappings()}
    asked = [job_id for job_id, record in records.items() if not open_only or not _ended(record)]
    rows = connection.execute(_variants_query(caps, asked)).mappings().all()
    proofs = read_proof(connection, {row["job_variants_id"]: row["job_id"] for row in rows})
    found = [(row["job_id"], _variant(row, proofs[row["job_variants_id"]])) for row in rows]
    blocked = [variant.variant_id for _, variant in found if variant.blocked_by]
    fonts = read_fonts(connection, blocked)
    variants: defaultdict[UUID, list[VariantRow]] = defaultdict(list)
    for job_id, variant in found:
        variants[job_id].append(replace(variant, font=fonts.get(variant.variant_id)))
    return {job_id: replace(record, variants=tuple(variants[job_id])) for job_id, record in records.items()}


def _ended(record: JobRow) -> bool:
    return record.has_feed or job_complete(record.step, record.status)


class RecordedTransition(NamedTuple):
    """The last sight of one (row, step, status)."""

    job_id: UUID
    variant_id: UUID | None
    step: str | None
    status: str | None
    row_updated_at: datetime
    seen_at: datetime


def recorded_transitions(connection: Connection, job_ids: Collection[UUID]) -> list[RecordedTransition]:
    """The last record of each (row, step, status) of the jobs. All that the marks need; one statement."""
    table = step_events.c
    states = (table.job_id, table.job_variants_id, table.step, table.status)
    query = (
        select(*states, func.max(table.row_updated_at), func.max(table.seen_at))
        .where(among(table.job_id, job_ids))
        .group_by(*states)
    )
    return [RecordedTransition(*row) for row in connection.execute(query)]


@query_budget(statements=2, rows=50)
def read_stall_timeouts(connection: Connection) -> StallTimeouts:
    """The stall timeouts that hold now, for every reader.

    The usual ones without our own schema.
    """
    return _read_timeouts(connection) if installed(connection) else StallTimeouts()


def _read_timeouts(connection: Connection) -> StallTimeouts:
    seconds = connection.scalar(_TIMEOUTS) or {}
    return StallTimeouts({step: timedelta(seconds=value) for step, value in seconds.items()})


# Through to_jsonb, so that a read model of an earlier version, without the column, answers NULL.
_TIMEOUTS = select(func.to_jsonb(facts_state.table_valued(), type_=JSONB)["stall_timeouts"])


def _jobs_query(caps: Capabilities, ids: Collection[UUID]) -> Select[Any]:
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
            has_english_copy(caps, ids).label("has_copy"),
            exists()
            .where(instagram_feeds.c.job_id == jobs.c.job_id, among(instagram_feeds.c.job_id, ids))
            .label("has_feed"),
        )
        .select_from(jobs.outerjoin(job_inputs, job_inputs.c.job_id == jobs.c.job_id))
        .where(among(jobs.c.job_id, ids))
    )


def has_english_copy(caps: Capabilities, ids: Collection[UUID] | None = None) -> ColumnElement[bool]:
    """Whether step ad_copy_gen_kor of a row of ``jobs`` has an English text to read.

    Unknown in old schemas: assume so. ``ids``: the jobs asked for; without them PostgreSQL may read the texts
    of every job once, rather than look up those of each.
    """
    if not caps.has_table("txt_ad_copy_generations"):
        return literal(True)
    copies = txt_ad_copy_generations.c
    english = exists().where(
        copies.job_id == jobs.c.job_id, copies.generation_stage.in_(("refined_ad_copy", "ad_copy_eng"))
    )
    return english if ids is None else english.where(among(copies.job_id, ids))


def _variants_query(caps: Capabilities, ids: Collection[UUID]) -> Select[Any]:
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
        .where(among(jobs_variants.c.job_id, ids))
        .order_by(jobs_variants.c.creation_order, jobs_variants.c.created_at)
    )


def _variant(row: RowMapping, proof: Proof) -> VariantRow:
    created_at = row["created_at"] or row["updated_at"] or _UNKNOWN_TIME
    return VariantRow(
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


def _job(row: RowMapping) -> JobRow:
    created_at = row["created_at"] or row["updated_at"] or _UNKNOWN_TIME
    return JobRow(
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
        (),
    )
