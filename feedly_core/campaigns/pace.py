"""Figures of a campaign's jobs. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from feedly_core.campaigns.schedule import Outcome
from feedly_core.campaigns.store import CampaignJob


@dataclass(frozen=True)
class Statistics:
    """Counts, and completion times in seconds: None when no job was completed."""

    created: int
    completed: int
    failed: int
    mean_s: float | None
    p95_s: float | None


def statistics(jobs: Sequence[CampaignJob]) -> Statistics:
    """Counts of all jobs, times of the completed ones. p95 is the nearest rank."""
    times = sorted(
        job.seconds for job in jobs if job.outcome == Outcome.COMPLETED and job.seconds is not None
    )
    return Statistics(
        created=len(jobs),
        completed=sum(job.outcome == Outcome.COMPLETED for job in jobs),
        failed=sum(job.outcome == Outcome.FAILED for job in jobs),
        mean_s=sum(times) / len(times) if times else None,
        p95_s=times[math.ceil(0.95 * len(times)) - 1] if times else None,
    )
