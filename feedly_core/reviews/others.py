"""What other people have said since a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, FromClause, Text, cast, exists, func, or_, select

from feedly_core.db.own_schema import audit_log, installed, reviews
from feedly_core.db.query_budget import query_budget
from feedly_core.reviews.verdicts import Verdict

MOST_READ = 2_000
"""Newest verdicts that are looked through."""

SHOWN = 3
_MADE_WITHIN = timedelta(days=30)
"""Jobs that somebody made before this are no longer asked about."""


@dataclass(frozen=True)
class Comment:
    """What ``reviewer`` wrote about a picture of a job."""

    job_id: UUID
    reviewer: str
    words: str
    at: datetime


@dataclass(frozen=True)
class Said:
    """``verdicts`` of others; ``comments`` of them on pictures of the reader, ``newest`` the first few."""

    verdicts: int = 0
    comments: int = 0
    newest: tuple[Comment, ...] = ()


@query_budget(statements=2, rows=10_000)
def said_since(connection: Connection, reader: str, since: datetime) -> Said:
    """What others than ``reader`` said after ``since``, of the newest 2,000 verdicts. Two statements.

    A reader's pictures: those of jobs that they made, and those that they judged themselves.
    """
    if not installed(connection):
        return Said()
    newest = select(reviews).order_by(reviews.c.review_id.desc()).limit(MOST_READ).subquery("newest")
    others = (newest.c.at > since, newest.c.reviewer != reader, newest.c.verdict != Verdict.WITHDRAWN.value)
    on_mine = (newest.c.comment != "") & _of(newest, reader, since)
    verdicts, comments = connection.execute(
        select(func.count(), func.count().filter(on_mine)).select_from(newest).where(*others)
    ).one()
    if not comments:
        return Said(verdicts)
    columns = (newest.c.job_id, newest.c.reviewer, newest.c.comment, newest.c.at)
    query = select(*columns).where(*others, on_mine).order_by(newest.c.review_id.desc()).limit(SHOWN)
    return Said(verdicts, comments, tuple(Comment(*row) for row in connection.execute(query)))


def _of(newest: FromClause, reader: str, since: datetime) -> ColumnElement[bool]:
    mine = reviews.alias("mine")
    judged = exists().where(mine.c.job_variants_id == newest.c.job_variants_id, mine.c.reviewer == reader)
    log: Any = audit_log.c
    made = select(log.target).where(
        log.person == reader, log.action == "create_job", log.at > since - _MADE_WITHIN
    )
    return or_(judged, cast(newest.c.job_id, Text).in_(made))
