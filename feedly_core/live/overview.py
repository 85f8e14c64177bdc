"""Queries of the overview page.

Each is bounded, whatever the database holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Numeric,
    Select,
    Subquery,
    Uuid,
    cast,
    distinct,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from feedly_core.analytics.durations import StepDurations
from feedly_core.db.engine import Capabilities, capabilities, or_null
from feedly_core.db.job_rows import read_status_inputs
from feedly_core.db.query_budget import query_budget
from feedly_core.db.status_query import has_english_copy
from feedly_core.domain.job_rows import StallTimeouts
from feedly_core.domain.pipeline import LAST_VARIANT_STEP, Status
from feedly_core.domain.status import State
from feedly_core.domain.tables import image_assets, instagram_feeds, job_inputs, jobs, jobs_variants, tenants
from feedly_core.live.board import Board, BoardFilters, build_board
from feedly_core.live.queries import BOARD_LIMIT, in_flight_ids
from feedly_core.live.reader import IN_FLIGHT_DAYS, LINGER, records_without_events
from feedly_core.live.snapshot import Snapshot, TrackedJob

HOURS = 24
DESCRIPTION_SHOWN = 200
"""Characters; the column has no limit."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """Jobs per hour over 24 hours, oldest first."""

    made: tuple[int, ...]
    completed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A finished advertisement.

    Without ``job_id`` the schema does not say whose it is.
    """

    asset_id: UUID
    made_at: datetime
    job_id: UUID | None
    variant_number: int | None
    description: str | None
    tenant: str | None


@query_budget(statements=3, rows=25_000)
def board_without_hub(connection: Connection, now: datetime, filters: BoardFilters | None = None) -> Board:
    """The board as a hub shows it after its first read. Two statements, three with our own schema."""
    snapshot, history = snapshot_without_hub(connection, now)
    return build_board(snapshot, now, history, filters or BoardFilters())


def snapshot_without_hub(connection: Connection, now: datetime) -> tuple[Snapshot, StepDurations]:
    """What a hub holds after its first read: the jobs in flight, and how long each step may stay silent."""
    ids = in_flight_ids(connection, since=now - timedelta(days=IN_FLIGHT_DAYS), finished_since=now - LINGER)
    found = read_status_inputs(connection, ids)
    tracked = {job_id: TrackedJob(inputs.record, inputs.marks) for job_id, inputs in found.items()}
    history = StepDurations(timeouts=next((inputs.timeouts for inputs in found.values()), StallTimeouts()))
    known = records_without_events(connection, list(tracked))
    return Snapshot(1, now, tracked, acknowledged=known.acknowledged, campaigns=known.campaigns), history


