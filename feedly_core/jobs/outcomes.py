"""How test jobs ended, believed as the live monitor believes it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from feedly_core.domain.belief import Kind as Belief
from feedly_core.domain.belief import Row, believe_job, believe_variant
from feedly_core.jobs.orders import Kind
from feedly_core.jobs.pacing import Outcome
from feedly_core.monitor.facts import JobFacts, read_facts


def outcomes(
    conn: Connection, kind: Kind, job_ids: Collection[UUID], now: datetime
) -> dict[UUID, tuple[Outcome, datetime]]:
    """Those of the jobs that have ended, how, and when. Three statements, however many jobs.

    Full jobs end with the feed post; YE jobs when all variants have passed ``iou_eval``. A failure counts
    when nobody will repair it any more or nothing has moved for the time that the monitor calls stalled. A
    job that was removed counts as failed.
    """
    facts = read_facts(conn, job_ids)
    ended: dict[UUID, tuple[Outcome, datetime]] = {}
    for job_id in job_ids:
        found = facts.get(job_id)
        outcome = _outcome(kind, found, now) if found else Outcome.FAILED
        if outcome is not None:
            ended[job_id] = (outcome, _last_move(found) if found else now)
    return ended


def _outcome(kind: Kind, facts: JobFacts, now: datetime) -> Outcome | None:
    variants = [
        believe_variant(
            Row(each.step, each.status, each.updated_at, each.retry_count, each.proven),
            now,
            job_retries=facts.retry_count,
        )
        for each in facts.variants
    ]
    if kind is Kind.YE and variants and all(each.kind is Belief.COMPLETE for each in variants):
        return Outcome.COMPLETED
    row = Row(facts.step, facts.status, facts.updated_at, facts.retry_count)
    job = believe_job(row, variants, now, has_copy=facts.has_copy, has_feed=facts.has_feed)
    if job.kind is Belief.COMPLETE:
        return Outcome.COMPLETED
    return Outcome.FAILED if job.kind in {Belief.FAILED, Belief.FINISHED} else None


def _last_move(facts: JobFacts) -> datetime:
    return max(facts.updated_at, *(each.updated_at for each in facts.variants), facts.created_at)
