"""Stalled work: variants and jobs whose next step never started, jobs out of step.

(step, done) may rest for minutes while the next step's model runs; the worker then holds the row's
lock. Only a variant that no session holds, and that has not changed for a while, is stalled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil, inf
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    String,
    and_,
    cast,
    column,
    exists,
    extract,
    func,
    literal_column,
    or_,
    select,
    table,
)

from feedly_core.db.engine import Capabilities, capabilities
from feedly_core.db.proof import read_fonts, read_proof
from feedly_core.db.status_query import has_english_copy
from feedly_core.diagnostics.thresholds import Thresholds
from feedly_core.domain.job_rows import BLOCKING_STEP
from feedly_core.domain.pipeline import (
    LAST_VARIANT_STEP,
    TEXT_STEPS,
    VARIANT_STEP_NAMES,
    Status,
    following,
    order,
)
from feedly_core.domain.tables import jobs, jobs_variants
from feedly_core.i18n import NN_, Message

ENDED_STEPS = ("img_gen", *VARIANT_STEP_NAMES[:-1])
"""(one of these, done) on a variant starts the next step."""

MOST_LISTED = 500
"""Variants that are looked at; more than that is one cause, not many."""

AGE_LIMITS = (600.0, 3_600.0, 86_400.0)
"""Upper limits of the age classes, in s. Variants of one class usually stalled by one cause."""

_AFTER_VARIANTS = tuple(step.name for step in TEXT_STEPS)


@dataclass(frozen=True)
class StalledVariant:
    """A variant whose next step never began.

    ``age`` in seconds since its last change.
    """

    job_variants_id: UUID
    job_id: UUID
    tenant_id: str | None
    step: str
    status: str
    age: float
    missing: str | None = None
    """The step that ended without its row: it must run again, a notification does not help."""
    font: str | None = None
    """Font that the analysis recommended, where the overlay is missing."""

    @property
    def awaited(self) -> str:
        """The step that should have begun, or must run again."""
        if self.missing:
            return self.missing
        return self.step if self.status == Status.QUEUED else (following(self.step) or self.step)


@dataclass(frozen=True)
class StalledJob:
    """``step`` was ended ``age`` seconds ago.

    ``awaited`` should have begun at once.
    """

    job_id: UUID
    tenant_id: str | None
    step: str
    age: float

    @property
    def awaited(self) -> str:
        return following(self.step) or self.step


@dataclass(frozen=True)
class OutOfStep:
    """A job whose variants all ended ``step``, while its own row says otherwise."""

    job_id: UUID
    job_step: str | None
    job_status: str | None
    step: str
    age: float
    first_variant: UUID
    """One of its variants: the next event of any rolls the job up."""


@dataclass(frozen=True)
class Waiting:
    """Variants whose next step has not started, by what helps.

    ``stalled``: a resent notification. ``without_row``: running the step again that stored no row. ``young``:
    nothing yet, they changed less than :attr:`Thresholds.stalled_after` ago. Each oldest first.
    """

    stalled: tuple[StalledVariant, ...]
    without_row: tuple[StalledVariant, ...]
    young: tuple[StalledVariant, ...]


def waiting_variants(connection: Connection, thresholds: Thresholds) -> Waiting:
    """Variants of unfinished jobs that wait for a step which no session works on. Three statements."""
    found = _waiting(connection, thresholds)
    proofs = read_proof(connection, {one.job_variants_id: one.job_id for one in found})
    missing = {
        one.job_variants_id: steps
        for one in found
        if (steps := proofs[one.job_variants_id].missing(one.step, one.status))
    }
    fonts = read_fonts(connection, [key for key, steps in missing.items() if BLOCKING_STEP in steps])
    stalled: list[StalledVariant] = []
    without_row: list[StalledVariant] = []
    young: list[StalledVariant] = []
    for one in found:
        steps = missing.get(one.job_variants_id, ())
        old = one.age > thresholds.stalled_after
        if BLOCKING_STEP in steps or (steps and old):
            step = BLOCKING_STEP if BLOCKING_STEP in steps else steps[0]
            without_row.append(replace(one, missing=step, font=fonts.get(one.job_variants_id)))
        else:
            (stalled if old else young).append(one)
    return Waiting(tuple(stalled), tuple(without_row), tuple(young))


def still_young(waiting: Waiting, thresholds: Thresholds) -> Message | None:
    """How many variants wait, but not long enough to count as stalled, and for how long still."""
    if not waiting.young:
        return None
    return NN_(
        "No variant is stalled yet. {n} has waited for less than {limit} s and counts as stalled in "
        "{left} s.",
        "No variant is stalled yet. {n} have waited for less than {limit} s; the first counts as stalled in "
        "{left} s.",
        len(waiting.young),
        limit=round(thresholds.stalled_after),
        left=max(1, ceil(thresholds.stalled_after - waiting.young[0].age)),
    )


def stalled_variants(connection: Connection, thresholds: Thresholds) -> list[StalledVariant]:
    """Unfinished variants that a resent notification helps, oldest first."""
    return list(waiting_variants(connection, thresholds).stalled)


def _waiting(connection: Connection, thresholds: Thresholds) -> list[StalledVariant]:
    age = seconds_since(func.coalesce(jobs_variants.c.updated_at, jobs_variants.c.created_at))
    query = (
        select(
            jobs_variants.c.job_variants_id,
            jobs_variants.c.job_id,
            jobs.c.tenant_id,
            jobs_variants.c.current_step,
            jobs_variants.c.status,
            age.label("age"),
        )
        .join_from(jobs, jobs_variants, jobs.c.job_id == jobs_variants.c.job_id)
        .where(recent(thresholds), not_finished(), waits_for_a_step(), nobody_holds())
        .order_by(age.desc())
        .limit(MOST_LISTED)
    )
    return [StalledVariant(*row) for row in connection.execute(query)]


def grouped(stalled: Sequence[StalledVariant]) -> dict[tuple[str, str, float], list[StalledVariant]]:
    """By (step, status) in pipeline order, and each by age, youngest class first; a group oldest first."""
    groups: dict[tuple[str, str, float], list[StalledVariant]] = defaultdict(list)
    for variant in stalled:
        groups[variant.step, variant.status, age_class(variant.age)].append(variant)
    return dict(sorted(groups.items(), key=lambda item: (order(item[0][0]), *item[0][1:])))


def age_class(age: float) -> float:
    """The limit in seconds that ``age`` stays below: one of :data:`AGE_LIMITS`, else infinity."""
    return next((limit for limit in AGE_LIMITS if age < limit), inf)


def jobs_out_of_step(connection: Connection, thresholds: Thresholds) -> list[OutOfStep]:
    """Jobs whose variants all ended the same step although the job's row was not rolled up to it."""
    step, last = jobs_variants.c.current_step, func.max(jobs_variants.c.updated_at)
    query = (
        select(
            jobs.c.job_id,
            jobs.c.current_step,
            jobs.c.status,
            func.min(step),
            seconds_since(last).label("age"),
            func.min(cast(jobs_variants.c.job_variants_id, String)),
        )
        .join_from(jobs, jobs_variants, jobs.c.job_id == jobs_variants.c.job_id)
        .where(recent(thresholds))
        .group_by(jobs.c.job_id)
        .having(
            func.min(step) == func.max(step),
            func.min(step).in_(VARIANT_STEP_NAMES),
            func.bool_and(jobs_variants.c.status == Status.DONE.value),
            seconds_since(last) > thresholds.rollup_after,
        )
        .order_by(last)
        .limit(MOST_LISTED)
    )
    found = [
        OutOfStep(job_id, at, status, ended, still_for, UUID(variant))
        for job_id, at, status, ended, still_for, variant in connection.execute(query)
    ]
    return [job for job in found if _behind(job)]


