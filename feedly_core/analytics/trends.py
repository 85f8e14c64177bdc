"""Quality, speed and cost over time: one point per day or release, each with its jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import ColumnElement, Connection, FromClause, Integer, Row, case, cast, func, literal, select

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.job_states import has_outcome
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.own_schema.facts import CHARTED, COMPLETE, FAILED, STEP_TIMES
from feedly_core.db.query_budget import query_budget
from feedly_core.statistics.quantiles import median_levels


class By(StrEnum):
    """What one point stands for."""

    DAY = "day"
    RELEASE = "release"


@dataclass(frozen=True)
class Spread:
    """Middle and quartiles of a score.

    None where no variant has it. ``interval``: the median's 95 % interval over ``n`` jobs, because the
    variants of a job are alike; None below six jobs.
    """

    low: float | None
    median: float | None
    high: float | None
    n: int = 0
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Point:
    """One day or release.

    ``key`` is the date (of the shown zone) or the version.

    Rates are shares of ``jobs``, ``wcag_aa`` of the variants with a measured contrast, of ``measured`` jobs.
    ``cost_usd`` sums the
    jobs whose cost is known, ``priced`` counts them. ``times``: step to (p50, p95) in ms. ``scores`` and
    ``times`` are empty unless they were asked for.
    """

    key: date | str
    jobs: int
    complete: float | None
    failed: float | None
    wcag_aa: float | None
    measured: int
    retries: int
    tokens: int
    cost_usd: float | None
    priced: int
    scores: Mapping[str, Spread]
    times: Mapping[str, tuple[float | None, float | None]]


@query_budget(statements=1, rows=12_000)
def trend(
    connection: Connection,
    source: VariantSource,
    filters: PictureFilters,
    by: By,
    zone: ZoneInfo,
    *,
    scores: bool = True,
    times: bool = True,
) -> tuple[Point, ...]:
    """Points in order of time (days) or name (releases).

    One statement over the filtered variants.

    Sorting for the percentiles is most of the cost: ask for ``scores`` and ``times`` only to show them.
    """
    rows = source.rows_for(connection, filters)
    key = _key(rows.c, by, zone)
    return _points(connection, source, filters, rows, key, scores=scores, times=times)


@query_budget(statements=1, rows=12_000)
def period(connection: Connection, source: VariantSource, filters: PictureFilters) -> Point | None:
    """All that matches as one point, without times of steps. None when nothing matches. One statement."""
    rows = source.rows_for(connection, filters)
    [found] = _points(connection, source, filters, rows, None, scores=True, times=False)
    return found if found.jobs else None


def _points(
    connection: Connection,
    source: VariantSource,
    filters: PictureFilters,
    rows: FromClause,
    key: ColumnElement[Any] | None,
    *,
    scores: bool,
    times: bool,
) -> tuple[Point, ...]:
    leads = rows.c.leads
    query = select(
        (literal("") if key is None else key).label("key"),
        func.count().filter(leads).label("jobs"),
        func.count().filter(leads, has_outcome(rows, COMPLETE, source.asked_at)).label("complete"),
        func.count().filter(leads, has_outcome(rows, FAILED, source.asked_at)).label("failed"),
        func.avg(cast(rows.c.wcag_aa, Integer)).label("wcag_aa"),
        func.count(rows.c.wcag_aa).filter(leads).label("measured"),
        func.sum(rows.c.retries).label("retries"),
        func.coalesce(func.sum(rows.c.tokens).filter(leads), 0).label("tokens"),
        func.sum(rows.c.cost_usd).filter(leads).label("cost_usd"),
        func.count(rows.c.cost_usd).filter(leads).label("priced"),
        *(_shares(rows.c[name], _QUANTILES).label(name) for name in CHARTED if scores),
        *(func.count(rows.c[name]).filter(leads).label(f"n_{name}") for name in CHARTED if scores),
        *(_shares(rows.c[name], (0.5, 0.95)).label(name) for name in STEP_TIMES if times),
    ).where(*source.conditions(rows, filters))
    if key is not None:
        query = query.group_by(key).order_by(key)
    return tuple(_point(row) for row in connection.execute(query))


@dataclass(frozen=True)
class Difference:
    """One measure of two sides.

    None where a side has no value.
    """

    name: str
    first: float | None
    second: float | None


@query_budget(statements=2, rows=12_000)
def compare(
    connection: Connection, source: VariantSource, first: PictureFilters, second: PictureFilters
) -> tuple[Difference, ...]:
    """Two periods, tenants or releases beside each other. Two statements."""
    sides = [_whole(connection, source, filters) for filters in (first, second)]
    return tuple(Difference(name, sides[0].get(name), sides[1].get(name)) for name in sides[0])


def compared_with(tenant: str | None, since: datetime, days: float, other: str | None) -> PictureFilters:
    """What the last ``days`` are compared with.

    That is the ``other`` tenant in the same period, else the same length of time before it.
    """
    if other:
        return PictureFilters(tenant=other, since=since)
    return PictureFilters(tenant=tenant, since=since - timedelta(days=days), until=since)


def _whole(connection: Connection, source: VariantSource, filters: PictureFilters) -> dict[str, float | None]:
    rows = source.rows_for(connection, filters)
    leads = rows.c.leads
    jobs = func.count().filter(leads)
    share = {
        name: func.count().filter(leads, has_outcome(rows, name, source.asked_at))
        for name in (COMPLETE, FAILED)
    }
    query = select(
        jobs.label("jobs"),
        *((case((jobs > 0, 1.0 * share[name] / jobs))).label(name) for name in share),
        func.avg(cast(rows.c.wcag_aa, Integer)).label("wcag_aa"),
        *(func.percentile_cont(0.5).within_group(rows.c[name]).label(name) for name in CHARTED),
        *(func.percentile_cont(0.5).within_group(rows.c[name]).label(name) for name in STEP_TIMES),
        (func.avg(rows.c.cost_usd).filter(leads)).label("cost_usd"),
    ).where(*source.conditions(rows, filters))
    row = connection.execute(query).one()
    return {name: None if value is None else float(value) for name, value in row._mapping.items()}


def _key(columns: Any, by: By, zone: ZoneInfo) -> ColumnElement[Any]:
    if by is By.RELEASE:
        return func.coalesce(columns.version, "–")
    return _day(columns.created_at, zone)


def _day(moment: ColumnElement[datetime], zone: ZoneInfo) -> ColumnElement[date]:
    """The calendar day of a moment in the zone that people read."""
    found: ColumnElement[date] = func.date(func.timezone(zone.key, moment))
    return found


def _shares(column: ColumnElement[Any], at: tuple[float, ...]) -> ColumnElement[Any]:
    return func.percentile_cont(list(at)).within_group(column)


_QUANTILES = tuple(step / 40 for step in range(41))
"""As many as it takes to read quartiles and the median's interval off them."""


def _spread(quantiles: Sequence[float] | None, n: int) -> Spread:
    if not quantiles:
        return Spread(None, None, None)
    low, median, high = (quantiles[_QUANTILES.index(share)] for share in (0.25, 0.5, 0.75))
    levels = median_levels(n)
    if levels is None:
        return Spread(low, median, high, n)
    ends = np.interp(levels, _QUANTILES, quantiles)
    return Spread(low, median, high, n, (float(ends[0]), float(ends[1])))


def _point(row: Row[Any]) -> Point:
    def rate(number: int) -> float | None:
        return number / row.jobs if row.jobs else None

    known = row._mapping
    scores = {name: _spread(known[name], known[f"n_{name}"]) for name in CHARTED if name in known}
    times = {
        name.removesuffix("_ms"): tuple(known[name] or (None, None)) for name in STEP_TIMES if name in known
    }
    return Point(
        row.key,
        row.jobs,
        rate(row.complete),
        rate(row.failed),
        None if row.wcag_aa is None else float(row.wcag_aa),
        row.measured,
        row.retries or 0,
        row.tokens,
        row.cost_usd,
        row.priced,
        scores,
        times,
    )
