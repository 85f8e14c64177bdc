"""Commands ``views``, ``save-view``, ``change-view`` and ``remove-view``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from dashboard.cli.ids import one_id
from dashboard.cli.session import session
from dashboard.output import language, print_json, say
from feedly_core.api import Feedly
from feedly_core.db.engine import reading
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, NN_, translate
from feedly_core.saved_views.addresses import read_address
from feedly_core.saved_views.matches import look, new_matches
from feedly_core.saved_views.store import (
    list_views,
    remove_view,
    rename_view,
    save_view,
    share_view,
    start_with,
)
from feedly_core.saved_views.views import NewView, SavedView

_View = Annotated[str, typer.Argument(metavar="VIEW", help="First characters of its id, as views prints it.")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("views")(show)
    app.command("save-view")(save)
    app.command("change-view")(change)
    app.command("remove-view")(remove)


def show(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Your saved views and those of the team, with the new pictures since your last look."""
    with session() as here, reading(here.engine) as connection:
        views = list_views(connection, here.person.name)
        new = new_matches(connection, views, here.person.name, datetime.now(UTC), here.settings.zone)
    if as_json:
        print_json([_document(view, new.get(view.view_id)) for view in views])
        return
    if not views:
        say(N_("There is no saved view yet"))
    for view in views:
        count = new.get(view.view_id, 0)
        words = translate(NN_("{n} new picture", "{n} new pictures", count), language()) if count else ""
        star = "*" if view.start else " "
        typer.echo(
            f"{star} {str(view.view_id)[:8]}  {view.name}  {view.address}  {view.owner}  {words}".rstrip()
        )


def save(
    name: Annotated[str, typer.Argument(help="How it is called.")],
    address: Annotated[
        str, typer.Argument(help="As the browser shows it, or as results?tenant=cafe&days=7.")
    ],
    team: Annotated[bool, typer.Option("--team", help="Everybody sees it.")] = False,
) -> None:
    """Keep an address under a name; what matches now is known from here on."""
    page, parameters = read_address(address)
    with session(write=True) as here:
        new = NewView(name, page, parameters, team)
        view_id = save_view(here.engine, here.settings, here.person, new)
        look(here.engine, here.settings, here.person, view_id, datetime.now(UTC))
    say(N_("View {id} is saved.", id=str(view_id)[:8]))


def change(
    view: _View,
    name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    team: Annotated[bool | None, typer.Option("--team/--mine", help="Share it, or take it back.")] = None,
    start: Annotated[
        bool | None, typer.Option("--start/--no-start", help="Begin with it, or with the overview.")
    ] = None,
) -> None:
    """Rename a view, share it, or begin with it."""
    if name is None and team is None and start is None:
        raise InvalidInput(N_("Say what to change: --name, --team, --mine, --start or --no-start."))
    with session(write=True) as here:
        view_id, known = _view_id(here, view), (here.engine, here.settings, here.person)
        if name is not None:
            rename_view(*known, view_id, name)
        if team is not None:
            share_view(*known, view_id, team=team)
        if start is not None:
            start_with(*known, view_id, start=start)
    say(N_("View {id} is changed.", id=str(view_id)[:8]))


def remove(view: _View) -> None:
    """Remove a view."""
    with session(write=True) as here:
        view_id = _view_id(here, view)
        remove_view(here.engine, here.settings, here.person, view_id)
    say(N_("View {id} is removed.", id=str(view_id)[:8]))


def _view_id(here: Feedly, prefix: str) -> UUID:
    with reading(here.engine) as connection:
        ids = [view.view_id for view in list_views(connection, here.person.name)]
    return one_id(prefix, ids)


def _document(view: SavedView, new: int | None) -> dict[str, object]:
    return {
        "view_id": str(view.view_id),
        "name": view.name,
        "address": view.address,
        "owner": view.owner,
        "team": view.team,
        "start": view.start,
        "new": new,
    }