def stalled_jobs(connection: Connection, thresholds: Thresholds) -> list[StalledJob]:
    """Oldest first.

    A job without variants waits for image generation, one after them for its texts.

    A test job that has no English copy rests at (iou_eval, done) for ever by design and is not listed.
    """
    age = seconds_since(func.coalesce(jobs.c.updated_at, jobs.c.created_at))
    query = (
        select(jobs.c.job_id, jobs.c.tenant_id, jobs.c.current_step, age.label("age"))
        .where(
            recent(thresholds),
            jobs.c.status == Status.DONE.value,
            _next_was_due(capabilities(connection)),
            age > thresholds.stalled_after,
        )
        .order_by(age.desc())
        .limit(MOST_LISTED)
    )
    return [StalledJob(*row) for row in connection.execute(query)]


def _next_was_due(known: Capabilities) -> ColumnElement[bool]:
    no_variants = ~exists().where(jobs_variants.c.job_id == jobs.c.job_id)
    due = [
        and_(jobs.c.current_step.in_(("user_img_input", "gen_vlm_analyze")), no_variants),
        jobs.c.current_step == "ad_copy_gen_kor",
    ]
    if known.has_table("txt_ad_copy_generations"):
        due.append(and_(jobs.c.current_step == LAST_VARIANT_STEP, has_english_copy(known)))
    return or_(*due)


def waits_for_a_step() -> ColumnElement[bool]:
    """(step, done) with a step to follow, or (step, queued): the next call was due at once."""
    step, status = jobs_variants.c.current_step, jobs_variants.c.status
    return or_(
        and_(status == Status.DONE.value, step.in_(ENDED_STEPS)),
        and_(status == Status.QUEUED.value, step.in_(VARIANT_STEP_NAMES)),
    )


def not_finished() -> ColumnElement[bool]:
    """The job is before the text steps and not (iou_eval, done): its variants may be updated."""
    step, status = func.coalesce(jobs.c.current_step, ""), func.coalesce(jobs.c.status, "")
    return and_(step.not_in(_AFTER_VARIANTS), ~and_(step == LAST_VARIANT_STEP, status == Status.DONE.value))


def nobody_holds() -> ColumnElement[bool]:
    """No running transaction has updated or locked the variant's row.

    Read from the row's ``xmax``: unlike a SKIP LOCKED probe it takes no lock and needs no write right.
    """
    locks = table("pg_locks", column("locktype"), column("granted"), column("mode"), column("transactionid"))
    return ~exists(
        select(literal_column("1"))
        .select_from(locks)
        .where(
            locks.c.locktype == "transactionid",
            locks.c.mode == "ExclusiveLock",
            locks.c.granted,
            locks.c.transactionid == literal_column("jobs_variants.xmax"),
        )
    )


def _behind(found: OutOfStep) -> bool:
    if order(found.job_step) > order(found.step):
        return False
    return (found.job_step, found.job_status) != (found.step, Status.DONE)


def recent(thresholds: Thresholds) -> ColumnElement[bool]:
    """Jobs young enough to be looked for."""
    return jobs.c.created_at > func.now() - timedelta(days=thresholds.work_window_days)


def seconds_since(moment: ColumnElement[object]) -> ColumnElement[float]:
    """By the database's clock, whatever ours says."""
    return extract("epoch", func.clock_timestamp() - moment).cast(Double)
