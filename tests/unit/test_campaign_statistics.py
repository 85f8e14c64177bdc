"""Figures of a campaign's jobs."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from feedly_core.campaigns.pace import Statistics, statistics
from feedly_core.campaigns.store import CampaignJob

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def job(number: int, outcome: str | None = "completed", seconds: float | None = None) -> CampaignJob:
    return CampaignJob(number, uuid4(), 1, NOON, outcome, seconds, started=True)


def test_no_job_has_no_times() -> None:
    assert statistics([]) == Statistics(0, 0, 0, None, None)


def test_times_are_those_of_completed_jobs_and_p95_really_occurred() -> None:
    jobs = [job(n, seconds=float(n)) for n in range(1, 21)]
    figures = statistics([*jobs, job(21, "failed", 999.0), job(22, None)])
    assert (figures.created, figures.completed, figures.failed) == (22, 20, 1)
    assert (figures.mean_s, figures.p95_s) == (10.5, 19.0)
    assert statistics(jobs[:1]).p95_s == 1.0
