"""Leases of campaigns: one runner at a time, by the database's clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, Update, exists, func, or_, select, update

from feedly_core.campaigns.schedule import State
from feedly_core.campaigns.store import Campaign, campaign_of
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import campaigns

LEASE = timedelta(seconds=8)
"""A driver that has not renewed for this long has lost its campaigns; each of its rounds renews."""

_DRIVEN = (State.RUNNING.value, State.DRAINING.value)


def claim(connection: Connection, driver: str, only: UUID | None = None) -> list[Campaign]:
    """Renew the runner's leases and take free ones.

    Return all that it holds.

    Rows that another driver is busy with are skipped, not waited for. ``only`` limits it to one campaign.
    """
    free = or_(
        campaigns.c.driver == driver,
        campaigns.c.lease_until.is_(None),
        campaigns.c.lease_until < func.now(),
    )
    wanted = campaigns.c.campaign_id == only if only else campaigns.c.campaign_id.is_not(None)
    mine = (
        select(campaigns.c.campaign_id)
        .where(campaigns.c.state.in_(_DRIVEN), free, wanted)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(
        update(campaigns)
        .where(campaigns.c.campaign_id.in_(mine))
        .values(driver=driver, lease_until=lease_end())
        .returning(campaigns)
    )
    return sorted((campaign_of(row) for row in rows), key=lambda campaign: campaign.created_at)


def any_driven(connection: Connection) -> bool:
    """Whether there is a campaign to drive, whoever holds it."""
    return bool(connection.scalar(select(exists().where(campaigns.c.state.in_(_DRIVEN)))))


def held(campaign_id: UUID, driver: str, *states: State) -> Update:
    """Renews the lease.

    Touches no row when the driver has lost it or the state has changed.
    """
    return (
        update(campaigns)
        .where(
            campaigns.c.campaign_id == campaign_id,
            campaigns.c.driver == driver,
            campaigns.c.lease_until > func.now(),
            campaigns.c.state.in_(states),
        )
        .values(lease_until=lease_end())
    )


def release(engine: Engine, driver: str) -> None:
    """Release all leases of a runner, so that another continues."""
    with writing(engine) as connection:
        connection.execute(
            update(campaigns).where(campaigns.c.driver == driver).values(driver=None, lease_until=None)
        )


def lease_end() -> ColumnElement[datetime]:
    """When a lease that is taken now ends."""
    return func.now() + LEASE
