"""Others' verdicts that a person may read before judging."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, any_, exists, select

from feedly_core.db.own_schema import review_meetings, reviews
from feedly_core.db.query_budget import query_budget


@query_budget(statements=1, rows=5_000)
def visible_entries(connection: Connection, reader: str, entries: Collection[UUID]) -> frozenset[UUID]:
    """Those of the entries that the reader of this name may see. One statement.

    Hidden is another's verdict on a picture that the reader has not judged, while a meeting about it runs,
    or where it was given in blind mode. The team's decisions are for everybody.
    """
    mine = reviews.alias("mine")
    judged = exists().where(
        mine.c.job_variants_id == reviews.c.job_variants_id,
        mine.c.reviewer == reader,
        mine.c.team.is_(False),
    )
    discussed = exists().where(
        review_meetings.c.ended_at.is_(None),
        reviews.c.job_variants_id == any_(review_meetings.c.agenda),
    )
    shown = select(reviews.c.entry_id).where(
        reviews.c.entry_id.in_(entries),
        (reviews.c.reviewer == reader) | reviews.c.team | judged | ~(discussed | reviews.c.blind),
    )
    return frozenset(connection.scalars(shown))
