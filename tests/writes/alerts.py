"""Writes of alert rules and their messages."""

from __future__ import annotations

from feedly_core.alerts.course import Event
from feedly_core.alerts.digest import send_digest
from feedly_core.alerts.outbox import send_again, send_now, send_test
from feedly_core.alerts.rules import MAILBOX, NewRule, RuleKind
from feedly_core.alerts.store import make_rule, remove_rule, set_active
from feedly_core.alerts.wording import Content
from feedly_core.permissions import Role
from tests.writes.team import BOTH, Write

WRITES = (
    Write(
        make_rule,
        Role.OPERATOR,
        "make_alert_rule",
        ("after",),
        lambda team, person, settings: make_rule(
            team.engine, settings, person, NewRule(RuleKind.HUB_DOWN, threshold=2)
        ),
    ),
    Write(
        set_active,
        Role.OPERATOR,
        "pause_alert_rule",
        BOTH,
        lambda team, person, settings: set_active(team.engine, settings, person, team.alert_rule, False),
    ),
    Write(
        remove_rule,
        Role.OPERATOR,
        "remove_alert_rule",
        BOTH,
        lambda team, person, settings: remove_rule(team.engine, settings, person, team.alert_rule),
    ),
    Write(
        send_test,
        Role.OPERATOR,
        "send_test_alert",
        ("after",),
        lambda team, person, settings: send_test(team.engine, settings, person, MAILBOX, "ko"),
    ),
    Write(
        send_digest,
        Role.OPERATOR,
        "send_digest",
        ("after",),
        lambda team, person, settings: send_digest(
            team.engine, settings, person, MAILBOX, Content("Digest", "Nothing was made")
        ),
    ),
    Write(
        send_now,
        Role.OPERATOR,
        "send_digest",
        ("after",),
        lambda team, person, settings: send_now(
            *(team.engine, settings, person, "send_digest", Event.DIGEST, MAILBOX),
            Content("Digest", "Nothing was made"),
        ),
    ),
    Write(
        send_again,
        Role.OPERATOR,
        "send_alert_again",
        BOTH,
        lambda team, person, settings: send_again(team.engine, settings, person, team.message),
    ),
)
