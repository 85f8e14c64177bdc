"""Writes of targets."""

from __future__ import annotations

from contextlib import suppress

from feedly_core.errors import PermissionDenied
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from feedly_core.targets.budget import USUAL
from feedly_core.targets.store import add_target, remove_target
from tests.writes.team import Team, Write


def _remove_target(team: Team, person: Person, settings: Settings) -> None:
    target_id = 0
    with suppress(PermissionDenied):  # who may not set one may not remove one either
        target_id = add_target(team.engine, settings, person, USUAL[0])
    remove_target(team.engine, settings, person, target_id)


WRITES = (
    Write(
        add_target,
        Role.OPERATOR,
        "add_target",
        ("after",),
        lambda team, person, settings: add_target(team.engine, settings, person, USUAL[0]),
    ),
    Write(remove_target, Role.OPERATOR, "remove_target", ("before",), _remove_target),
)
