"""Recovery after a restart: interrupted steps and missed events.

The real YH has no such scan (its variants would wait for ever); a demo that stands still after Ctrl+C
would be no demo. Jobs at rest, waiting for a person to fire them, are left alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, update

from dashboard.demo.simulator.calls import Call
from dashboard.demo.simulator.repository import blocked
from dashboard.demo.simulator.scenarios import REFUSED_STEP, Scenario, Scenarios
from feedly_core.domain.pipeline import LAST_VARIANT_STEP, TEXT_STEPS, VARIANT_STEP_NAMES, Status, following
from feedly_core.domain.tables import job_inputs, jobs, jobs_variants, txt_ad_copy_generations

GIVEN_UP_AFTER = timedelta(hours=1)
"""A variant that was retried and then rested for so long is stuck for good, as it would be in reality."""


def unfinished_variants(connection: Connection, scenarios: Scenarios, idle_since: datetime) -> list[Call]:
    """The step each interrupted variant should run next, of variants untouched since ``idle_since``."""
    variants = jobs_variants
    rows = connection.execute(
        select(
            variants.c.job_variants_id,
            variants.c.job_id,
            variants.c.creation_order,
            variants.c.current_step,
            variants.c.status,
            variants.c.retry_count,
            variants.c.updated_at,
            jobs.c.tenant_id,
        )
        .join(jobs, jobs.c.job_id == variants.c.job_id)
        .where(variants.c.updated_at < idle_since, _interrupted())
        .order_by(variants.c.updated_at)
        .limit(200)
    )
    calls = []
    for row in rows:
        step = following(row.current_step) if row.status == Status.DONE else row.current_step
        scenario = scenarios.of(row.job_id, row.tenant_id)
        hopeless = scenarios.refuses(scenario, row.job_id, row.creation_order, REFUSED_STEP)
        given_up = row.retry_count and row.updated_at < idle_since - GIVEN_UP_AFTER
        if step and not hopeless and not given_up and not blocked(connection, row.job_variants_id, step):
            calls.append(Call(step, row.job_id, row.job_variants_id))
    return calls


def unfinished_jobs(connection: Connection, idle_since: datetime) -> list[Call]:
    """Text steps and image generation, interrupted or never started."""
    copy = txt_ad_copy_generations
    has_copy = exists().where(
        copy.c.job_id == jobs.c.job_id, copy.c.generation_stage.in_(("ad_copy_eng", "refined_ad_copy"))
    )
    has_tone = exists().where(job_inputs.c.job_id == jobs.c.job_id, job_inputs.c.tone_style_id.is_not(None))
    text_due = and_(
        jobs.c.status == Status.DONE,
        jobs.c.current_step.in_((LAST_VARIANT_STEP, TEXT_STEPS[0].name)),
        has_copy,
    )
    generation_due = and_(
        or_(
            and_(
                jobs.c.status == Status.DONE, jobs.c.current_step.in_(("user_img_input", "gen_vlm_analyze"))
            ),
            and_(jobs.c.status == Status.RUNNING, jobs.c.current_step.in_(("gen_vlm_analyze", "img_gen"))),
        ),
        has_tone,
    )
    rows = connection.execute(
        select(jobs.c.job_id, jobs.c.current_step, jobs.c.status)
        .where(jobs.c.updated_at < idle_since, or_(text_due, generation_due))
        .order_by(jobs.c.updated_at)
        .limit(50)
    )
    calls = []
    for row in rows:
        step = row.current_step if row.status == Status.RUNNING else _called(row.current_step)
        calls.append(Call(step, row.job_id))
    return calls


def repair_completed(connection: Connection, now: datetime) -> int:
    """The service's own repair: (running, iou_eval) with all variants (iou_eval, done) becomes done.

    Returns the number of jobs; each UPDATE is the event that starts the text steps.
    """
    variants = jobs_variants
    of_job = variants.c.job_id == jobs.c.job_id
    unfinished = exists().where(
        of_job, or_(variants.c.current_step != LAST_VARIANT_STEP, variants.c.status != Status.DONE)
    )
    result = connection.execute(
        update(jobs)
        .where(
            jobs.c.current_step == LAST_VARIANT_STEP,
            jobs.c.status == Status.RUNNING,
            exists().where(of_job),
            ~unfinished,
        )
        .values(status=Status.DONE, retry_count=jobs.c.retry_count + 1, updated_at=now)
    )
    return result.rowcount


def skip_failed(connection: Connection, scenarios: Scenarios, now: datetime, idle_since: datetime) -> int:
    """Skip the failed step of variants that no event will ever repair; returns how many.

    A variant that fails while its job already reads failed at that step changes nothing there, so that the
    recovery gets no notification. Wild and faltering jobs are meant to arrive all the same.
    """
    variants = jobs_variants
    rows = connection.execute(
        select(variants.c.job_variants_id, variants.c.job_id, jobs.c.tenant_id)
        .join(jobs, jobs.c.job_id == variants.c.job_id)
        .where(
            variants.c.status == Status.FAILED,
            variants.c.current_step.in_(VARIANT_STEP_NAMES),
            variants.c.updated_at.between(now - GIVEN_UP_AFTER, idle_since),
        )
        .limit(50)
    )
    repairable = (Scenario.DISORDERLY, Scenario.FALTERING)
    found = [row.job_variants_id for row in rows if scenarios.of(row.job_id, row.tenant_id) in repairable]
    result = connection.execute(
        update(variants)
        .where(variants.c.job_variants_id.in_(found), variants.c.status == Status.FAILED)
        .values(status=Status.DONE, retry_count=variants.c.retry_count + 1, updated_at=now)
    )
    return result.rowcount


def _interrupted() -> ColumnElement[bool]:
    variants = jobs_variants
    fired = and_(
        variants.c.current_step == "img_gen",
        variants.c.status == Status.DONE,
        variants.c.updated_at > variants.c.created_at,
    )
    walking = and_(
        variants.c.current_step.in_(VARIANT_STEP_NAMES),
        variants.c.status.in_((Status.DONE, Status.QUEUED, Status.RUNNING)),
        ~and_(variants.c.current_step == LAST_VARIANT_STEP, variants.c.status == Status.DONE),
    )
    return or_(fired, walking)


def _called(step: str) -> str:
    return {"user_img_input": "gen_vlm_analyze"}.get(step) or str(following(step))
