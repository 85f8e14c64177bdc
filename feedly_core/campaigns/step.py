"""One step of one campaign.

Record what ended, resume what was interrupted, then create a job, wait, or end.

Everything is read from rows, so any process can take the next step. A job, its place in the campaign and the
proof of the lease are written by one statement: no step can double or lose a job, whenever its process dies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection, Engine, Insert, Row, func, insert, select, update

from feedly_core.campaigns.leases import held
from feedly_core.campaigns.outcomes import note_ended
from feedly_core.campaigns.schedule import (
    CampaignProgress,
    ChangeState,
    CreateJob,
    LastJob,
    Mode,
    Outcome,
    State,
    decide,
)
from feedly_core.campaigns.store import Campaign, error_document
from feedly_core.db.engine import capabilities, reading, writing
from feedly_core.db.own_schema import campaign_jobs, campaign_pictures, campaigns
from feedly_core.errors import FeedlyError, InvalidInput
from feedly_core.i18n import N_
from feedly_core.jobs.create import pictures_on_disk, write_rows
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.rows import RULES
from feedly_core.jobs.starting import start_job
from feedly_core.jobs.storage import place

_DRIVEN = (State.RUNNING, State.DRAINING)


@dataclass(frozen=True)
class Step:
    """The acting runner, and the picture folder of new jobs."""

    engine: Engine
    driver: str
    assets_dir: Path


@dataclass(frozen=True)
class _Look:
    """A campaign as its rows say. ``unstarted``: their driver died between rows and start."""

    progress: CampaignProgress
    unstarted: list[UUID]
    now: datetime


def advance(step: Step, campaign: Campaign) -> float:
    """Take the campaign's next step.

    Returns after how many seconds another look is due.

    Raises database errors, after which the step is simply taken again. An error that would come again ends
    the campaign with that reason.
    """
    try:
        with writing(step.engine) as connection:
            look = _look(connection, campaign)
        for job_id in look.unstarted:
            _start(step.engine, campaign, job_id)
        decision = decide(campaign.schedule, campaign.state, look.progress, look.now)
        if isinstance(decision, CreateJob):
            _make(step, campaign, decision, look.progress.made + 1, look.now)
            return 0.0
    except InvalidInput as error:
        _turn(step, campaign, State.FAILED, error_document(error))
        return 0.0
    if isinstance(decision, ChangeState):
        reason = FeedlyError(decision.error) if decision.error else None
        _turn(step, campaign, decision.state, error_document(reason) if reason else None)
        return 0.0
    return decision.seconds


def _look(connection: Connection, campaign: Campaign) -> _Look:
    """Record which jobs have ended; return the campaign's progress at the database's time."""
    members = campaign_jobs.c
    mine = members.campaign_id == campaign.campaign_id
    now: datetime = connection.execute(select(func.now())).scalar_one()
    open_jobs = connection.execute(
        select(members.job_id, members.fired_at).where(mine, members.outcome.is_(None))
    ).all()
    kind, starts = campaign.template.kind, campaign.template.start
    ended = note_ended(connection, kind, [row.job_id for row in open_jobs], now, started=starts)
    newest = connection.execute(
        select(campaign_jobs).where(mine).order_by(members.sequence.desc()).limit(1)
    ).one_or_none()
    progress = CampaignProgress(
        started_at=campaign.created_at,
        made=newest.sequence if newest else 0,
        open_jobs=len(open_jobs) - len(ended) if starts or campaign.schedule.mode is Mode.COMPLETION else 0,
        last=_last_job(newest, campaign.finished_at) if newest else None,
    )
    unstarted = [
        row.job_id for row in open_jobs if starts and row.fired_at is None and row.job_id not in ended
    ]
    return _Look(progress, unstarted, now)


def _last_job(row: Row[Any], ended_at: datetime | None) -> LastJob:
    outcome = Outcome(row.outcome) if row.outcome else None
    forgiven = ended_at is not None and row.created_at < ended_at
    return LastJob(row.item, row.attempt, row.created_at, outcome, forgiven)


def _make(step: Step, campaign: Campaign, make: CreateJob, sequence: int, now: datetime) -> None:
    """Write job number ``sequence`` and start it. Does nothing when the lease was lost meanwhile.

    Ids and file follow from campaign and sequence: a driver that takes over writes the same file again
    instead of leaving a stray one.
    """
    job_id = uuid5(campaign.campaign_id, f"job {sequence}")
    with reading(step.engine) as connection:
        caps, picture = capabilities(connection), _picture(connection, campaign.campaign_id, make.item)
    request = campaign.request(make.item, picture)
    folder = RULES[request.kind].folder
    where = place(request.tenant_id, folder, picture, uuid5(job_id, "picture"), now)
    try:
        with pictures_on_disk(step.engine, step.assets_dir) as store, writing(step.engine) as connection:
            store([where])
            member = _membership(step, campaign, make, sequence, job_id)
            missing = write_rows(connection, caps, request, job_id, [where], member)
            if missing and request.start:
                raise InvalidInput(missing[0], hint=N_("See the diagnostics page, then resume the campaign."))
    except FeedlyError:
        if _lost(step, campaign):
            return
        raise
    if request.start:
        _start(step.engine, campaign, job_id)


def _membership(step: Step, campaign: Campaign, make: CreateJob, sequence: int, job_id: UUID) -> Insert:
    """The job's row in the campaign. Without the lease its campaign is NULL, and nothing is written."""
    lease = (
        held(campaign.campaign_id, step.driver, State.RUNNING).returning(campaigns.c.campaign_id).cte("lease")
    )
    return insert(campaign_jobs).values(
        campaign_id=select(lease.c.campaign_id).scalar_subquery(),
        sequence=sequence,
        item=make.item,
        attempt=make.attempt,
        job_id=job_id,
    )


def _start(engine: Engine, campaign: Campaign, job_id: UUID) -> None:
    fired = update(campaign_jobs).where(campaign_jobs.c.job_id == job_id).values(fired_at=func.now())
    start_job(engine, campaign.template.kind, job_id, record=fired)


def _picture(connection: Connection, campaign_id: UUID, item: int) -> Picture:
    pictures = campaign_pictures.c
    mine = pictures.campaign_id == campaign_id
    count = connection.scalar(select(func.count()).select_from(campaign_pictures).where(mine))
    row = connection.execute(
        select(campaign_pictures).where(mine, pictures.position == item % max(count or 0, 1))
    ).one_or_none()
    if row is None:
        raise InvalidInput(N_("The campaign's pictures are gone."), hint=N_("Start a new campaign."))
    return Picture(row.name, bytes(row.content), row.format, row.width, row.height)


def _lost(step: Step, campaign: Campaign) -> bool:
    with writing(step.engine) as connection:
        return connection.execute(held(campaign.campaign_id, step.driver, *_DRIVEN)).rowcount == 0


def _turn(step: Step, campaign: Campaign, to: State, error: str | None) -> None:
    ended = to in {State.FINISHED, State.FAILED}
    values = {"state": to.value, "last_error": error, "finished_at": func.now() if ended else None}
    with writing(step.engine) as connection:
        connection.execute(held(campaign.campaign_id, step.driver, *_DRIVEN).values(**values))
