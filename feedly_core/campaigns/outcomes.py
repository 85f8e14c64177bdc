"""Outcomes of test jobs, recorded for their campaign."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from feedly_core.campaigns.schedule import Outcome, State
from feedly_core.db.job_rows import read_status_inputs
from feedly_core.db.own_schema import campaign_jobs, campaigns
from feedly_core.domain.job_rows import JobRow, StatusInputs
from feedly_core.domain.status import State as JobState
from feedly_core.jobs.request import JobKind
from feedly_core.jobs.rows import RULES

_UNDRIVEN = (State.PAUSED.value, State.STOPPED.value, State.FAILED.value)
_LOOKED_AFTER = timedelta(days=1)
"""How long after its start a job of a campaign that nobody drives any more is still looked at."""

_AT_ONCE = 200

YE_VARIANTS = 3
"""Number of variants that the image generation adds to a job."""


def note_ended(
    connection: Connection, kind: JobKind, job_ids: Collection[UUID], now: datetime, *, started: bool
) -> set[UUID]:
    """Record which of these campaign jobs have ended; return them.

    With outcome and time.

    ``started``: their campaign fires the trigger, or announces them to the image generation.
    """
    ended = outcomes(connection, kind, job_ids, now, announced=kind is JobKind.YE and started)
    members = campaign_jobs.c
    for job_id, (outcome, at) in ended.items():
        connection.execute(
            update(campaign_jobs)
            .where(members.job_id == job_id)
            .values(outcome=outcome.value, finished_at=func.greatest(members.created_at, at))
        )
    return set(ended)


def note_undriven(connection: Connection) -> bool:
    """Record outcomes of jobs whose campaign has already ended.

    It was paused, stopped or has failed.

    Any process may do it; rows that another one is busy with are skipped. One statement when nothing is open.
    Answers whether anything was.
    """
    members = campaign_jobs.c
    rows = connection.execute(
        select(members.job_id, campaigns.c.kind, func.now().label("now"))
        .join(campaigns, campaigns.c.campaign_id == members.campaign_id)
        .where(
            campaigns.c.state.in_(_UNDRIVEN),
            members.outcome.is_(None),
            members.fired_at > func.now() - _LOOKED_AFTER,
        )
        .order_by(members.fired_at)
        .limit(_AT_ONCE)
        .with_for_update(of=campaign_jobs, skip_locked=True)
    ).all()
    for kind in JobKind:
        mine = [row.job_id for row in rows if row.kind == kind.value]
        if mine:
            note_ended(connection, kind, mine, rows[0].now, started=True)
    return bool(rows)


def outcomes(
    connection: Connection,
    kind: JobKind,
    job_ids: Collection[UUID],
    now: datetime,
    *,
    announced: bool = False,
) -> dict[UUID, tuple[Outcome, datetime]]:
    """Those of the jobs that have ended, how, and when.

    Six statements, however many jobs.

    Full jobs end with the feed post; YE jobs when all variants have passed ``iou_eval``. Of an ``announced``
    YE job only the variants count that the image generation added: the prepared ones rest for ever. A failure
    counts when nobody will repair it any more or nothing has moved for the time that the monitor calls
    stalled. A job that was removed counts as failed.
    """
    found = read_status_inputs(connection, job_ids)
    ended: dict[UUID, tuple[Outcome, datetime]] = {}
    for job_id in job_ids:
        inputs = found.get(job_id)
        outcome = _outcome(kind, inputs, now, announced) if inputs else Outcome.FAILED
        if outcome is not None:
            ended[job_id] = (outcome, _last_move(inputs.record) if inputs else now)
    return ended


def _outcome(kind: JobKind, inputs: StatusInputs, now: datetime, announced: bool) -> Outcome | None:
    if announced:
        rests = RULES[JobKind.YE].step
        added = tuple(each for each in inputs.record.variants if each.step != rests)
        inputs = replace(inputs, record=inputs.record._replace(variants=added))
    statuses = inputs.at(now)
    variants = statuses.variants.values()
    if kind is JobKind.YE and variants and all(each.state is JobState.COMPLETE for each in variants):
        return Outcome.COMPLETED if not announced or len(variants) >= YE_VARIANTS else None
    if statuses.job.state is JobState.COMPLETE:
        return Outcome.COMPLETED
    return Outcome.FAILED if statuses.job.state in {JobState.FAILED, JobState.STALLED} else None


def _last_move(record: JobRow) -> datetime:
    return max(record.updated_at, *(each.updated_at for each in record.variants), record.created_at)
