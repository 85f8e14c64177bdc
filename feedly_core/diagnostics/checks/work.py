"""Is anything standing still in the pipeline that should have moved?"""

from __future__ import annotations

from sqlalchemy import func, select

from feedly_core.database import capabilities
from feedly_core.diagnostics.check import Check, Finding, Fix, Group, Verdict
from feedly_core.diagnostics.lost_work import grouped, jobs_out_of_step, lost_variants
from feedly_core.diagnostics.scene import Scene
from feedly_core.domain.belief import MAX_RETRIES
from feedly_core.domain.pipeline import status_words, title
from feedly_core.domain.tables import jobs
from feedly_core.words import N_, NN_, Text


def lost(scene: Scene) -> Finding:
    """Variants that ended a step and whose next step never began, by step and age."""
    with scene.reading() as conn:
        found = lost_variants(conn, scene.thresholds)
    if not found:
        return Finding(Verdict.OK, N_("No variant waits for a step that nobody has begun."))
    rows = tuple(
        (
            title(step),
            status_words(status),
            str(len(group)),
            age_words(group[-1].age),
            age_words(group[0].age),
        )
        for (step, status), group in grouped(found).items()
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
        rows=((N_("step ended"), N_("status"), N_("variants"), N_("newest"), N_("oldest")), *rows),
    )


def rolled_up(scene: Scene) -> Finding:
    """Jobs whose variants all ended a step, while the job's own row does not say so."""
    with scene.reading() as conn:
        found = jobs_out_of_step(conn, scene.thresholds)
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
                "Check the roll-up trigger above. The next event of a variant corrects its job; see them "
                "with:"
            ),
            sql=(
                "SELECT j.job_id, j.current_step, j.status, v.current_step AS variants_at, count(*)\n"
                "FROM jobs j JOIN jobs_variants v USING (job_id)\n"
                f"WHERE j.job_id IN ({', '.join(repr(str(one.job_id)) for one in found[:20])})\n"
                "GROUP BY 1, 2, 3, 4;"
            ),
        ),
        rows=(
            (N_("job"), N_("job says"), N_("all variants ended"), N_("since")),
            *(
                (str(one.job_id)[:8], title(one.job_step), title(one.step), age_words(one.age))
                for one in found[:20]
            ),
        ),
    )


def retries(scene: Scene) -> Finding:
    """Jobs that the service has given up repairing."""
    with scene.reading() as conn:
        if not capabilities(conn).has("jobs", "retry_count"):
            return Finding(Verdict.OK, N_("This schema generation does not count retries."))
        exhausted = conn.scalar(
            select(func.count())
            .select_from(jobs)
            .where(
                jobs.c.retry_count >= MAX_RETRIES,
                jobs.c.created_at
                > func.now() - func.make_interval(0, 0, 0, scene.thresholds.work_window_days),
                jobs.c.status != "done",
            )
        )
    if not exhausted:
        return Finding(Verdict.OK, N_("No job has used up its {most} retries.", most=MAX_RETRIES))
    return Finding(
        Verdict.WARNING,
        NN_("{n} job has used up its retries.", "{n} jobs have used up their retries.", exhausted),
        cause="retries_exhausted",
        why=N_("The service no longer tries; the step fails for a reason that repetition does not cure."),
        fix=Fix(
            N_("Open the job's result page and its service's log at the failing step."),
            sql=f"SELECT job_id, current_step FROM jobs WHERE retry_count >= {MAX_RETRIES};",  # noqa: S608
        ),
    )


def age_words(seconds: float) -> Text:
    """A rough age in its largest unit."""
    if seconds >= 86_400:
        return NN_("{n} day", "{n} days", int(seconds // 86_400))
    if seconds >= 3_600:
        return NN_("{n} hour", "{n} hours", int(seconds // 3_600))
    if seconds >= 60:
        return NN_("{n} minute", "{n} minutes", int(seconds // 60))
    return N_("{seconds} s", seconds=int(seconds))


CHECKS = (
    Check(
        "work.lost",
        Group.WORK,
        N_("Lost notifications"),
        N_("Has every ended step been followed by the next one?"),
        lost,
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
