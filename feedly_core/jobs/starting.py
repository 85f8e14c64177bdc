"""The UPDATEs that wake the pipeline for a test job.

Inserted rows wake nobody.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Engine, Table, Update, exists, func, update

from feedly_core.db.engine import writing
from feedly_core.domain import tables as t
from feedly_core.domain.pipeline import Status
from feedly_core.jobs.request import JobKind
from feedly_core.jobs.rows import RULES


def start_job(engine: Engine, kind: JobKind, job_id: UUID, *, record: Update | None = None) -> int:
    """Fire the pair running -> done of a waiting job.

    Returns how many rows changed.

    Events: full job: ``job_variant_state_changed`` twice a variant at ``img_gen``; the second makes the
    listener of YH start ``vlm_analyze``; the roll-up leaves the job alone at this step. YE job:
    ``job_state_changed`` twice at ``user_img_input``; the second makes YE start, which adds three variants.

    Two transactions, because a listener reads the row again after each event. Safe to repeat: only rows that
    nobody has touched since they were inserted are started, and a start that was cut off in the middle goes
    on. ``record`` runs with the second transaction.
    """
    with writing(engine) as connection:
        untouched = _rows(kind).c.updated_at == _rows(kind).c.created_at
        connection.execute(_move(kind, job_id, Status.DONE, Status.RUNNING).where(untouched))
    with writing(engine) as connection:
        moved = connection.execute(_move(kind, job_id, Status.RUNNING, Status.DONE)).rowcount
        if record is not None:
            connection.execute(record)
    return moved


def _move(kind: JobKind, job_id: UUID, before: Status, after: Status) -> Update:
    rests = RULES[kind].step
    rows = _rows(kind)
    job_rests = exists().where(t.jobs.c.job_id == job_id, t.jobs.c.current_step == rests)
    return (
        update(rows)
        .where(rows.c.job_id == job_id, rows.c.current_step == rests, rows.c.status == before, job_rests)
        .values(status=after, updated_at=func.now())
    )


def _rows(kind: JobKind) -> Table:
    return t.jobs_variants if kind is JobKind.FULL else t.jobs
