"""Runs of a golden set: each is a campaign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Integer, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from feedly_core.campaigns.campaigns import write_campaign
from feedly_core.campaigns.schedule import Mode, OnFailure, Schedule
from feedly_core.campaigns.store import CampaignPlan, OwnOptions
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import (
    campaign_pictures,
    golden_orders,
    golden_pictures,
    golden_runs,
    golden_sets,
)
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.typed_text import text_problems
from feedly_core.errors import InvalidInput
from feedly_core.golden_sets.sets import GoldenSet, need_golden_sets
from feedly_core.i18n import N_
from feedly_core.jobs.request import (
    DEFAULT_TENANT,
    MAX_RELEASE,
    MAX_TENANT,
    JobKind,
    JobRequest,
    variants_problems,
)
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings

MAX_REPEATS = 5


@dataclass(frozen=True)
class RunRequest:
    """How to run a set. ``interval_s``: seconds between two jobs."""

    release: str
    repeats: int = 1
    variants: int = 3
    tenant_id: str = DEFAULT_TENANT[JobKind.FULL]
    interval_s: float = 10.0


@dataclass(frozen=True)
class GoldenRun:
    """One run of one version of a set."""

    campaign_id: UUID
    set_id: UUID
    version: int
    release: str
    repeats: int
    started_by: str
    started_at: datetime


def run_set(
    engine: Engine,
    settings: Settings,
    person: Person,
    golden: GoldenSet,
    request: RunRequest,
    *,
    key: UUID | None = None,
    driver: str | None = None,
) -> UUID:
    """Start the campaign that makes every order of the set ``repeats`` times; return its id.

    The same ``key`` never starts a second one. Needs the role operator. Events: those of the campaign's jobs.
    Raises :class:`InvalidInput`.
    """
    require(person, Role.OPERATOR, settings)
    check_run(request)
    campaign_id = key or uuid4()
    with writing(engine) as connection:
        need_golden_sets(connection)
        write_run(connection, campaign_id, golden, request, person, driver)
    return campaign_id


def write_run(
    connection: Connection,
    campaign_id: UUID,
    golden: GoldenSet,
    request: RunRequest,
    person: Person,
    driver: str | None = None,
) -> bool:
    """Write campaign, pictures and run in the caller's transaction; False when they are there already."""
    if not write_campaign(connection, campaign_id, _plan(golden, request), person, driver):
        return False
    orders, pictures = golden_orders.c, golden_pictures.c
    copied = (
        select(
            literal(campaign_id),
            orders.position,
            pictures.name,
            pictures.format,
            pictures.width,
            pictures.height,
            pictures.content,
        )
        .join_from(golden_orders, golden_pictures, pictures.digest == orders.digest)
        .where(orders.set_id == golden.set_id)
    )
    names = ["campaign_id", "position", "name", "format", "width", "height", "content"]
    connection.execute(insert(campaign_pictures).from_select(names, copied))
    connection.execute(
        insert(golden_runs).values(
            campaign_id=campaign_id,
            set_id=golden.set_id,
            release=request.release,
            repeats=request.repeats,
            started_by=person.name,
        )
    )
    audit(
        connection,
        person,
        "run_golden_set",
        golden.name,
        after={"version": golden.version, "release": request.release, "repeats": request.repeats},
    )
    return True


@query_budget(statements=1, rows=1_000)
def newest_runs(connection: Connection, name: str, limit: int = 8) -> tuple[GoldenRun, ...]:
    """The newest run of each release, the newest release first. One statement."""
    runs, sets = golden_runs.c, golden_sets.c
    place = func.row_number().over(partition_by=runs.release, order_by=runs.started_at.desc())
    ranked = (
        select(golden_runs, sets.version, place.cast(Integer).label("place"))
        .join_from(golden_runs, golden_sets, sets.set_id == runs.set_id)
        .where(sets.name == name)
        .subquery()
    )
    rows = connection.execute(
        select(ranked).where(ranked.c.place == 1).order_by(ranked.c.started_at.desc()).limit(limit)
    )
    return tuple(
        GoldenRun(
            row.campaign_id,
            row.set_id,
            row.version,
            row.release,
            row.repeats,
            row.started_by,
            row.started_at,
        )
        for row in rows
    )


def check_run(request: RunRequest) -> None:
    """Raise :class:`InvalidInput` with the first problem of the request."""
    problems = [
        *text_problems(N_("release"), request.release, MAX_RELEASE, required=True),
        *text_problems(N_("tenant"), request.tenant_id, MAX_TENANT, required=True),
        *variants_problems(request.variants),
    ]
    if not 1 <= request.repeats <= MAX_REPEATS:
        problems.append(N_("The number of repeats must be between 1 and {limit}.", limit=MAX_REPEATS))
    if not 0 < request.interval_s <= 86_400:
        problems.append(N_("The interval must be more than 0 seconds and at most a day."))
    for problem in problems:
        raise InvalidInput(problem, detail=N_("Nothing was written."), hint=N_("Correct it and try again."))


def _plan(golden: GoldenSet, request: RunRequest) -> CampaignPlan:
    """Item n of the round is order n of the set, ``repeats`` times round."""
    base = JobRequest(JobKind.FULL, request.tenant_id, (), "", request.variants, version=request.release)
    schedule = Schedule(
        Mode.INTERVAL,
        interval_s=request.interval_s,
        max_jobs=request.repeats * len(golden.orders),
        on_failure=OnFailure.SKIP,
    )
    return CampaignPlan(
        base,
        tuple(order.description for order in golden.orders),
        (),
        schedule,
        tuple(OwnOptions(order.tone_style_id, order.store_id, order.ad_copy) for order in golden.orders),
    )
