"""Figures of targets: counts over four weeks, the jobs that spent the budget, and where the time goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    FromClause,
    Subquery,
    and_,
    extract,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.types import DateTime

from feedly_core.analytics.durations import StepTime, read_step_times
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.job_states import has_outcome
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.own_schema.facts import COMPLETE, FAILED, OPEN
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.tables import instagram_feeds, jobs_variants
from feedly_core.targets.budget import PERIOD, WINDOWS, Budget, Measure, NewTarget, Tally
from feedly_core.targets.store import Targets

SHOWN = 12
_QUANTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True)
class Spender:
    """A job, or a variant, that was bad for a target. ``seconds``: from its order to its post."""

    job_id: UUID
    variant: int | None
    picture_id: UUID | None
    description: str | None
    created_at: datetime
    seconds: float | None
    failed: bool


@dataclass(frozen=True)
class EndToEnd:
    """Seconds from order to post of ``jobs`` complete jobs, and before the first variant was there.

    Each (p50, p95, p99); None of no job. ``steps``: where the time goes, in pipeline order.
    """

    jobs: int
    whole: tuple[float, ...] | None
    before_variants: tuple[float, ...] | None
    steps: Mapping[str, StepTime]


@query_budget(statements=1, rows=30_000)
def budgets(connection: Connection, source: VariantSource, wanted: Targets) -> dict[int, Budget]:
    """Each target's budget over the four weeks up to ``source.asked_at``. One statement.

    A job counts at its creation, once it is decided: complete, failed, or open for longer than the limit.
    """
    if not wanted:
        return {}
    rows, ended = _period(connection, source, None)
    now = literal(source.asked_at, DateTime(timezone=True))
    since = (None, *(now - window for window in WINDOWS))
    columns = []
    for target in wanted.values():
        good, bad = _verdicts(rows, ended, target, source)
        for start in since:
            within = true() if start is None else rows.c.created_at > start
            columns += [func.count().filter(and_(side, within)) for side in (good, bad)]
    named = [column.label(f"count_{number}") for number, column in enumerate(columns)]
    counts = connection.execute(_joined(select(*named), rows, ended, source, None)).one()
    found, at = {}, 0
    for target_id, target in wanted.items():
        tallies = []
        for _ in since:
            good_ones, bad_ones = counts[at : at + 2]
            tallies.append(Tally(good_ones, good_ones + bad_ones))
            at += 2
        found[target_id] = Budget(target.share, tallies[0], tuple(tallies[1:]))
    return found


@query_budget(statements=1, rows=30_000)
def spenders(connection: Connection, source: VariantSource, target: NewTarget) -> tuple[Spender, ...]:
    """The newest jobs or variants that spent a target's budget. One statement."""
    rows, ended = _period(connection, source, target.tenant)
    _good, bad = _verdicts(rows, ended, target, source)
    columns = select(
        rows.c.job_id,
        rows.c.variant,
        rows.c.picture_id,
        rows.c.description,
        rows.c.created_at,
        _seconds(ended.c.ended - rows.c.created_at).label("seconds"),
        has_outcome(rows, FAILED, source.asked_at).label("failed"),
    )
    query = _joined(columns, rows, ended, source, target.tenant).where(bad)
    of_variants = target.measure is Measure.CONTRAST_AA
    return tuple(
        Spender(
            row.job_id,
            row.variant if of_variants else None,
            row.picture_id,
            row.description,
            row.created_at,
            row.seconds,
            bool(row.failed),
        )
        for row in connection.execute(query.order_by(rows.c.created_at.desc(), rows.c.variant).limit(SHOWN))
    )


