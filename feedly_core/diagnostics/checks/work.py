"""Does any work stand still in the pipeline?"""

from __future__ import annotations

import json
import shlex
from math import inf

from sqlalchemy import func, select

from feedly_core.db.engine import capabilities
from feedly_core.diagnostics.check import Check, CheckOutcome, Finding, Fix, Group, age_words
from feedly_core.diagnostics.context import CheckContext
from feedly_core.diagnostics.stalled_variants import (
    AGE_LIMITS,
    MOST_LISTED,
    StalledJob,
    grouped,
    jobs_out_of_step,
    recent,
    seconds_since,
    stalled_jobs,
    still_young,
    waiting_variants,
)
from feedly_core.domain.contract import MAX_RETRIES
from feedly_core.domain.labels import status_label
from feedly_core.domain.pipeline import title
from feedly_core.domain.tables import jobs
from feedly_core.i18n import N_, NN_

TEXT_ROUTES = {
    "ad_copy_gen_kor": "/api/yh/gpt/eng-to-kor",
    "instagram_feed_gen": "/api/yh/instagram/feed",
}
"""What the listener would have called."""

_AGES = dict(
    zip(
        (*AGE_LIMITS, inf),
        (N_("up to 10 minutes"), N_("up to an hour"), N_("up to a day"), N_("longer than a day")),
        strict=True,
    )
)


def stalled(context: CheckContext) -> Finding:
    """Variants whose next step never began, by step and age."""
    with context.reading() as connection:
        waiting = waiting_variants(connection, context.thresholds)
    found = waiting.stalled
    if not found:
        young = still_young(waiting, context.thresholds)
        return Finding(CheckOutcome.OK, young or N_("No variant is stalled."))
    rows = tuple(
        (title(step), status_label(status), _AGES[limit], str(len(group)), age_words(group[0].age))
        for (step, status, limit), group in grouped(found).items()
    )
    return Finding(
        CheckOutcome.WARNING,
        NN_(
            "{n} variant is stalled: its next step never started.",
            "{n} variants are stalled: their next step never started.",
            len(found),
        ),
        cause="work_lost",
        why=N_(
            "Their notification was lost: no service listened, or the call was refused. The "
            "services do not recover this by themselves."
        ),
        fix=Fix(
            N_("When the checks above are OK, resend the notifications of these variants."),
            command="python -m feedly_core resend-notifications",
        ),
        rows=((N_("Step ended"), N_("Status"), N_("Stalled for"), N_("Variants"), N_("Oldest")), *rows),
    )


def jobs_stalled(context: CheckContext) -> Finding:
    """Jobs whose image generation or texts never began."""
    with context.reading() as connection:
        found = stalled_jobs(connection, context.thresholds)
    if not found:
        return Finding(CheckOutcome.OK, N_("No job is stalled."))
    texts = [job for job in found if job.awaited in TEXT_ROUTES]
    generation = "docker restart feedlyai-work-ye   # looks for waiting jobs when it starts"
    calls = [_call(context.settings.yh_url, job) for job in texts[:5]]
    return Finding(
        CheckOutcome.WARNING,
        NN_(
            "{n} job is stalled: its next step never started.",
            "{n} jobs are stalled: their next step never started.",
            len(found),
        ),
        cause="job_lost",
        why=N_(
            "A job's step is notified once, and the services do not repair it: after a lost "
            "notification the job stays where it is."
        ),
        fix=Fix(
            N_("When the checks above are OK, start the step again."),
            command="\n".join([*([generation] if len(texts) < len(found) else []), *calls]),
        ),
        rows=(
            (N_("Job"), N_("Step ended"), N_("Waits for"), N_("Since")),
            *(
                (str(job.job_id)[:8], title(job.step), title(job.awaited), age_words(job.age))
                for job in found[:20]
            ),
        ),
    )


def _call(yh_url: str, job: StalledJob) -> str:
    body = json.dumps({"job_id": str(job.job_id), "tenant_id": job.tenant_id}, ensure_ascii=False)
    address = yh_url.rstrip("/") + TEXT_ROUTES[job.awaited]
    return f"curl -X POST {address} -H 'Content-Type: application/json' -d {shlex.quote(body)}"


