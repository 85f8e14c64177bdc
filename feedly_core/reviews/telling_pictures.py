"""Unjudged pictures from which a verdict would teach most about the AI judge and the limits."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, select

from feedly_core.analytics.filters import PictureFilters, conditions
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.own_schema import reviews
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.scores import COMPARED, SCORES, Grade, Limits, limit_for
from feedly_core.reviews.verdicts import need_reviews

_ANSWERS = ("on_brief", "occlusion")
LOOKED_AT = 2_000
"""The newest so many unjudged pictures are looked at."""


@query_budget(statements=1, rows=40_000)
def telling_pictures(
    connection: Connection, source: VariantSource, filters: PictureFilters, known: Limits, size: int
) -> tuple[UUID, ...]:
    """At most ``size`` variants that nobody judged yet, the most telling first. One statement.

    First where the judge and the limits contradict each other, then what lies nearest to a limit; not two of
    one job as long as there is another job, because variants of a job are alike.
    """
    need_reviews(connection)
    finished = replace(filters, finished=True)
    rows = source.rows_for(connection, finished)
    judged = exists().where(reviews.c.job_variants_id == rows.c.job_variants_id)
    query = (
        select(*(rows.c[name] for name in ("job_variants_id", "job_id", *_ANSWERS, "large_text", *COMPARED)))
        .where(~judged, *conditions(rows, finished, source.asked_at))
        .order_by(rows.c.created_at.desc(), rows.c.job_variants_id.desc())
        .limit(LOOKED_AT)
    )
    ranked = sorted(connection.execute(query), key=lambda row: _rank(row, known))
    first: dict[UUID, UUID] = {}
    for row in ranked:
        first.setdefault(row.job_id, row.job_variants_id)
    chosen = set(first.values())
    rest = [row.job_variants_id for row in ranked if row.job_variants_id not in chosen]
    return (*first.values(), *rest)[:size]


def _rank(row: Row[Any], known: Limits) -> tuple[bool, float]:
    """False sorts first: a contradiction. Then the distance to the nearest limit, in shares of its range."""
    mapping: dict[str, Any] = dict(row._mapping)
    limits = {name: limit_for(known, name, large_text=mapping["large_text"] is True) for name in COMPARED}
    held = {
        name: (limit, value)
        for name, limit in limits.items()
        if limit is not None and (value := mapping[name]) is not None
    }
    fails = any(limit.judge(value) is Grade.FAIL for limit, value in held.values())
    answers = [answer for answer in (mapping["occlusion"], _not(mapping["on_brief"])) if answer is not None]
    contradicts = bool(answers) and bool(held) and any(answers) is not fails
    distances = (
        abs(value - limit.good) / (SCORES[name].range[1] - SCORES[name].range[0])
        for name, (limit, value) in held.items()
    )
    return not contradicts, min(distances, default=math.inf)


def _not(flag: object) -> bool | None:
    return None if flag is None else not flag
