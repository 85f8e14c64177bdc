"""Faults that leave work standing still: each a row of the fault table."""

from __future__ import annotations

from feedly_core.diagnostics.check import CheckOutcome
from tests.faults.breaking_work import (
    duty_cured,
    duty_failing,
    generation_never_began,
    notification_lost,
    overlay_without_row,
    retries_used_up,
    rollup_missed,
    run_again,
    texts_never_began,
    times_mended,
    walked_on,
    zone_lost,
)
from tests.faults.fault import Fault

WARNING = CheckOutcome.WARNING

WORK_FAULTS = [
    Fault(
        "notification lost",
        notification_lost,
        "work.lost",
        WARNING,
        "work_lost",
        "1 variant is stalled",
        "python -m feedly_core resend-notifications",
        fixed=walked_on,
    ),
    Fault(
        "overlay without its row",
        overlay_without_row,
        "work.rows",
        WARNING,
        "row_missing",
        "The step Text overlay stored no row (font file missing?)",
        "fc-list | grep -i 'Gmarket Sans'",
        fixed=walked_on,
    ),
    Fault(
        "job not rolled up",
        rollup_missed,
        "work.rollup",
        WARNING,
        "rollup_missed",
        "1 job is behind its variants",
        "SKIP LOCKED",
    ),
    Fault(
        "texts never began",
        texts_never_began,
        "work.lost_jobs",
        WARNING,
        "job_lost",
        "1 job is stalled",
        "/api/yh/gpt/eng-to-kor",
    ),
    Fault(
        "image generation never began",
        generation_never_began,
        "work.lost_jobs",
        WARNING,
        "job_lost",
        "1 job is stalled",
        "docker restart feedlyai-work-ye",
    ),
    Fault(
        "retries used up",
        retries_used_up,
        "work.retries",
        WARNING,
        "retries_exhausted",
        "1 job has used up its retries",
        "run the step again",
        fixed=run_again,
    ),
    Fault(
        "times without their zone",
        zone_lost,
        "work.row_times",
        WARNING,
        "zone_lost",
        "1 row was updated before its creation",
        "WHERE updated_at < created_at",
        fixed=times_mended,
    ),
    Fault(
        "a background duty fails",
        duty_failing,
        "services.duties",
        WARNING,
        "duty_failing",
        "1 background duty fails",
        "docker logs feedly-dashboard",
        fixed=duty_cured,
    ),
]
