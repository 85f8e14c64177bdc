"""Writes of meetings and their agenda."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID, uuid4

from feedly_core.errors import PermissionDenied
from feedly_core.permissions import Person, Role
from feedly_core.reviews import agenda, meetings
from feedly_core.reviews.action_items import add_action, remove_action
from feedly_core.reviews.presence import attend
from feedly_core.settings import Settings
from tests.writes.team import BOTH, Team, Write


def _reopen(team: Team, person: Person, settings: Settings) -> None:
    with suppress(PermissionDenied):  # who may not end it may not take the end back either
        meetings.end(team.engine, settings, person, team.meeting)
    meetings.reopen(team.engine, settings, person, team.meeting)


def _add_action(team: Team, person: Person, settings: Settings) -> UUID:
    return add_action(team.engine, settings, person, team.meeting, "글자 색 바꾸기", "하나")


def _remove_action(team: Team, person: Person, settings: Settings) -> None:
    action_id = uuid4()
    with suppress(PermissionDenied):  # who may not add one may not remove one either
        action_id = _add_action(team, person, settings)
    remove_action(team.engine, settings, person, action_id)


WRITES = (
    Write(
        meetings.start,
        Role.REVIEWER,
        "start_meeting",
        ("after",),
        lambda team, person, settings: meetings.start(
            team.engine, settings, person, "월요일", team.done.variant_ids
        ),
    ),
    Write(
        attend,
        Role.VIEWER,
        "attend_meeting",
        ("after",),
        lambda team, person, settings: attend(team.engine, settings, person, team.meeting),
    ),
    Write(
        meetings.show,
        Role.REVIEWER,
        "show_in_meeting",
        BOTH,
        lambda team, person, settings: meetings.show(team.engine, settings, person, team.meeting, 1),
    ),
    Write(
        meetings.arrange,
        Role.REVIEWER,
        "arrange_meeting",
        BOTH,
        lambda team, person, settings: meetings.arrange(
            team.engine, settings, person, team.meeting, team.done.variant_ids[:2]
        ),
    ),
    Write(
        agenda.collect,
        Role.REVIEWER,
        "arrange_meeting",
        BOTH,
        lambda team, person, settings: agenda.collect(
            team.engine, settings, person, team.stalled.variant_ids
        ),
    ),
    Write(
        agenda.keep,
        Role.REVIEWER,
        "collect_agenda",
        BOTH,
        lambda team, person, settings: agenda.keep(team.engine, settings, person, team.done.variant_ids),
    ),
    Write(add_action, Role.REVIEWER, "add_action", ("after",), _add_action),
    Write(remove_action, Role.REVIEWER, "remove_action", ("before",), _remove_action),
    Write(meetings.reopen, Role.REVIEWER, "reopen_meeting", BOTH, _reopen),
    Write(
        meetings.end,
        Role.REVIEWER,
        "end_meeting",
        BOTH,
        lambda team, person, settings: meetings.end(team.engine, settings, person, team.meeting),
    ),
)
