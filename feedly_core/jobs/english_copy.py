"""Add the English ad copy that a job lacks, so that its two text steps run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, exists, func, insert, or_, select, update

from feedly_core.db.engine import capabilities, writing
from feedly_core.db.event_delivery import service_may_listen
from feedly_core.db.query_budget import query_budget
from feedly_core.db.status_query import has_english_copy
from feedly_core.domain import tables as t
from feedly_core.domain.contract import JOB_NOTIFY
from feedly_core.domain.pipeline import LAST_VARIANT_STEP, TEXT_STEPS, Status, title
from feedly_core.domain.rollup import RowState
from feedly_core.domain.typed_text import text_problems
from feedly_core.errors import InvalidInput, NotFound
from feedly_core.i18n import N_, Message
from feedly_core.jobs.request import MAX_TEXT
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings

STAGE = "ad_copy_eng"

_RESTING: RowState = (LAST_VARIANT_STEP, Status.DONE.value)
_BETWEEN: RowState = (LAST_VARIANT_STEP, Status.RUNNING.value)


@dataclass(frozen=True)
class CopyPlan:
    """One new row of ``txt_ad_copy_generations``, two changes of the job's row, the events that follow.

    ``heard`` is False when no service listens: the text steps then start only after another event.
    """

    job_id: UUID
    stage: str
    changes: tuple[tuple[RowState, RowState], ...]
    events: tuple[Message, ...]
    heard: bool


@query_budget(statements=1, rows=50)
def plan_english_copy(connection: Connection, job_id: UUID) -> CopyPlan:
    """What :func:`add_english_copy` would write. Writes nothing.

    Raises :class:`NotFound`, and :class:`InvalidInput` when the job has a copy or a feed post, is not at
    (iou_eval, done), or has a variant that is not.
    """
    caps = capabilities(connection)
    if not caps.has_table(t.txt_ad_copy_generations.name):
        raise InvalidInput(N_("The table txt_ad_copy_generations is missing; the two text steps cannot run."))
    job = connection.execute(_job_query(job_id, has_english_copy(caps, [job_id]))).one_or_none()
    if job is None:
        raise NotFound(N_("This job is no longer there."), hint=N_("Load the page again."))
    _check(job)
    step, status = _RESTING
    events = (
        N_("job_state_changed tells that the job is at ({step}, {status}).", step=step, status=status),
        N_(
            "The listener starts {step} for it, and then {next}.",
            step=title(TEXT_STEPS[0].name),
            next=title(TEXT_STEPS[1].name),
        ),
    )
    return CopyPlan(job_id, STAGE, ((_RESTING, _BETWEEN), (_BETWEEN, _RESTING)), events, bool(job.heard))


def add_english_copy(engine: Engine, settings: Settings, person: Person, job_id: UUID, copy: str) -> CopyPlan:
    """Write the copy and tell the listener, as planned; one transaction, one audit line.

    Events: ``job_state_changed`` at (iou_eval, running) and at (iou_eval, done), because the trigger tells
    changes of (step, status) only. The second starts the first text step, the end of which starts the
    other one. No variant changes. Raises :class:`PermissionDenied`, :class:`RowLocked`,
    :class:`InvalidInput` for a text that cannot be used, and what :func:`plan_english_copy` raises.
    """
    require(person, Role.OPERATOR, settings)
    for problem in text_problems(N_("English ad copy"), copy, MAX_TEXT, required=True):
        raise InvalidInput(problem, detail=N_("Nothing was written."))
    text = copy.strip()
    with writing(engine) as connection:
        locked = select(t.jobs.c.job_id).where(t.jobs.c.job_id == job_id)
        connection.execute(locked.with_for_update(key_share=True))
        plan = plan_english_copy(connection, job_id)
        connection.execute(
            insert(t.txt_ad_copy_generations).values(
                job_id=job_id, generation_stage=STAGE, ad_copy_eng=text, status=Status.DONE.value
            )
        )
        for _before, (step, status) in plan.changes:
            connection.execute(
                update(t.jobs)
                .where(t.jobs.c.job_id == job_id)
                .values(current_step=step, status=status, updated_at=func.clock_timestamp())
            )
        audit(
            connection,
            person,
            "add_english_copy",
            str(job_id),
            before={"ad_copy_eng": None},
            after={"ad_copy_eng": text},
        )
    return plan


def _job_query(job_id: UUID, has_copy: Any) -> Select[Any]:
    jobs, variants = t.jobs.c, t.jobs_variants.c
    unfinished = or_(
        variants.current_step.is_distinct_from(LAST_VARIANT_STEP),
        variants.status.is_distinct_from(Status.DONE.value),
    )
    return select(
        jobs.current_step,
        jobs.status,
        has_copy.label("has_copy"),
        exists().where(t.instagram_feeds.c.job_id == jobs.job_id).label("has_feed"),
        exists().where(variants.job_id == jobs.job_id).label("has_variants"),
        exists().where(variants.job_id == jobs.job_id, unfinished).label("has_unfinished"),
        service_may_listen(JOB_NOTIFY.channel).label("heard"),
    ).where(jobs.job_id == job_id)


def _check(job: Row[Any]) -> None:
    """Raises :class:`InvalidInput` where the text steps would run too early or a second time."""
    if job.has_feed:
        raise InvalidInput(N_("This job is finished."), detail=N_("It has a feed post already."))
    if job.has_copy:
        raise InvalidInput(
            N_("This job has an English ad copy already."),
            hint=N_("If its text steps do not start, see the diagnostics."),
        )
    resting = (job.current_step, job.status) == _RESTING
    if not resting or not job.has_variants or job.has_unfinished:
        raise InvalidInput(
            N_("The job's variants are not all complete, or the job is not at (iou_eval, done)."),
            hint=N_("Wait until they are; the copy is added to a job that has come to rest."),
        )