_ROLL_UP = """UPDATE jobs_variants SET updated_at = clock_timestamp()
WHERE job_variants_id IN (
  SELECT v.job_variants_id FROM jobs_variants v JOIN jobs j USING (job_id)
  WHERE v.job_variants_id IN ({variants})
    AND v.status = 'done' AND (j.current_step, j.status) IS DISTINCT FROM (v.current_step, 'done')
    AND coalesce(j.current_step, '') NOT IN ('ad_copy_gen_kor', 'instagram_feed_gen')
  FOR NO KEY UPDATE OF v SKIP LOCKED);"""
"""Looks again before it writes: a job that moved on since, or is finished, is left alone."""


def rolled_up(context: CheckContext) -> Finding:
    """Jobs whose variants all ended a step, while the job's own row does not say so."""
    with context.reading() as connection:
        found = jobs_out_of_step(connection, context.thresholds)
    if not found:
        return Finding(CheckOutcome.OK, N_("Every job's row agrees with its variants."))
    return Finding(
        CheckOutcome.WARNING,
        NN_("{n} job is behind its variants.", "{n} jobs are behind their variants.", len(found)),
        cause="rollup_missed",
        why=N_(
            "The roll-up trigger did not run, or two variants ended at the same moment and "
            "each missed the other. The service repairs only jobs at the last variant step, "
            "once a minute."
        ),
        fix=Fix(
            N_(
                "Check the roll-up trigger above, then send one more event for a variant of "
                "each job. Rows that a worker holds are skipped."
            ),
            sql=_ROLL_UP.format(variants=", ".join(f"'{one.first_variant}'" for one in found)),
        ),
        rows=(
            (N_("Job"), N_("Job's step"), N_("Status"), N_("Variants' step"), N_("Since")),
            *(
                (
                    str(one.job_id)[:8],
                    title(one.job_step),
                    status_label(one.job_status),
                    title(one.step),
                    age_words(one.age),
                )
                for one in found[:20]
            ),
        ),
    )


def retries(context: CheckContext) -> Finding:
    """Jobs that the service has given up repairing."""
    with context.reading() as connection:
        if not capabilities(connection).has("jobs", "retry_count"):
            return Finding(CheckOutcome.OK, N_("This schema generation does not count retries."))
        age = seconds_since(func.coalesce(jobs.c.updated_at, jobs.c.created_at))
        exhausted = connection.execute(
            select(jobs.c.job_id, jobs.c.current_step, age.label("age"))
            .where(jobs.c.retry_count >= MAX_RETRIES, recent(context.thresholds), jobs.c.status != "done")
            .order_by(age)
            .limit(MOST_LISTED)
        ).all()
    if not exhausted:
        return Finding(CheckOutcome.OK, N_("No job has used up its {most} retries.", most=MAX_RETRIES))
    return Finding(
        CheckOutcome.WARNING,
        NN_("{n} job has used up its retries.", "{n} jobs have used up their retries.", len(exhausted)),
        cause="retries_exhausted",
        why=N_("The service no longer retries: retries do not fix the cause."),
        fix=Fix(
            N_(
                "Fix the cause named in the service's log, then open the job in the live "
                "monitor and run the step again."
            ),
            command='docker logs feedlyai-work-yh --tail 500 | grep -E "RETRY|ERROR"',
        ),
        rows=(
            (N_("Job"), N_("Step"), N_("Since")),
            *(
                (str(row.job_id)[:8], title(row.current_step or "–"), age_words(row.age))
                for row in exhausted[:20]
            ),
        ),
    )


CHECKS = (
    Check(
        "work.lost",
        Group.WORK,
        N_("Stalled variants"),
        N_("Has every finished step of a variant been followed by the next one?"),
        stalled,
    ),
    Check(
        "work.lost_jobs",
        Group.WORK,
        N_("Stalled jobs"),
        N_("Has every finished step of a job been followed by the next one?"),
        jobs_stalled,
    ),
    Check(
        "work.rollup",
        Group.WORK,
        N_("Jobs and their variants"),
        N_("Does every job's row agree with its variants?"),
        rolled_up,
    ),
    Check(
        "work.retries",
        Group.WORK,
        N_("Retries"),
        N_("Has a job used up its automatic retries?"),
        retries,
    ),
)
