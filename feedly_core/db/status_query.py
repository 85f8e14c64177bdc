"""The one query of everything that a status depends on: rows of six kinds, all of one moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    TIMESTAMP,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from feedly_core.db.engine import Capabilities, Ids, among, ids_named, one_of, or_null
from feedly_core.db.own_schema import facts_state, step_events
from feedly_core.db.proof import Chosen, fonts_query, proof_query, without_overlay
from feedly_core.domain.tables import (
    instagram_feeds,
    job_inputs,
    jobs,
    jobs_variants,
    txt_ad_copy_generations,
)


class RowKind(StrEnum):
    """What a row of :func:`status_query` is of."""

    JOB = "job"
    VARIANT = "variant"
    PROOF = "proof"
    FONT = "font"
    MARK = "mark"
    TIMEOUTS = "timeouts"


class StatusRow(NamedTuple):
    """A row of :func:`status_query`; None where its kind has no such value."""

    kind: str
    job_id: UUID
    variant_id: UUID
    number: int
    step: str | None
    status: str | None
    retry_count: int | None
    created_at: datetime | None
    updated_at: datetime | None
    seen_at: datetime
    tenant_id: str | None
    description: str | None
    has_copy: bool
    has_feed: bool
    operations: list[str | None]
    job_ids: list[UUID] | None
    variant_ids: list[UUID] | None
    document: Any


_TYPES: dict[str, TypeEngine[Any]] = {
    "job_id": Uuid(),
    "variant_id": Uuid(),
    "number": Integer(),
    "step": Text(),
    "status": Text(),
    "retry_count": Integer(),
    "created_at": TIMESTAMP(timezone=True),
    "updated_at": TIMESTAMP(timezone=True),
    "seen_at": TIMESTAMP(timezone=True),
    "tenant_id": Text(),
    "description": Text(),
    "has_copy": Boolean(),
    "has_feed": Boolean(),
    "operations": ARRAY(Text()),
    "job_ids": ARRAY(Uuid()),
    "variant_ids": ARRAY(Uuid()),
    "document": JSONB(),
}
"""Columns of the query beside the kind."""

# Through to_jsonb, so that a read model of an earlier version, without the column, answers NULL.
TIMEOUTS = func.to_jsonb(facts_state.table_valued(), type_=JSONB)["stall_timeouts"]


JOBS = ids_named("of_jobs")
"""The jobs of :func:`status_query`, a parameter of its execution."""

_ASKED = select(select(cast(JOBS, ARRAY(Uuid)).label("ids")).cte("asked").c.ids).scalar_subquery()
"""The same jobs, sent once: in each of ten places PostgreSQL parsed and estimated them anew."""


@lru_cache(maxsize=32)
def status_query(caps: Capabilities, *, open_only: bool, ours: bool) -> CompoundSelect[Any]:
    """Rows of the jobs :data:`JOBS`, variants in display order.

    ``open_only``: of a job with a feed post only its own row. ``ours``: marks and stall timeouts too.
    """

    def of_jobs(column: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(among(column, _ASKED), ~_has_feed(caps, column)) if open_only else among(column, _ASKED)

    variants = _variants(caps, of_jobs)
    found = [_jobs_query(caps), _variants_query(variants), *_results(caps, variants, of_jobs)]
    if ours:
        marks = transitions_query(of_jobs).subquery("marks")
        found += [
            _part(RowKind.MARK, marks, **dict(marks.c)),
            _part(RowKind.TIMEOUTS, facts_state, document=TIMEOUTS),
        ]
    return union_all(*found).order_by("number", "created_at")


def transitions_query(of_jobs: Chosen) -> Select[Any]:
    """The jobs' last record of each (row, step, status)."""
    events = step_events.c
    states = (events.job_id, events.job_variants_id, events.step, events.status)
    return (
        select(
            events.job_id,
            events.job_variants_id.label("variant_id"),
            events.step,
            events.status,
            func.max(events.row_updated_at).label("updated_at"),
            func.max(events.seen_at).label("seen_at"),
        )
        .where(of_jobs(events.job_id))
        .group_by(*states)
    )


