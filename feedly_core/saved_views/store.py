"""Saved views in the dashboard's schema: keep, rename, share, remove, start with one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from feedly_core.db.announcements import announce
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import SAVED_VIEWS, alert_rules, installed, need, saved_views, start_views
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.contract import ALERTS_TOPIC
from feedly_core.errors import InvalidInput, NotFound
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.saved_views.addresses import PARAMETERS
from feedly_core.saved_views.views import (
    VIEW_MATCHES,
    NewView,
    SavedView,
    check_name,
    check_view,
    clean_name,
    require_owner,
)
from feedly_core.settings import Settings

MOST_VIEWS = 50
"""Of one person, and of the team."""

_NAMES_LOCK = 7_303_014_021
"""Advisory lock key: two people may give the same name, or the last free place, at the same moment."""


def need_views(connection: Connection) -> None:
    """Raise :class:`MissingInSchema` where the tables of saved views are missing."""
    need(connection, SAVED_VIEWS, N_("This database has no place for saved views yet."))


@query_budget(statements=1, rows=300)
def list_views(connection: Connection, reader: str) -> tuple[SavedView, ...]:
    """The views of ``reader`` by name, then those of the team. One statement; none without our own schema."""
    if not installed(connection, SAVED_VIEWS):
        return ()
    query = _visible(reader).order_by(saved_views.c.team, saved_views.c.name, saved_views.c.view_id)
    return tuple(map(_view, connection.execute(query.limit(2 * MOST_VIEWS))))


@query_budget(statements=1, rows=10)
def start_view(connection: Connection, reader: str) -> SavedView | None:
    """The view with which ``reader`` begins; None without one. One statement."""
    if not installed(connection, SAVED_VIEWS):
        return None
    found = connection.execute(_visible(reader).where(start_views.c.view_id.is_not(None))).first()
    return _view(found) if found else None


@query_budget(statements=1, rows=10)
def team_view(connection: Connection, name: str) -> SavedView | None:
    """The view that the team calls so; None when it was removed. One statement."""
    if not installed(connection, SAVED_VIEWS):
        return None
    query = _visible("").where(saved_views.c.team, saved_views.c.name == name)
    found = connection.execute(query).first()
    return _view(found) if found else None


def save_view(engine: Engine, settings: Settings, person: Person, new: NewView) -> UUID:
    """Keep an address under a name. Everybody may; one for the team needs the role reviewer.

    Raises :class:`InvalidInput`; then nothing is written.
    """
    require(person, Role.REVIEWER if new.team else Role.VIEWER, settings)
    new = NewView(clean_name(new.name), new.page, dict(new.parameters), new.team)
    check_view(new)
    view_id = uuid4()
    with writing(engine) as connection:
        need_views(connection)
        _take_name(connection, person.name, new.name, team=new.team)
        row = {"name": new.name, "page": new.page, "parameters": new.parameters, "team": new.team}
        connection.execute(insert(saved_views).values(view_id=view_id, owner=person.name, **row))
        audit(connection, person, "save_view", str(view_id), after=row)
    return view_id


def rename_view(engine: Engine, settings: Settings, person: Person, view_id: UUID, name: str) -> None:
    """Give a view another name; alert rules about it follow. The owner may, of the team's ones operators too.

    Raises :class:`NotFound`, :class:`InvalidInput`, :class:`PermissionDenied`.
    """
    require(person, Role.VIEWER, settings)
    name = clean_name(name)
    check_name(name)
    with writing(engine) as connection:
        view = _own(connection, person, view_id)
        if name != view.name:
            _take_name(connection, view.owner, name, team=view.team, renamed=True)
        connection.execute(_changed(view_id, name=name))
        if view.team:
            about = (alert_rules.c.kind == VIEW_MATCHES, alert_rules.c.subject == view.name)
            connection.execute(update(alert_rules).where(*about).values(subject=name))
            announce(connection, ALERTS_TOPIC)
        audit(
            connection, person, "rename_view", str(view_id), before={"name": view.name}, after={"name": name}
        )


def share_view(engine: Engine, settings: Settings, person: Person, view_id: UUID, *, team: bool) -> None:
    """Show a view to the team, or take it back. Needs the role reviewer, and to be its owner or an operator.

    Raises :class:`NotFound`, :class:`InvalidInput` where the name is taken, :class:`PermissionDenied`.
    """
    require(person, Role.REVIEWER, settings)
    with writing(engine) as connection:
        view = _own(connection, person, view_id)
        if team != view.team:
            _take_name(connection, view.owner, view.name, team=team)
        connection.execute(_changed(view_id, team=team))
        audit(
            connection, person, "share_view", str(view_id), before={"team": view.team}, after={"team": team}
        )


def remove_view(engine: Engine, settings: Settings, person: Person, view_id: UUID) -> None:
    """Forget a view with everybody's looks at it. The owner may, of the team's ones operators too.

    Raises :class:`NotFound`, :class:`PermissionDenied`.
    """
    require(person, Role.VIEWER, settings)
    with writing(engine) as connection:
        view = _own(connection, person, view_id)
        connection.execute(delete(saved_views).where(saved_views.c.view_id == view_id))
        before = {
            "name": view.name,
            "page": view.page,
            "parameters": dict(view.parameters),
            "team": view.team,
        }
        audit(connection, person, "remove_view", str(view_id), before=before)


def start_with(engine: Engine, settings: Settings, person: Person, view_id: UUID, *, start: bool) -> None:
    """Let the dashboard of ``person`` open with this view, or with the overview again.

    Raises :class:`NotFound` for a view that this person does not see.
    """
    require(person, Role.VIEWER, settings)
    with writing(engine) as connection:
        view = find_view(connection, person, view_id)
        mine = start_views.c.person == person.name
        if start:
            row = upsert(start_views).values(person=person.name, view_id=view_id)
            connection.execute(
                row.on_conflict_do_update(index_elements=["person"], set_={"view_id": view_id})
            )
        else:
            connection.execute(delete(start_views).where(mine, start_views.c.view_id == view_id))
        audit(connection, person, "start_with_view", str(view_id), after={"name": view.name, "start": start})


def find_view(connection: Connection, reader: Person, view_id: UUID) -> SavedView:
    """The view as ``reader`` sees it. Raises :class:`NotFound`, :class:`MissingInSchema`."""
    need_views(connection)
    found = connection.execute(_visible(reader.name).where(saved_views.c.view_id == view_id)).first()
    if found is None:
        raise NotFound(N_("This view does not exist any more."), hint=N_("Choose one from the list."))
    return _view(found)


def _own(connection: Connection, person: Person, view_id: UUID) -> SavedView:
    view = find_view(connection, person, view_id)
    require_owner(person, view)
    return view


def _take_name(connection: Connection, owner: str, name: str, *, team: bool, renamed: bool = False) -> None:
    """Refuse a name that is taken, and one view too many."""
    connection.execute(select(func.pg_advisory_xact_lock(_NAMES_LOCK)))
    table = saved_views.c
    beside: ColumnElement[bool] = table.team if team else (~table.team & (table.owner == owner))
    count, taken = connection.execute(
        select(func.count(), func.count().filter(table.name == name)).select_from(saved_views).where(beside)
    ).one()
    if taken:
        raise InvalidInput(
            N_("There is a view called {name} already.", name=name),
            detail=N_("Nothing was written."),
            hint=N_("Choose another name."),
        )
    if count >= MOST_VIEWS and not renamed:
        raise InvalidInput(
            N_("There are {n} views already.", n=MOST_VIEWS),
            detail=N_("Nothing was written."),
            hint=N_("Remove one of them first."),
        )


def _changed(view_id: UUID, **values: Any) -> Any:
    return update(saved_views).where(saved_views.c.view_id == view_id).values(**values)


def _visible(reader: str) -> Select[Any]:
    """Views that ``reader`` sees, with whether they begin with it; no page of a newer program."""
    starts = (start_views.c.view_id == saved_views.c.view_id) & (start_views.c.person == reader)
    return (
        select(saved_views, start_views.c.view_id.is_not(None).label("start"))
        .outerjoin(start_views, starts)
        .where(or_(saved_views.c.team, saved_views.c.owner == reader), saved_views.c.page.in_(PARAMETERS))
    )


def _view(row: Row[Any]) -> SavedView:
    given: Mapping[str, Any] = row.parameters if isinstance(row.parameters, Mapping) else {}
    parameters = {str(name): str(value) for name, value in given.items()}
    return SavedView(
        row.view_id, row.name, row.page, parameters, row.owner, row.team, row.created_at, bool(row.start)
    )
