"""Hostile rows in every text and document: no script runs, no page fails, in the real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from feedly_core.database import writing
from feedly_core.settings import Settings
from pages.components.navigation import PAGES
from tests.browser.hostile import CASES, SCRIPT, poison
from tests.browser.server import AppServer
from tests.factories import MadeJob, make_job

NOT_DRAWN = "This part of the page could not be drawn"


@pytest.fixture
def poisoned(engine: Engine, settings: Settings, request: pytest.FixtureRequest) -> MadeJob:
    """A complete job and one in flight, of a tenant whose id is a script too; then all is rewritten."""
    made = make_job(engine, assets_dir=settings.assets_dir, tenant_id=SCRIPT[:200])
    make_job(engine, step="vlm_analyze", status="running", variants=[("planner", "done")])
    with writing(engine) as connection:
        assert poison(connection, request.param) > 40
    return made


@pytest.mark.parametrize("poisoned", list(CASES), indirect=True)
def test_every_page_survives(
    poisoned: MadeJob,
    settings: Settings,
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
    tmp_path: Path,
) -> None:
    assert settings.database_url is not None
    server = app_server(
        DATABASE_URL=settings.database_url.get_secret_value(), ASSETS_DIR=str(settings.assets_dir)
    )
    context = new_context(locale="en-US", allow_status=(404,))
    page = context.new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog was opened: {dialog.message}"))
    for name in PAGES:
        page.goto(f"{server.url}/{name}?job={poisoned.job_id}&lang=en")
        wait_until_drawn(page)
        assert page.get_by_text(NOT_DRAWN).count() == 0, f"{name}\n{server.log_text()[-3000:]}"
        assert page.evaluate("window.pwned") is None, name
        assert page.locator('[data-testid="stMain"] a[href^="javascript"]').count() == 0, name
    assert "Traceback" not in server.log_text()


def wait_until_drawn(page: Page) -> None:
    """The title is there and the server has finished the run."""
    expect(page.locator('[data-testid="stMain"] h1').first).to_be_visible(timeout=30_000)
    expect(page.locator('[data-testid="stApp"]')).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=30_000
    )
