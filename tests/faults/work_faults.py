"""Faults that leave work standing still: each a row of the fault table."""

from __future__ import annotations

from feedly_core.diagnostics.check import Verdict
from tests.faults.breaking_work import (
    generation_began,
    generation_never_began,
    job_closed,
    next_event,
    notification_lost,
    retries_used_up,
    rollup_missed,
    texts_never_began,
    touched_again,
)
from tests.faults.fault import Fault

WARNING = Verdict.WARNING

WORK_FAULTS = [
    Fault(
        "notification lost",
        notification_lost,
        "work.lost",
        WARNING,
        "work_lost",
        "1 variant waits for a step that nobody has begun",
        "touch-again",
        fixed=touched_again,
    ),
    Fault(
        "job not rolled up",
        rollup_missed,
        "work.rollup",
        WARNING,
        "rollup_missed",
        "1 job is behind its variants",
        "SELECT j.job_id",
        fixed=next_event,
    ),
    Fault(
        "texts never began",
        texts_never_began,
        "work.lost_jobs",
        WARNING,
        "job_lost",
        "1 job waits for a step that nobody has begun",
        "/api/yh/gpt/eng-to-kor",
    ),
    Fault(
        "image generation never began",
        generation_never_began,
        "work.lost_jobs",
        WARNING,
        "job_lost",
        "1 job waits for a step that nobody has begun",
        "docker restart feedlyai-work-ye",
        fixed=generation_began,
    ),
    Fault(
        "retries used up",
        retries_used_up,
        "work.retries",
        WARNING,
        "retries_exhausted",
        "1 job has used up its retries",
        "retry_count >= 20",
        fixed=job_closed,
    ),
]
