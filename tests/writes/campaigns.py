"""Writes of campaigns."""

from __future__ import annotations

from feedly_core.campaigns.campaigns import pause_campaign, resume_campaign, start_campaign, stop_campaign
from feedly_core.permissions import Role
from tests.writes.team import BOTH, Write, campaign_plan

WRITES = (
    Write(
        start_campaign,
        Role.OPERATOR,
        "start_campaign",
        ("after",),
        lambda team, person, settings: start_campaign(team.engine, campaign_plan(), person, settings),
    ),
    Write(
        pause_campaign,
        Role.OPERATOR,
        "paused_campaign",
        BOTH,
        lambda team, person, settings: pause_campaign(team.engine, team.campaign, person, settings),
    ),
    Write(
        resume_campaign,
        Role.OPERATOR,
        "running_campaign",
        BOTH,
        lambda team, person, settings: resume_campaign(team.engine, team.paused, person, settings),
    ),
    Write(
        stop_campaign,
        Role.OPERATOR,
        "stopped_campaign",
        BOTH,
        lambda team, person, settings: stop_campaign(team.engine, team.campaign, person, settings),
    ),
)
