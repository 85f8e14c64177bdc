"""Which jobs are in flight, and which rows are new: bounded queries of the hub."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, or_, select, union_all

from feedly_core.domain.pipeline import LAST_STEP, Status
from feedly_core.domain.tables import jobs, jobs_variants

BOARD_LIMIT = 500
"""Most jobs a board holds; the newest win."""


def in_flight_ids(connection: Connection, *, since: datetime, finished_since: datetime) -> list[UUID]:
    """Ids of jobs created after ``since`` that are not complete, or became so after ``finished_since``.

    Newest first, at most :data:`BOARD_LIMIT`. Walks the index over ``created_at``.
    """
    return list(connection.scalars(_IN_FLIGHT, {"since": since, "finished_since": finished_since}).all())


_COMPLETE = and_(jobs.c.current_step == LAST_STEP, jobs.c.status == Status.DONE)
_IN_FLIGHT = (
    select(jobs.c.job_id)
    .where(
        jobs.c.created_at > bindparam("since"),
        or_(_COMPLETE.is_not(True), jobs.c.updated_at > bindparam("finished_since")),
    )
    .order_by(jobs.c.created_at.desc())
    .limit(BOARD_LIMIT)
)


@dataclass(frozen=True, slots=True)
class NewRow:
    """One inserted row of ``jobs`` or ``jobs_variants``."""

    row_id: UUID
    job_id: UUID


def new_rows(connection: Connection, since: datetime) -> list[NewRow]:
    """Jobs and variants after ``since``: triggers fire on UPDATE only.

    One statement over the two ``created_at`` indexes.
    """
    new_jobs = select(jobs.c.job_id, jobs.c.job_id).where(jobs.c.created_at > since)
    new_variants = select(jobs_variants.c.job_variants_id, jobs_variants.c.job_id).where(
        jobs_variants.c.created_at > since, jobs_variants.c.job_id.is_not(None)
    )
    return [NewRow(*row) for row in connection.execute(union_all(new_jobs, new_variants))]
