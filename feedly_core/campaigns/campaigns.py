"""Campaigns as rows: start, list, pause, resume, stop.

Whoever drives them reads only these rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, func, literal, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from feedly_core.campaigns.leases import lease_end
from feedly_core.campaigns.schedule import State
from feedly_core.campaigns.store import (
    STATE_LABELS,
    Campaign,
    CampaignJob,
    CampaignPlan,
    CampaignSummary,
    campaign_of,
    campaign_row,
    picture_rows,
)
from feedly_core.db.announcements import announce
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import campaign_jobs, campaign_pictures, campaigns, installed
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.contract import CAMPAIGN_TOPIC
from feedly_core.domain.typed_text import text_problems
from feedly_core.errors import InvalidInput, MissingInSchema, NotFound
from feedly_core.i18n import N_, Message
from feedly_core.jobs.request import MAX_TEXT, check_request
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings

MAX_ROUND = 50
"""Most pictures, and most descriptions, that one campaign goes round."""

MAX_CAMPAIGN_NAME = 80
"""Characters of a campaign's name."""


def start_campaign(
    engine: Engine,
    plan: CampaignPlan,
    person: Person,
    settings: Settings,
    *,
    key: UUID | None = None,
    driver: str | None = None,
) -> UUID:
    """Write the campaign and its pictures in one transaction.

    A driver takes it up within seconds.

    The same ``key`` never starts a second one. ``driver`` reserves it for one driver for the length of a
    lease. Raises :class:`InvalidInput`, :class:`MissingInSchema` when the dashboard's own schema is not
    installed, :class:`PermissionDenied`.
    """
    require(person, Role.OPERATOR, settings)
    _check(plan)
    campaign_id = key or uuid4()
    with writing(engine) as connection:
        _need_schema(connection)
        if write_campaign(connection, campaign_id, plan, person, driver):
            connection.execute(insert(campaign_pictures), picture_rows(campaign_id, plan.pictures))
    return campaign_id


def write_campaign(
    connection: Connection, campaign_id: UUID, plan: CampaignPlan, person: Person, driver: str | None = None
) -> bool:
    """Write a campaign without its pictures, in the caller's transaction; False when it is there already.

    For callers that have checked plan, person and schema, and that add the pictures themselves.
    """
    row = campaign_row(campaign_id, plan, person.name)
    row |= {"driver": driver, "lease_until": lease_end() if driver else None}
    if connection.execute(insert(campaigns).values(row).on_conflict_do_nothing()).rowcount == 0:
        return False
    audit(connection, person, "start_campaign", str(campaign_id), after=_described(plan))
    _tell_drivers(connection)
    return True


def pause_campaign(engine: Engine, campaign_id: UUID, person: Person, settings: Settings) -> None:
    """No job is made after this returns.

    Raises :class:`NotFound`, or :class:`InvalidInput` when it ended.
    """
    _turn(engine, campaign_id, State.PAUSED, (State.RUNNING,), person, settings)


def resume_campaign(engine: Engine, campaign_id: UUID, person: Person, settings: Settings) -> None:
    """Resume a paused, stopped or failed campaign after its last job."""
    _turn(engine, campaign_id, State.RUNNING, (State.PAUSED, State.STOPPED, State.FAILED), person, settings)


def stop_campaign(engine: Engine, campaign_id: UUID, person: Person, settings: Settings) -> None:
    """No job is made after this returns.

    Those on their way go on.
    """
    _turn(engine, campaign_id, State.STOPPED, (State.RUNNING, State.PAUSED, State.DRAINING), person, settings)


@query_budget(statements=2, rows=2_500)
def list_campaigns(
    connection: Connection, limit: int = 50, after: tuple[datetime, UUID] | None = None
) -> list[CampaignSummary]:
    """Newest first; two statements.

    Empty when the dashboard's own schema is not installed. ``after``: creation and id of the last one of
    the page before.
    """
    if not installed(connection):
        return []
    place = (campaigns.c.created_at, campaigns.c.campaign_id)
    page = select(campaigns).order_by(*(column.desc() for column in place)).limit(limit)
    if after is not None:
        page = page.where(tuple_(*place) < tuple_(*map(literal, after)))
    newest = page.subquery()
    jobs = campaign_jobs.c
    counts = (  # of each shown campaign alone: grouped first, those of all campaigns would be read
        select(
            func.count().label("made"),
            func.count().filter(jobs.outcome == "completed").label("completed"),
            func.count().filter(jobs.outcome == "failed").label("failed"),
        )
        .where(jobs.campaign_id == newest.c.campaign_id)
        .lateral()
    )
    rows = connection.execute(
        select(newest, counts)
        .join_from(newest, counts, true())
        .order_by(newest.c.created_at.desc(), newest.c.campaign_id.desc())
    )
    return [CampaignSummary(campaign_of(row), row.made, row.completed, row.failed) for row in rows]


