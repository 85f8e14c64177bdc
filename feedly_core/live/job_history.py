"""History of one job: recorded events and stored results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, literal, null, select, union_all

from feedly_core.analytics.durations import latency_text, stored_seconds
from feedly_core.db.engine import Capabilities, capabilities
from feedly_core.db.job_rows import read_status_rows
from feedly_core.db.own_schema import installed, step_events
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.contract import step_of
from feedly_core.domain.pipeline import STEPS
from feedly_core.domain.tables import evaluations, jobs_variants, llm_traces, overlay_layouts, vlm_traces
from feedly_core.errors import NotFound
from feedly_core.i18n import N_
from feedly_core.live.events import Event
from feedly_core.live.snapshot import ProgressHistory, TrackedJob
from feedly_core.live.timeline import Work

EVENT_LIMIT = 3000


@dataclass(frozen=True, slots=True)
class JobRecord:
    """``events`` recorded, oldest first, the newest 3,000 at most.

    ``works`` stored by the pipeline.
    """

    tracked: TrackedJob
    events: tuple[Event, ...]
    works: tuple[Work, ...]


@query_budget(statements=3, rows=100)
def read_job_record(connection: Connection, job_id: UUID) -> JobRecord:
    """The story of one job in three statements. Raises :class:`NotFound`."""
    facts = read_status_rows(connection, [job_id]).get(job_id)
    if facts is None:
        raise NotFound(
            N_("There is no job {job}.", job=job_id),
            detail=N_("It was removed, or it belongs to another database."),
            hint=N_("Choose a job from the list, or check the id."),
        )
    events = _events(connection, job_id) if installed(connection) else ()
    memory = ProgressHistory()
    memory.learn(events)
    return JobRecord(
        TrackedJob(facts, memory.of(job_id)), events, _works(connection, capabilities(connection), job_id)
    )


def _events(connection: Connection, job_id: UUID) -> tuple[Event, ...]:
    table = step_events.c
    query = (
        select(
            table.job_id,
            table.job_variants_id,
            table.step,
            table.status,
            table.row_updated_at,
            table.seen_at,
            table.source,
        )
        .where(table.job_id == job_id)
        .order_by(table.seen_at.desc(), table.event_id.desc())
        .limit(EVENT_LIMIT)
    )
    return tuple(Event(*row) for row in reversed(connection.execute(query).all()))


def _works(connection: Connection, caps: Capabilities, job_id: UUID) -> tuple[Work, ...]:
    """Results with a latency. A row's created_at is when its transaction, and so the step, began."""
    rows = connection.execute(union_all(*_work_queries(caps, job_id)))
    works = [
        Work(variant_id, step_of(operation), began, taken)
        for variant_id, operation, began, stored in rows
        if began is not None and operation is not None and (taken := stored_seconds(stored)) is not None
    ]
    return tuple(work for work in works if work.step in STEPS)


def _work_queries(caps: Capabilities, job_id: UUID) -> list[Select[Any]]:
    queries: list[Select[Any]] = [
        select(
            null().label("variant"),
            llm_traces.c.operation_type,
            llm_traces.c.created_at,
            latency_text(llm_traces.c.latency_ms),
        ).where(llm_traces.c.job_id == job_id)
    ]
    if caps.has("vlm_traces", "job_variants_id"):
        table = vlm_traces.c
        queries.append(
            select(
                table.job_variants_id, table.operation_type, table.created_at, latency_text(table.latency_ms)
            ).where(table.job_id == job_id, table.job_variants_id.is_not(None))
        )
    if caps.has("overlay_layouts", "job_variants_id") and caps.has("overlay_layouts", "latency_ms"):
        variant = overlay_layouts.c.job_variants_id
        mine = variant.in_(select(jobs_variants.c.job_variants_id).where(jobs_variants.c.job_id == job_id))
        queries.append(
            select(
                variant,
                literal("overlay"),
                overlay_layouts.c.created_at,
                latency_text(overlay_layouts.c.latency_ms),
            ).where(mine)
        )
        queries.append(
            select(
                variant,
                evaluations.c.evaluation_type,
                evaluations.c.created_at,
                latency_text(evaluations.c.metrics["latency_ms"].astext),
            )
            .select_from(
                evaluations.join(overlay_layouts, overlay_layouts.c.overlay_id == evaluations.c.overlay_id)
            )
            .where(mine)
        )
    return queries
