"""Campaigns in lists to choose from."""

from __future__ import annotations

from feedly_core.campaigns.campaigns import list_campaigns
from pages.shared.ask import ask
from pages.shared.formatting import named


def campaign_names() -> dict[str, str]:
    """What to call each campaign, by its id, newest first."""
    runs = (run.campaign for run in ask(list_campaigns))
    return {str(run.campaign_id): named(run.created_at, run.campaign_id, run.title) for run in runs}
