"""Writes of saved views and visits."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from feedly_core.permissions import Person, Role
from feedly_core.saved_views.matches import look
from feedly_core.saved_views.store import remove_view, rename_view, save_view, share_view, start_with
from feedly_core.saved_views.views import NewView
from feedly_core.settings import Settings
from feedly_core.visits.visits import note_visit
from tests.writes.team import BOTH, Team, Write


def _saved(team: Team, person: Person, settings: Settings) -> UUID:
    return save_view(team.engine, settings, person, NewView("찌개", "results", {"words": "찌개"}))


def _shared(team: Team, person: Person, settings: Settings) -> None:
    """Who may not share one may not save it for the team either, so nothing is left behind."""
    view = NewView("찌개", "results", {"words": "찌개"}, team=True)
    view_id = save_view(team.engine, settings, person, view)
    share_view(team.engine, settings, person, view_id, team=False)


WRITES = (
    Write(
        note_visit,
        Role.VIEWER,
        "",
        (),
        lambda team, person, settings: note_visit(team.engine, settings, person, datetime.now(UTC)),
    ),
    Write(save_view, Role.VIEWER, "save_view", ("after",), _saved),
    Write(
        rename_view,
        Role.VIEWER,
        "rename_view",
        BOTH,
        lambda team, person, settings: rename_view(
            team.engine, settings, person, _saved(team, person, settings), "국"
        ),
    ),
    Write(share_view, Role.REVIEWER, "share_view", BOTH, _shared),
    Write(
        remove_view,
        Role.VIEWER,
        "remove_view",
        ("before",),
        lambda team, person, settings: remove_view(
            team.engine, settings, person, _saved(team, person, settings)
        ),
    ),
    Write(
        start_with,
        Role.VIEWER,
        "start_with_view",
        ("after",),
        lambda team, person, settings: start_with(
            team.engine, settings, person, _saved(team, person, settings), start=True
        ),
    ),
    Write(
        look,
        Role.VIEWER,
        "",
        (),
        lambda team, person, settings: look(
            team.engine, settings, person, _saved(team, person, settings), datetime.now(UTC)
        ),
    ),
)
