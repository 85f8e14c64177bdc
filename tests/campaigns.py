"""Campaigns moved by hand: rounds of a driver, the services' work, and what has come of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine, func, select, text, update

from feedly_core.campaigns.campaigns import campaign_members, find_campaign
from feedly_core.campaigns.runner import CampaignRunner
from feedly_core.campaigns.schedule import Mode, Schedule
from feedly_core.campaigns.store import Campaign
from feedly_core.db.engine import reading, writing
from feedly_core.domain import tables as t

Start = Callable[..., UUID]
QUICK = Schedule(Mode.INTERVAL, interval_s=0.001)


def rounds(driver: CampaignRunner, count: int) -> None:
    for _ in range(count):
        driver.round()


def finish(engine: Engine, step: str = "instagram_feed_gen", status: str = "done") -> None:
    """What the services would do to every open job, without their triggers' help."""
    variant = ("iou_eval", "done") if status == "done" else (step, status)
    with writing(engine) as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # no trigger
        values = {"current_step": variant[0], "status": variant[1], "updated_at": func.now()}
        connection.execute(update(t.jobs_variants).values(**values))
        connection.execute(update(t.jobs).values(current_step=step, status=status, updated_at=func.now()))


def age_everything(engine: Engine, by: timedelta) -> None:
    """As if the pipeline had been silent for so long."""
    with writing(engine) as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in (t.jobs, t.jobs_variants):
            connection.execute(update(table).values(updated_at=table.c.updated_at - by))


def sequences(engine: Engine, campaign_id: UUID) -> list[int]:
    with reading(engine) as connection:
        return [job.sequence for job in campaign_members(connection, campaign_id)]


def campaign(engine: Engine, campaign_id: UUID) -> Campaign:
    with reading(engine) as connection:
        return find_campaign(connection, str(campaign_id))


def job_count(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(t.jobs)) or 0
