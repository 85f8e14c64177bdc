"""New matches of saved views: pictures that match now and did not at the last look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Uuid,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, array, insert

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery_address import (
    REVIEW_PERIODS,
    asked_period,
    narrowed_scores,
    since_midnight,
)
from feedly_core.analytics.gallery_groups import tones_named
from feedly_core.analytics.variant_source import VariantSource, filled_source
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import SAVED_VIEWS, installed, view_looks
from feedly_core.db.own_schema.facts import COMPLETE, FAILED, OPEN
from feedly_core.db.query_budget import query_budget
from feedly_core.errors import InvalidInput
from feedly_core.permissions import Person, Role, require
from feedly_core.reviews.verdicts import Verdict
from feedly_core.saved_views.store import find_view, team_view
from feedly_core.saved_views.views import MOST_NEW, SavedView
from feedly_core.settings import Settings

WATCHED = timedelta(days=30)
"""Pictures of jobs that were older than this at the last look are not asked about."""

MOST_KNOWN = 1_000
"""So many matches of a look are remembered, the newest. What is older than all of them is not asked about."""

MOST_VIEWS_COUNTED = 20
_VERDICTS = [each.value for each in Verdict if each is not Verdict.WITHDRAWN]


def picture_filters(connection: Connection, view: SavedView, now: datetime, zone: ZoneInfo) -> PictureFilters:
    """The filters of a view of the gallery, or of the queue to judge, which holds finished pictures.

    One statement where it names a tone, else none. What the page would not understand is no filter, as there.
    """
    asked, judged = view.parameters, view.page == "review"
    since, until = asked_period(asked, now, zone)
    if judged:
        days = {str(days): days for days in REVIEW_PERIODS}.get(asked.get("days", ""), 0)
        since = since_midnight(days, now, zone)
    tone = asked.get("tone")
    return PictureFilters(
        tenant=asked.get("tenant") or None,
        campaign=_uuid(asked.get("campaign", "")),
        since=since,
        until=until,
        outcome=_one_of((COMPLETE, FAILED, OPEN), asked.get("outcome")),
        tones=tones_named(connection, tone) if tone else None,
        version=asked.get("version", "").strip() or None,
        verdict=_one_of(_VERDICTS, asked.get("verdict")),
        words=asked.get("words", ""),
        ranges=narrowed_scores(asked.get("score", "")),
        finished=judged,
    )


def look(engine: Engine, settings: Settings, person: Person, view_id: UUID, now: datetime) -> None:
    """Remember what matches a view now: from here on other pictures are new to ``person``.

    Raises :class:`NotFound` for a view that this person does not see.
    """
    require(person, Role.VIEWER, settings)
    with writing(engine) as connection:
        view = find_view(connection, person, view_id)
        source = filled_source(connection, now) if view.counts_matches else None
        if source is None:
            return
        given = _conditions(connection, source, view, now, settings.zone)
        if given is None:
            return
        rows, wanted = given
        connection.execute(_remembered(rows, wanted, view_id, person.name, now))


@query_budget(statements=45, rows=40_000)
def new_matches(
    connection: Connection, views: Sequence[SavedView], reader: str, now: datetime, zone: ZoneInfo
) -> dict[UUID, int]:
    """New pictures of each view since the last look of ``reader``, up to :data:`MOST_NEW` + 1.

    A view without a look, or without matches to count, is left out. Three statements, one more per tone.
    """
    return _counted(connection, views, now, zone, reader)


@query_budget(statements=6, rows=40_000)
def new_to_the_team(
    connection: Connection, name: str, now: datetime, zone: ZoneInfo
) -> tuple[SavedView, int] | None:
    """The team's view of this name with its new pictures since anybody's last look.

    None when there is no such view. Six statements at most.
    """
    view = team_view(connection, name)
    if view is None:
        return None
    return view, _counted(connection, [view], now, zone).get(view.view_id, 0)


def _counted(
    connection: Connection,
    views: Sequence[SavedView],
    now: datetime,
    zone: ZoneInfo,
    reader: str | None = None,
) -> dict[UUID, int]:
    asked = {view.view_id: view for view in views if view.counts_matches}
    if not asked or not installed(connection, SAVED_VIEWS):
        return {}
    looks = _newest_looks(connection, list(asked), reader)
    source = filled_source(connection, now) if looks else None
    if source is None:
        return {}
    counts = []
    for view_id, (person, since) in looks.items():
        given = _conditions(connection, source, asked[view_id], now, zone)
        if given is not None:
            counts.append(_count(*given, view_id, person, since))
    if not counts:
        return {}
    return {row.view_id: row.number for row in connection.execute(union_all(*counts))}


def _newest_looks(
    connection: Connection, view_ids: Sequence[UUID], reader: str | None
) -> dict[UUID, tuple[str, datetime]]:
    """Who looked last at each of some views, and from when on matches are asked about."""
    table = view_looks.c
    query = select(table.view_id, table.person, table.since).where(table.view_id.in_(view_ids))
    if reader is not None:
        query = query.where(table.person == reader)
    newest = query.order_by(table.seen_at).limit(1_000)
    found = {row.view_id: (row.person, row.since) for row in connection.execute(newest)}
    return dict(list(found.items())[-MOST_VIEWS_COUNTED:])


def _conditions(
    connection: Connection, source: VariantSource, view: SavedView, now: datetime, zone: ZoneInfo
) -> tuple[FromClause, list[ColumnElement[bool]]] | None:
    """Rows and conditions of a view; None where its words cannot be searched for."""
    filters = picture_filters(connection, view, now, zone)
    rows = source.rows_for(connection, filters)
    try:
        return rows, source.conditions(rows, filters)
    except InvalidInput:
        return None


def _count(
    rows: FromClause, wanted: Sequence[ColumnElement[bool]], view_id: UUID, person: str, since: datetime
) -> Any:
    known = select(func.unnest(view_looks.c.known)).where(
        view_looks.c.view_id == view_id, view_looks.c.person == person
    )
    new = (
        select(literal(1))
        .select_from(rows)
        .where(*wanted, rows.c.created_at > since, rows.c.job_variants_id.not_in(known))
        .limit(MOST_NEW + 1)
        .subquery()
    )
    return select(literal(view_id).label("view_id"), func.count().label("number")).select_from(new)


def _remembered(
    rows: FromClause, wanted: Sequence[ColumnElement[bool]], view_id: UUID, person: str, now: datetime
) -> Any:
    """One statement that stores the newest matches as known."""
    key, made = rows.c.job_variants_id, rows.c.created_at
    newest = (
        select(key, made)
        .where(*wanted, made > now - WATCHED)
        .order_by(made.desc(), key.desc())
        .limit(MOST_KNOWN)
        .subquery()
    )
    seen = select(
        literal(view_id),
        literal(person),
        literal(now),
        case((func.count() == MOST_KNOWN, func.min(newest.c.created_at)), else_=literal(now - WATCHED)),
        func.coalesce(func.array_agg(newest.c.job_variants_id), cast(array([]), ARRAY(Uuid))),
    ).select_from(newest)
    row = insert(view_looks).from_select(["view_id", "person", "seen_at", "since", "known"], seen)
    kept = {name: row.excluded[name] for name in ("seen_at", "since", "known")}
    return row.on_conflict_do_update(index_elements=["view_id", "person"], set_=kept)


def _one_of(names: Sequence[str], written: str | None) -> str | None:
    return written if written in names else None


def _uuid(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None