@query_budget(statements=2, rows=25_000)
def throughput(connection: Connection, now: datetime) -> Throughput:
    """Jobs made and jobs completed, per hour: by their feed post, or as test jobs without English copy.

    One statement, two where such test jobs have just ended.
    """
    since = now - timedelta(hours=HOURS)
    nobody = cast(null(), Uuid)
    made = select(
        literal("made").label("what"), _hours_ago(jobs.c.created_at, now), func.count(), nobody
    ).where(jobs.c.created_at > since)
    completed = select(
        literal("completed"),
        _hours_ago(instagram_feeds.c.created_at, now),
        func.count(distinct(instagram_feeds.c.job_id)),
        nobody,
    ).where(instagram_feeds.c.created_at > since)
    ended = _perhaps_ended(connection, since, now).subquery()
    maybe = select(literal("ended"), cast(null(), Numeric), cast(null(), BigInteger), ended.c.job_id)
    rows = connection.execute(union_all(made.group_by("hour"), completed.group_by("hour"), maybe)).all()
    counts = Counter({(what, int(hour)): jobs_then for what, hour, jobs_then, job in rows if job is None})
    candidates = [job for *_, job in rows if job is not None]
    for ended_at in _ended_without_post(connection, candidates, since, now):
        counts["completed", max(0, int((now - ended_at).total_seconds() // 3600))] += 1
    return Throughput(_series(counts, "made"), _series(counts, "completed"))


def _perhaps_ended(connection: Connection, since: datetime, now: datetime) -> Select[Any]:
    """Query of test jobs without English copy whose row says that they ended after ``since``."""
    ended = (jobs.c.current_step == LAST_VARIANT_STEP, jobs.c.status == Status.DONE.value)
    return (
        select(jobs.c.job_id)
        .where(jobs.c.created_at > now - timedelta(days=IN_FLIGHT_DAYS), jobs.c.updated_at > since, *ended)
        .where(~has_english_copy(capabilities(connection)))
        .order_by(jobs.c.created_at.desc())
        .limit(BOARD_LIMIT)
    )


def _ended_without_post(
    connection: Connection, candidates: list[UUID], since: datetime, now: datetime
) -> list[datetime]:
    """When those of the candidates that are complete came to their end."""
    found = read_status_inputs(connection, candidates).values()
    told = [inputs.at(now) for inputs in found if not inputs.record.has_feed]
    return [each.moved_at for each in told if each.job.state is State.COMPLETE and each.moved_at > since]


def _hours_ago(column: ColumnElement[Any], now: datetime) -> ColumnElement[Any]:
    seconds = func.extract("epoch", literal(now, DateTime(timezone=True)) - column)
    return func.greatest(func.floor(seconds / 3600), 0).label("hour")


def _series(counts: Mapping[tuple[str, int], int], what: str) -> tuple[int, ...]:
    return tuple(counts.get((what, hours_ago), 0) for hours_ago in reversed(range(HOURS)))


@query_budget(statements=1, rows=400)
def newest_pictures(connection: Connection, limit: int = 12) -> list[NewPicture]:
    """The newest finished advertisements, the newest first. One statement.

    Walks the index over ``image_assets.created_at`` backwards until ``limit`` overlays are found.
    """
    caps = capabilities(connection)
    newest = (
        select(image_assets.c.image_asset_id, image_assets.c.created_at, or_null(image_assets.c.job_id, caps))
        .where(image_assets.c.image_type == "overlaid", *_not_superseded(caps))
        .order_by(image_assets.c.created_at.desc())
        .limit(limit)
        .subquery()
    )
    if not caps.has("jobs_variants", "overlaid_img_asset_id"):
        rows = connection.execute(select(newest.c.image_asset_id, newest.c.created_at)).all()
        return [NewPicture(asset_id, made_at, None, None, None, None) for asset_id, made_at in rows]
    return [NewPicture(*row) for row in connection.execute(_with_jobs(newest))]


def _not_superseded(caps: Capabilities) -> list[ColumnElement[bool]]:
    """A repeated overlay leaves older pictures behind: what a variant names, or may name soon, counts."""
    if not (caps.has("jobs_variants", "overlaid_img_asset_id") and caps.has("image_assets", "job_id")):
        return []
    named = jobs_variants.c.overlaid_img_asset_id
    current = exists().where(
        jobs_variants.c.job_id == image_assets.c.job_id,
        or_(named == image_assets.c.image_asset_id, named.is_(None)),
    )
    return [or_(image_assets.c.job_id.is_(None), current)]


def _with_jobs(newest: Subquery) -> Select[Any]:
    """The overlay step files its picture a moment before the variant names it: the job is known already."""
    of_job = func.coalesce(jobs_variants.c.job_id, newest.c.job_id)
    return (
        select(
            newest.c.image_asset_id,
            newest.c.created_at,
            jobs.c.job_id,
            jobs_variants.c.creation_order,
            func.left(job_inputs.c.desc_kor, DESCRIPTION_SHOWN),
            func.coalesce(tenants.c.display_name, jobs.c.tenant_id),
        )
        .select_from(newest)
        .outerjoin(jobs_variants, jobs_variants.c.overlaid_img_asset_id == newest.c.image_asset_id)
        .outerjoin(jobs, jobs.c.job_id == of_job)
        .outerjoin(job_inputs, job_inputs.c.job_id == jobs.c.job_id)
        .outerjoin(tenants, tenants.c.tenant_id == jobs.c.tenant_id)
        .order_by(newest.c.created_at.desc())
    )
