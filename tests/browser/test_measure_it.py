"""From two releases that are not decided to the campaign that decides, and to its verdict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from feedly_core.analytics.refresher import rebuild
from feedly_core.campaigns.campaigns import list_campaigns
from feedly_core.db.engine import reading
from feedly_core.settings import Settings
from tests.browser.server import AppServer
from tests.browser.walking import walk
from tests.integration.test_run_decision import run_of


def test_two_releases_are_measured_until_there_is_a_verdict(
    app_server: Callable[..., AppServer],
    new_window: Callable[..., Page],
    engine: Engine,
    settings: Settings,
    our_schema: None,
) -> None:
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    run_of(engine, "2.0", 14, failing=1)
    run_of(engine, "2.1", 5, failing=0)
    rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
    server = app_server(DATABASE_URL=url, ASSETS_DIR=str(settings.assets_dir or settings.home))
    page = new_window(locale="en-US", allow_status=(404,))
    runs = f"{server.url}/review?view=runs&before=2.0&after=2.1"
    page.goto(runs)
    page.locator(".st-key-reviewer-typed input").fill("kim")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Not decided. 2.1 passes")).to_be_visible()
    page.locator(".st-key-measure button").click()

    expect(page.locator(".st-key-campaign-version input")).to_have_value("2.1")
    page.locator(".st-key-campaign-start button").click()
    expect(page.locator(".fd-tile", has_text="Made")).to_be_visible()
    with reading(engine) as connection:
        (campaign,) = list_campaigns(connection)
    assert campaign.campaign.template.version == "2.1"

    walk(page, runs)
    expect(page.get_by_text("planned orders are there")).to_be_visible()
    run_of(engine, "2.1", 14, failing=0)  # what the services make of the campaign's orders
    rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
    walk(page, runs)
    expect(page.get_by_text("Better. 2.1 passes 100%")).to_be_visible()
