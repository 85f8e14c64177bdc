"""A campaign, started in a browser and driven by the server while the page only looks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from feedly_core.campaigns.campaigns import list_campaigns
from feedly_core.db.engine import make_engine, reading
from feedly_core.db.own_schema import install
from feedly_core.settings import load_settings
from tests.browser.server import AppServer


def test_the_server_drives_it_and_the_panel_follows_without_a_reload(
    app_server: Callable[..., AppServer],
    new_window: Callable[..., Page],
    database_url: str,
    tmp_path: Path,
    screenshot: Callable[[Page, str], Path],
) -> None:
    engine = make_engine(load_settings(DATABASE_URL=database_url))
    install(engine)
    server = app_server(DATABASE_URL=database_url, ASSETS_DIR=str(tmp_path))
    page = new_window(locale="en-US")
    page.goto(f"{server.url}/create_jobs?part=campaigns")
    page.get_by_text("At a fixed interval").click()
    page.locator(".st-key-campaign-interval input").fill("1")
    page.locator(".st-key-campaign-limit input").fill("3")
    page.locator(".st-key-campaign-limit input").press("Enter")
    page.locator(".st-key-campaign-start button").dblclick()
    tiles = page.locator(".fd-tile", has_text="Made")
    expect(tiles.get_by_text("3", exact=True)).to_be_visible(timeout=60_000)
    state = page.locator(".fd-badge")
    expect(state.filter(has_text="All made, last ones on their way")).to_be_visible()
    screenshot(page, "campaign")
    page.locator(".st-key-campaign-stop button").click()
    expect(state.filter(has_text="Stopped")).to_be_visible()
    with reading(engine) as connection:
        (summary,) = list_campaigns(connection)
    assert (summary.made, summary.campaign.state.value) == (3, "stopped")
    engine.dispose()