@query_budget(statements=1, rows=100)
def campaign_members(connection: Connection, campaign_id: UUID) -> list[CampaignJob]:
    """The jobs of a campaign by sequence; one statement."""
    jobs = campaign_jobs.c
    rows = connection.execute(
        select(campaign_jobs).where(jobs.campaign_id == campaign_id).order_by(jobs.sequence)
    )
    return [
        CampaignJob(
            row.sequence,
            row.job_id,
            row.attempt,
            row.created_at,
            row.outcome,
            (row.finished_at - row.created_at).total_seconds() if row.finished_at else None,
            row.fired_at is not None,
        )
        for row in rows
    ]


def find_campaign(connection: Connection, prefix: str) -> Campaign:
    """The one campaign whose id begins with ``prefix``. Raises :class:`NotFound`."""
    _need_schema(connection)
    asked = prefix.strip().lower()
    rows = connection.execute(select(campaigns).order_by(campaigns.c.created_at.desc())).all()
    found = [row for row in rows if asked and str(row.campaign_id).startswith(asked)]
    if len(found) != 1:
        raise NotFound(
            N_("“{prefix}” names {count} campaigns.", prefix=asked, count=len(found)),
            hint=N_("Give the first characters of one campaign's id, as the list shows them."),
        )
    return campaign_of(found[0])


def _turn(
    engine: Engine,
    campaign_id: UUID,
    to: State,
    allowed: Sequence[State],
    person: Person,
    settings: Settings,
) -> None:
    require(person, Role.OPERATOR, settings)
    with writing(engine) as connection:
        _need_schema(connection)
        before = connection.scalar(
            select(campaigns.c.state).where(campaigns.c.campaign_id == campaign_id).with_for_update()
        )
        if before is None:
            raise NotFound(N_("This campaign does not exist."), hint=N_("Choose one from the list."))
        if before not in allowed:
            raise InvalidInput(
                N_("The campaign is {state}: this cannot be done now.", state=STATE_LABELS[State(before)]),
                hint=N_("Load the list again."),
            )
        ended_at = func.now() if to is State.STOPPED else campaigns.c.finished_at
        connection.execute(
            update(campaigns)
            .where(campaigns.c.campaign_id == campaign_id)
            .values(state=to.value, finished_at=ended_at, last_error=None, lease_until=None, driver=None)
        )
        audit(
            connection,
            person,
            f"{to.value}_campaign",
            str(campaign_id),
            before={"state": before},
            after={"state": to.value},
        )
        if to is State.RUNNING:
            _tell_drivers(connection)


def _tell_drivers(connection: Connection) -> None:
    """Every hub receives it at the commit, and its runner starts at once."""
    announce(connection, CAMPAIGN_TOPIC)


def _check(plan: CampaignPlan) -> None:
    problems: list[Message] = []
    if not 1 <= len(plan.pictures) <= MAX_ROUND or not 1 <= len(plan.descriptions) <= MAX_ROUND:
        problems.append(N_("A campaign needs 1 to {limit} pictures and descriptions.", limit=MAX_ROUND))
    for description in plan.descriptions:
        problems += text_problems(N_("description"), description, MAX_TEXT, required=True)
    problems += text_problems(N_("name"), plan.name, MAX_CAMPAIGN_NAME)
    schedule = plan.schedule
    if not 0 < schedule.interval_s <= 86_400:
        problems.append(N_("The interval must be more than 0 seconds and at most a day."))
    if schedule.max_jobs is not None and not 1 <= schedule.max_jobs <= 10_000:
        problems.append(N_("The largest number of jobs must be between 1 and {limit}.", limit=10_000))
    if schedule.max_duration_s is not None and not schedule.max_duration_s > 0:
        problems.append(N_("The longest duration must be more than 0."))
    if not 0 <= schedule.max_retries <= 20:
        problems.append(N_("The number of retries must be between 0 and {limit}.", limit=20))
    for problem in problems:
        raise InvalidInput(
            problem, detail=N_("Nothing was written."), hint=N_("Correct the form and try again.")
        )
    check_request(replace(plan.base, pictures=plan.pictures[:1], desc_kor=plan.descriptions[0]))


def _described(plan: CampaignPlan) -> dict[str, object]:
    return {
        "name": plan.name.strip(),
        "kind": plan.base.kind.value,
        "tenant_id": plan.base.tenant_id,
        "pictures": len(plan.pictures),
        "descriptions": len(plan.descriptions),
        **asdict(plan.schedule),
    }


def _need_schema(connection: Connection) -> None:
    if not installed(connection):
        raise MissingInSchema(
            N_("Campaigns need the dashboard's own schema, which is not installed in this database."),
            detail=N_("Nothing was written. Single jobs can be made without it."),
            hint=N_("Install it on the page Create jobs, or with python -m feedly_core install-schema."),
        )
