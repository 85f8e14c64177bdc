"""Is anything standing still in the pipeline that should have moved?"""

from __future__ import annotations

import json
import shlex
from math import inf

from sqlalchemy import func, select

from feedly_core.db.engine import capabilities
from feedly_core.diagnostics.ages import age_words
from feedly_core.diagnostics.check import Check, Finding, Fix, Group, Verdict
from feedly_core.diagnostics.context import Scene
from feedly_core.diagnostics.lost_jobs import LostJob, lost_jobs
from feedly_core.diagnostics.stalled_variants import (
    AGE_LIMITS,
    MOST_LISTED,
    grouped,
    jobs_out_of_step,
    lost_variants,
    recent,
    seconds_since,
)
from feedly_core.domain.labels import status_label
from feedly_core.domain.pipeline import title
from feedly_core.domain.status import MAX_RETRIES
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


def lost(scene: Scene) -> Finding:
    """Variants that ended a step and whose next step never began, by step and age."""
    with scene.reading() as connection:
        found = lost_variants(connection, scene.thresholds)
    if not found:
        return Finding(Verdict.OK, N_("No variant waits for a step that nobody has begun."))
    rows = tuple(
        (title(step), status_label(status), _AGES[limit], str(len(group)), age_words(group[0].age))
        for (step, status, limit), group in grouped(found).items()
    )
    return Finding(
        Verdict.WARNING,
        NN_(
            "{n} variant waits for a step that nobody has begun.",
            "{n} variants wait for a step that nobody has begun.",
            len(found),
        ),
        cause="work_lost",
        why=N_(
            "Their notification was lost: nobody listened, or the call was refused. The services never "
            "look back by themselves."
        ),
        fix=Fix(
            N_(
                "When the checks above are in order, touch these variants again: it sends their event "
                "once more."
            ),
            command="python -m feedly_core touch-again",
        ),
        rows=((N_("step ended"), N_("status"), N_("for how long"), N_("variants"), N_("oldest")), *rows),
    )


def lost_of_jobs(scene: Scene) -> Finding:
    """Jobs whose image generation or texts never began."""
    with scene.reading() as connection:
        found = lost_jobs(connection, scene.thresholds)
    if not found:
        return Finding(Verdict.OK, N_("No job waits for a step that nobody has begun."))
    texts = [job for job in found if job.awaited in TEXT_ROUTES]
    generation = "docker restart feedlyai-work-ye   # looks for waiting jobs when it starts"
    calls = [_call(scene.settings.yh_url, job) for job in texts[:5]]
    return Finding(
        Verdict.WARNING,
        NN_(
            "{n} job waits for a step that nobody has begun.",
            "{n} jobs wait for a step that nobody has begun.",
            len(found),
        ),
        cause="job_lost",
        why=N_(
            "Steps of a job are announced once and are not repaired by the services: a lost one waits "
            "for ever."
        ),
        fix=Fix(
            N_("When the checks above are in order, start the step again."),
            command="\n".join([*([generation] if len(texts) < len(found) else []), *calls]),
        ),
        rows=(
            (N_("job"), N_("step ended"), N_("waits for"), N_("since")),
            *(
                (str(job.job_id)[:8], title(job.step), title(job.awaited), age_words(job.age))
                for job in found[:20]
            ),
        ),
    )


def _call(yh_url: str, job: LostJob) -> str:
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


def rolled_up(scene: Scene) -> Finding:
    """Jobs whose variants all ended a step, while the job's own row does not say so."""
    with scene.reading() as connection:
        found = jobs_out_of_step(connection, scene.thresholds)
    if not found:
        return Finding(Verdict.OK, N_("Every job's row agrees with its variants."))
    return Finding(
        Verdict.WARNING,
        NN_("{n} job is behind its variants.", "{n} jobs are behind their variants.", len(found)),
        cause="rollup_missed",
        why=N_(
            "The roll-up trigger did not run, or two variants ended at the same moment and each missed the "
            "other. The service repairs only jobs at the last variant step, once a minute."
        ),
        fix=Fix(
            N_(
                "Check the roll-up trigger above, then send one more event for a variant of each job; rows "
                "that a worker holds are passed over."
            ),
            sql=_ROLL_UP.format(variants=", ".join(f"'{one.first_variant}'" for one in found)),
        ),
        rows=(
            (N_("job"), N_("job says"), N_("status"), N_("all variants ended"), N_("since")),
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


def retries(scene: Scene) -> Finding:
    """Jobs that the service has given up repairing."""
    with scene.reading() as connection:
        if not capabilities(connection).has("jobs", "retry_count"):
            return Finding(Verdict.OK, N_("This schema generation does not count retries."))
        age = seconds_since(func.coalesce(jobs.c.updated_at, jobs.c.created_at))
        exhausted = connection.execute(
            select(jobs.c.job_id, jobs.c.current_step, age.label("age"))
            .where(jobs.c.retry_count >= MAX_RETRIES, recent(scene.thresholds), jobs.c.status != "done")
            .order_by(age)
            .limit(MOST_LISTED)
        ).all()
    if not exhausted:
        return Finding(Verdict.OK, N_("No job has used up its {most} retries.", most=MAX_RETRIES))
    return Finding(
        Verdict.WARNING,
        NN_("{n} job has used up its retries.", "{n} jobs have used up their retries.", len(exhausted)),
        cause="retries_exhausted",
        why=N_("The service no longer tries; the step fails for a reason that repetition does not cure."),
        fix=Fix(
            N_(
                "Cure what the service's log names at that step, then open the job in the live monitor and "
                "run the step again."
            ),
            command='docker logs feedlyai-work-yh --tail 500 | grep -E "RETRY|ERROR"',
        ),
        rows=(
            (N_("job"), N_("stands at"), N_("since")),
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
        N_("Lost notifications"),
        N_("Has every ended step been followed by the next one?"),
        lost,
    ),
    Check(
        "work.lost_jobs",
        Group.WORK,
        N_("Waiting jobs"),
        N_("Has every ended step of a job been followed by the next one?"),
        lost_of_jobs,
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
