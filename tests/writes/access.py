"""Writes of tokens and proposed plans."""

from __future__ import annotations

from feedly_core.access.plans import confirm_plan, reject_plan
from feedly_core.access.tokens import revoke_token
from feedly_core.permissions import Role
from tests.writes.team import Write

WRITES = (
    Write(
        revoke_token,
        Role.OPERATOR,  # somebody else's
        "revoke_token",
        ("after",),
        lambda team, person, settings: revoke_token(team.engine, settings, person, team.token),
    ),
    Write(
        confirm_plan,
        Role.OPERATOR,
        "confirmed_plan",
        ("after",),
        lambda team, person, settings: confirm_plan(team.engine, settings, person, team.plan),
    ),
    Write(
        reject_plan,
        Role.OPERATOR,
        "rejected_plan",
        ("after",),
        lambda team, person, settings: reject_plan(team.engine, settings, person, team.plan),
    ),
)
