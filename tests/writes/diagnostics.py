"""Writes of probes, resends and repairs."""

from __future__ import annotations

from collections.abc import Callable

from feedly_core.diagnostics.context import CheckContext
from feedly_core.diagnostics.probe.run import ProbeSession, complete_waiting, probe_trigger
from feedly_core.diagnostics.repair import proposed, repair
from feedly_core.diagnostics.resend import resend_notifications
from feedly_core.diagnostics.ye_completion import CompletionSession, complete_in_turn
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.writes.team import BOTH, Team, Write

TRIGGER = "triggers.job_notify"


def _repair(context: CheckContext, person: Person) -> object:
    fix = proposed(context, TRIGGER)[1].fix
    assert fix is not None
    return repair(context, person, TRIGGER, fix.sql)


def _in_context(
    do: Callable[[Team, CheckContext, Person], object],
) -> Callable[[Team, Person, Settings], object]:
    def go(team: Team, person: Person, settings: Settings) -> object:
        return [do(team, context, person) for context in team.context(settings)]

    return go


WRITES = (
    Write(
        probe_trigger,
        Role.OPERATOR,
        "live_test",
        ("after",),
        _in_context(lambda team, context, person: probe_trigger(context, person)),
    ),
    Write(
        complete_waiting,
        Role.OPERATOR,
        "complete_waiting",
        BOTH,
        _in_context(
            lambda team, context, person: complete_waiting(context, person, team.waiting.variant_ids[0])
        ),
    ),
    Write(
        resend_notifications,
        Role.OPERATOR,
        "touch_again",
        BOTH,
        _in_context(
            lambda team, context, person: resend_notifications(context, person, team.stalled.variant_ids)
        ),
    ),
    Write(
        repair,
        Role.OPERATOR,
        "repair_trigger",
        BOTH,
        _in_context(lambda team, context, person: _repair(context, person)),
    ),
    Write(
        complete_in_turn,
        Role.OPERATOR,
        "",
        (),
        lambda team, person, settings: complete_in_turn(settings, person, team.waiting.variant_ids),
    ),
    Write(
        CompletionSession,
        Role.OPERATOR,
        "",
        (),
        lambda team, person, settings: CompletionSession(settings, person, team.waiting.variant_ids),
    ),
    Write(ProbeSession, Role.OPERATOR, "", (), lambda team, person, settings: ProbeSession(settings, person)),
)
