"""Run one step of stuck variants again, exactly once each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, exists, func, select, update

from feedly_core.db.engine import among, writing
from feedly_core.db.proof import Proof, read_proof
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.job_rows import BLOCKING_STEP
from feedly_core.domain.pipeline import (
    LAST_VARIANT_STEP,
    STEPS,
    VARIANT_STEP_NAMES,
    Status,
    following,
    order,
    preceding,
    title,
)
from feedly_core.domain.rollup import RowState, rolled_up
from feedly_core.domain.status import STALL_TIMEOUT
from feedly_core.domain.tables import instagram_feeds, jobs, jobs_variants
from feedly_core.errors import FeedlyError, InvalidInput, NotFound
from feedly_core.i18n import N_, Message
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings


@dataclass(frozen=True)
class RowChange:
    """One row change: table, key, (step, status) before and after."""

    table: str
    row_id: UUID
    before: RowState
    after: RowState


@dataclass(frozen=True)
class RerunPlan:
    """Planned writes and their consequences, in order."""

    job_id: UUID
    variant_id: UUID
    number: int
    step: str
    changes: tuple[RowChange, ...]
    events: tuple[Message, ...]


@dataclass(frozen=True)
class RerunPlans:
    """Plans of several variants; by variant why there is none."""

    plans: tuple[RerunPlan, ...]
    refused: Mapping[UUID, FeedlyError]


@query_budget(statements=5, rows=20)
def plan_rerun(connection: Connection, variant_id: UUID, step: str) -> RerunPlan:
    """The rows and events of running ``step`` again. Writes nothing.

    Raises :class:`NotFound`, and :class:`InvalidInput` when the job is finished, the variant is neither
    failed nor silent for five minutes nor blocked by a step without its row, or the step lies ahead of where
    the variant is or of the step that blocks it.
    """
    planned = plan_reruns(connection, {variant_id: step})
    if variant_id in planned.refused:
        raise planned.refused[variant_id]
    return planned.plans[0]


def plan_reruns(connection: Connection, wanted: Mapping[UUID, str]) -> RerunPlans:
    """Plans for several variants, each with its step, in the order given. Four statements.

    A plan counts on those before it: of two variants of one job, the second finds the job as the first left
    it. What :func:`plan_rerun` raises stands in ``refused``.
    """
    rows = _Rows.read(connection, wanted)
    plans, refused = list[RerunPlan](), dict[UUID, FeedlyError]()
    for variant_id, step in wanted.items():
        try:
            plans.append(rows.plan(variant_id, step))
        except (NotFound, InvalidInput) as error:
            refused[variant_id] = error
    return RerunPlans(tuple(plans), refused)


@dataclass(frozen=True)
class _Rows:
    """What plans are made of. ``places`` by job and variant, and ``reached`` by job, move with each plan."""

    variants: Mapping[UUID, Row[Any]]
    jobs: Mapping[UUID, Row[Any]]
    proofs: Mapping[UUID, Proof]
    places: Mapping[UUID, dict[UUID, RowState]]
    reached: dict[UUID, RowState]

    @classmethod
    def read(cls, connection: Connection, wanted: Collection[UUID]) -> _Rows:
        mine = connection.execute(_variant_query().where(among(jobs_variants.c.job_variants_id, wanted)))
        variants = {row.job_variants_id: row for row in mine}
        job_ids = {row.job_id for row in variants.values()}
        has_feed = exists().where(instagram_feeds.c.job_id == jobs.c.job_id).label("has_feed")
        theirs = connection.execute(
            select(jobs.c.job_id, jobs.c.current_step, jobs.c.status, has_feed).where(
                among(jobs.c.job_id, job_ids)
            )
        )
        its_jobs = {row.job_id: row for row in theirs}
        proofs = read_proof(connection, {key: row.job_id for key, row in variants.items()})
        places: dict[UUID, dict[UUID, RowState]] = {job_id: {} for job_id in its_jobs}
        for row in connection.execute(_variant_query().where(among(jobs_variants.c.job_id, job_ids))):
            places[row.job_id][row.job_variants_id] = (row.current_step, row.status)
        reached = {key: (job.current_step, job.status) for key, job in its_jobs.items()}
        return cls(variants, its_jobs, proofs, places, reached)

    def plan(self, variant_id: UUID, step: str) -> RerunPlan:
        """Raises :class:`NotFound` and :class:`InvalidInput`."""
        variant = self.variants.get(variant_id)
        if variant is None:
            raise NotFound(N_("This variant is no longer there."), hint=N_("Load the page again."))
        job, places = self.jobs[variant.job_id], self.places[variant.job_id]
        missing = self.proofs[variant_id].missing(variant.current_step, variant.status)
        _check(variant, job, job.has_feed, step, BLOCKING_STEP if BLOCKING_STEP in missing else None)
        siblings = [place for key, place in places.items() if key != variant_id]
        plan = _plan(variant, self.reached[job.job_id], siblings, step)
        for change in plan.changes:
            if change.row_id == variant_id:
                places[variant_id] = change.after
            else:
                self.reached[job.job_id] = change.after
        return plan


def rerun(engine: Engine, settings: Settings, person: Person, variant_id: UUID, step: str) -> RerunPlan:
    """Set the variant to (the step before, done), as planned.

    Writes one audit line. Events: see :func:`run_again`.
    Raises :class:`PermissionDenied`, :class:`RowLocked` (a worker is on it; nothing is written) and what
    :func:`plan_rerun` raises.
    """
    require(person, Role.OPERATOR, settings)
    with writing(engine) as connection:
        plan = run_again(connection, variant_id, step)
        before, after = audited(plan)
        audit(connection, person, "rerun_step", str(variant_id), before=before, after=after)
    return plan


def run_again(
    connection: Connection, variant_id: UUID, step: str, planned: RowState | None = None
) -> RerunPlan:
    """Lock the variant, plan, and write its row, within the caller's transaction.

    Events: one ``job_variant_state_changed`` (done), which starts ``step`` once; the roll-up may send a
    ``job_state_changed``. A variant that already is there goes to running first, within the same
    transaction, because edition 1.0.0 of the trigger notifies changes of (step, status) only.
    ``queued`` is never written: the listener would start the step twice.
    Raises what :func:`plan_rerun` raises, and :class:`InvalidInput` when the variant is no longer where
    ``planned`` says.
    """
    mine = jobs_variants.c.job_variants_id == variant_id
    connection.execute(_variant_query().where(mine).with_for_update(key_share=True))
    plan = plan_rerun(connection, variant_id, step)
    change = plan.changes[0]
    if planned is not None and change.before != planned:
        raise InvalidInput(
            N_(
                "This variant has moved on: it is at ({step}, {status}) now.",
                step=change.before[0] or "–",
                status=change.before[1] or "–",
            ),
            hint=N_("Nothing was written for it. Plan anew if it is still broken."),
        )
    if change.before == change.after:
        _write(connection, variant_id, change.after[0], Status.RUNNING)
    _write(connection, variant_id, change.after[0], Status.DONE)
    return plan


def audited(plan: RerunPlan) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """Before and after of a plan, as the audit log keeps them."""
    change = plan.changes[0]
    return (
        {"step": change.before[0], "status": change.before[1]},
        {"step": change.after[0], "status": change.after[1], "runs": plan.step},
    )


def _variant_query() -> Select[Any]:
    table = jobs_variants.c
    return select(
        table.job_variants_id,
        table.job_id,
        table.creation_order,
        table.current_step,
        table.status,
        table.updated_at,
    )


def _write(connection: Connection, variant_id: UUID, step: str | None, status: Status) -> None:
    connection.execute(
        update(jobs_variants)
        .where(jobs_variants.c.job_variants_id == variant_id)
        .values(current_step=step, status=status.value, updated_at=func.clock_timestamp())
    )


def _check(
    variant: Row[*tuple[Any, ...]],
    job: Row[*tuple[Any, ...]],
    has_feed: bool,
    step: str,
    blocked_by: str | None,
) -> None:
    """Raises :class:`InvalidInput` for what must never be run again."""
    if step not in VARIANT_STEP_NAMES:
        raise InvalidInput(N_("{step} is no step of a variant.", step=step))
    if has_feed or order(job.current_step) > order(LAST_VARIANT_STEP):
        raise InvalidInput(
            N_("This job is finished."),
            detail=N_("Moving one of its variants would write its texts and its feed post a second time."),
            hint=N_("Make a new job like this one instead."),
        )
    silent = variant.updated_at is None or datetime.now(UTC) - variant.updated_at > STALL_TIMEOUT
    if blocked_by and order(step) > order(blocked_by):
        raise InvalidInput(
            N_("{step} cannot start: {missing} stored no row.", step=title(step), missing=title(blocked_by)),
            hint=N_("Run {step} again instead.", step=title(blocked_by)),
        )
    if variant.status != Status.FAILED and not silent and not blocked_by:
        raise InvalidInput(
            N_("This variant is moving: it changed less than {minutes} minutes ago.", minutes=5),
            hint=N_("Wait until it has failed or stands still."),
        )
    reached = variant.current_step or ""
    furthest = following(reached) if variant.status == Status.DONE else reached
    if furthest not in STEPS or order(step) > order(furthest) or reached == "user_img_input":
        raise InvalidInput(
            N_("The variant has not come as far as {step}.", step=title(step)),
            hint=N_("Choose an earlier step."),
        )


def _plan(
    variant: Row[*tuple[Any, ...]], job_before: RowState, siblings: Sequence[RowState], step: str
) -> RerunPlan:
    after: RowState = (preceding(step), Status.DONE.value)
    before: RowState = (variant.current_step, variant.status)
    changes = [RowChange("jobs_variants", variant.job_variants_id, before, after)]
    told = N_(
        "job_variant_state_changed tells that variant {number} is at ({step}, done).",
        number=variant.creation_order,
        step=after[0],
    )
    events = [told, N_("The listener starts {step} for it, once.", step=title(step))]
    job_after = rolled_up(job_before, after, [after, *siblings])
    if job_after != job_before:
        changes.append(RowChange("jobs", variant.job_id, job_before, job_after))
        events.append(
            N_(
                "The roll-up trigger sets the job to ({step}, {status}) and job_state_changed tells it.",
                step=job_after[0],
                status=job_after[1],
            )
        )
        events.append(N_("Hearing that, the service may also start steps of variants that lag behind."))
    return RerunPlan(
        variant.job_id, variant.job_variants_id, variant.creation_order, step, tuple(changes), tuple(events)
    )