def has_english_copy(caps: Capabilities, ids: Ids | None = None) -> ColumnElement[bool]:
    """Whether step ad_copy_gen_kor of a row of ``jobs`` has an English text to read.

    Unknown in old schemas: assume so. ``ids``: the jobs asked for; without them PostgreSQL may read the texts
    of every job once, rather than look up those of each.
    """
    if not caps.has_table("txt_ad_copy_generations"):
        return literal(True)
    copies = txt_ad_copy_generations.c
    english = exists().where(
        copies.job_id == jobs.c.job_id, one_of(copies.generation_stage, ("refined_ad_copy", "ad_copy_eng"))
    )
    return english if ids is None else english.where(among(copies.job_id, ids))


def _has_feed(caps: Capabilities, job_id: ColumnElement[Any]) -> ColumnElement[bool]:
    if not caps.has_table("instagram_feeds"):
        return literal(False)
    return exists().where(instagram_feeds.c.job_id == job_id, among(instagram_feeds.c.job_id, _ASKED))


def _part(kind: RowKind, source: Any, **columns: ColumnElement[Any]) -> Select[Any]:
    return select(*_columns(kind, columns)).select_from(source)


def _columns(kind: RowKind, known: Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    kind_of_row, *names = StatusRow._fields
    values = (known[name] if name in known else cast(null(), _TYPES[name]) for name in names)
    named = (value.label(name) for value, name in zip(values, names, strict=True))
    return [literal(kind.value, Text).label(kind_of_row), *named]


def _jobs_query(caps: Capabilities) -> Select[Any]:
    return _part(
        RowKind.JOB,
        jobs.outerjoin(job_inputs, job_inputs.c.job_id == jobs.c.job_id),
        job_id=jobs.c.job_id,
        tenant_id=cast(jobs.c.tenant_id, Text),
        description=job_inputs.c.desc_kor,
        step=jobs.c.current_step,
        status=jobs.c.status,
        retry_count=or_null(jobs.c.retry_count, caps),
        created_at=jobs.c.created_at,
        updated_at=jobs.c.updated_at,
        has_copy=has_english_copy(caps, _ASKED),
        has_feed=_has_feed(caps, jobs.c.job_id),
    ).where(among(jobs.c.job_id, _ASKED))


def _variants(caps: Capabilities, of_jobs: Chosen) -> CTE:
    """The jobs' variants, read once: their results are looked for too."""
    variants = jobs_variants.c
    columns = (
        variants.job_id,
        variants.job_variants_id,
        variants.creation_order,
        variants.current_step,
        variants.status,
        or_null(variants.retry_count, caps),
        variants.created_at,
        variants.updated_at,
    )
    return select(*columns).where(of_jobs(variants.job_id)).cte("asked_variants")


def _variants_query(variants: CTE) -> Select[Any]:
    return _part(
        RowKind.VARIANT,
        variants,
        job_id=variants.c.job_id,
        variant_id=variants.c.job_variants_id,
        number=variants.c.creation_order,
        step=variants.c.current_step,
        status=variants.c.status,
        retry_count=variants.c.retry_count,
        created_at=variants.c.created_at,
        updated_at=variants.c.updated_at,
    )


def _results(caps: Capabilities, variants: CTE, of_jobs: Chosen) -> list[Select[Any]]:
    """Proof of finished steps, and the recommended font where an overlay is missing."""
    found: list[Select[Any]] = []
    proof = proof_query(caps, _in(select(variants.c.job_variants_id)), of_jobs)
    if proof is not None:
        known = {column.key: column for column in proof.selected_columns if column.key}
        found.append(proof.with_only_columns(*_columns(RowKind.PROOF, known), maintain_column_froms=True))
    blocked = without_overlay(caps, variants)
    font = fonts_query(caps, _in(blocked)) if blocked is not None else None
    if font is not None:
        rows = font.subquery("fonts")
        found.append(
            _part(
                RowKind.FONT,
                rows,
                variant_id=rows.c.job_variants_id,
                document=rows.c.response,
                created_at=rows.c.created_at,
            )
        )
    return found


def _in(chosen: Select[Any]) -> Chosen:
    """One of the ids that the query finds.

    As one array, read once: PostgreSQL then looks them up along an index, where it may join whole tables
    otherwise.
    """
    once = select(func.array(chosen.scalar_subquery(), type_=ARRAY(Uuid)).label("ids")).cte()
    ids = cast(select(once.c.ids).scalar_subquery(), ARRAY(Uuid))
    return lambda column: column == any_(ids)