@query_budget(statements=6, rows=40_000)
def end_to_end(connection: Connection, source: VariantSource, tenant: str | None) -> EndToEnd:
    """How long complete jobs of the four weeks took, and where the time went. Six statements at most."""
    rows, ended = _period(connection, source, tenant)
    first = (
        select(func.min(jobs_variants.c.created_at))
        .where(jobs_variants.c.job_id == rows.c.job_id)
        .scalar_subquery()
    )
    took, began = _seconds(ended.c.ended - rows.c.created_at), _seconds(first - rows.c.created_at)
    spread = (func.percentile_cont(list(_QUANTILES)).within_group(value) for value in (took, began))
    whole, before = (each.label(name) for each, name in zip(spread, ("whole", "began"), strict=True))
    complete = has_outcome(rows, COMPLETE, source.asked_at)
    query = _joined(select(func.count(took).label("jobs"), whole, before), rows, ended, source, tenant)
    row = connection.execute(query.where(rows.c.leads, complete, ended.c.ended.is_not(None))).one()
    return EndToEnd(
        row.jobs,
        _floats(row.whole),
        _floats(row.began),
        read_step_times(connection, source.asked_at),
    )


@dataclass(frozen=True)
class DayTime:
    """Seconds from order to post of a day's complete jobs."""

    day: date
    median: float
    p95: float
    jobs: int


@query_budget(statements=1, rows=30_000)
def time_by_day(
    connection: Connection, source: VariantSource, filters: PictureFilters, zone: ZoneInfo
) -> tuple[DayTime, ...]:
    """How long complete jobs took, by the day of their order in ``zone``. One statement."""
    rows = source.rows_for(connection, filters)
    ended = _posts(filters.since)
    took = _seconds(ended.c.ended - rows.c.created_at)
    day = func.date(func.timezone(zone.key, rows.c.created_at))
    query = (
        select(day, func.percentile_cont([0.5, 0.95]).within_group(took), func.count())
        .select_from(rows.join(ended, ended.c.job_id == rows.c.job_id))
        .where(
            rows.c.leads,
            has_outcome(rows, COMPLETE, source.asked_at),
            *source.conditions(rows, filters),
        )
        .group_by(day)
        .order_by(day)
    )
    return tuple(
        DayTime(at, float(shares[0]), float(shares[1]), jobs)
        for at, shares, jobs in connection.execute(query)
    )


def _floats(values: Any) -> tuple[float, ...] | None:
    return None if not values or values[0] is None else tuple(float(value) for value in values)


def _period(connection: Connection, source: VariantSource, tenant: str | None) -> tuple[FromClause, Subquery]:
    """The rows of the four weeks, and the moment of each job's first post."""
    since = source.asked_at - PERIOD
    rows = source.rows_for(connection, PictureFilters(tenant=tenant, since=since))
    return rows, _posts(since)


def _posts(since: datetime | None) -> Subquery:
    feeds = instagram_feeds.c
    first = select(feeds.job_id, func.min(feeds.created_at).label("ended")).group_by(feeds.job_id)
    return (first.where(feeds.created_at > since) if since else first).subquery("ended")


def _joined(query: Any, rows: FromClause, ended: Subquery, source: VariantSource, tenant: str | None) -> Any:
    filters = PictureFilters(tenant=tenant, since=source.asked_at - PERIOD)
    joined = rows.outerjoin(ended, ended.c.job_id == rows.c.job_id)
    return query.select_from(joined).where(*source.conditions(rows, filters))


def _verdicts(
    rows: FromClause, ended: Subquery, target: NewTarget, source: VariantSource
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Conditions on a row: good for the target, bad for it. Neither: not decided, or not meant."""
    now = source.asked_at
    mine = true() if target.tenant is None else rows.c.tenant_id == target.tenant
    if target.measure is Measure.CONTRAST_AA:
        return and_(mine, rows.c.wcag_aa.is_(True)), and_(mine, rows.c.wcag_aa.is_(False))
    complete, failed = (has_outcome(rows, name, now) for name in (COMPLETE, FAILED))
    if target.measure is Measure.NOT_FAILED:
        return and_(mine, rows.c.leads, complete), and_(mine, rows.c.leads, failed)
    limit = target.within_s or 0.0
    took = _seconds(ended.c.ended - rows.c.created_at)
    lasts = _seconds(literal(now, DateTime(timezone=True)) - rows.c.created_at)
    late = or_(
        failed,
        and_(complete, took > limit),
        and_(has_outcome(rows, OPEN, now), lasts > limit),
    )
    return and_(mine, rows.c.leads, complete, took <= limit), and_(mine, rows.c.leads, late)


def _seconds(interval: ColumnElement[Any]) -> ColumnElement[float]:
    return extract("epoch", interval).cast(Double)
