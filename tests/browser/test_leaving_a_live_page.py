"""A page that asks by itself is left just when it has something to ask."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine, text

from feedly_core.settings import Settings
from tests.browser.line import Line, SilentSockets
from tests.browser.server import AppServer
from tests.factories import make_job
from tests.moving_job import moving_job


def by_menu(page: Page, url: str, _job: str) -> Callable[[], object]:
    page.goto(f"{url}/live_monitor")
    return lambda: page.get_by_role("link", name="Results").click()


def by_link(page: Page, url: str, job: str) -> Callable[[], object]:
    page.goto(f"{url}/live_monitor?job={job}")
    return lambda: page.get_by_test_id("stPageLink-NavLink").first.click()


def by_going_back(page: Page, url: str, _job: str) -> Callable[[], object]:
    page.goto(f"{url}/results")
    page.get_by_role("link", name="Live monitor").click()
    return page.go_back


def test_a_change_while_the_page_is_left_does_not_clear_the_next_one(
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
    engine: Engine,
    database_url: str,
) -> None:
    job = moving_job(engine, variants=1)
    context = new_context(locale="en-US")
    page = context.new_page()
    url = app_server(DATABASE_URL=database_url).url
    for way in (by_menu, by_link, by_going_back):
        # The newest ones get what is opened from now on.
        line, sockets = Line(context), SilentSockets(context)
        leave = way(page, url, str(job.job_id))
        expect(page.locator("tbody tr .fd-mark").first).to_be_visible()
        sockets.wait_for_one(page)
        line.hold()
        leave()
        expect(page.locator('[data-testid="stMain"][inert]')).to_be_attached()
        sockets.change()
        assert line.fragments_asked(page) == [""], f"only the new page is asked for ({way.__name__})"
        line.release()
        assert_shown(page)


def test_a_verdict_while_the_page_is_left_waits_and_is_stored_later(
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
    engine: Engine,
    settings: Settings,
    our_schema: None,
    database_url: str,
) -> None:
    make_job(engine, assets_dir=settings.assets_dir)
    context = new_context(locale="en-US")
    line = Line(context)
    page = context.new_page()
    url = app_server(DATABASE_URL=database_url, ASSETS_DIR=str(settings.assets_dir)).url
    page.goto(f"{url}/review")
    page.get_by_role("textbox", name="Name").fill("Jiyeong")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".state")).to_have_text("All saved")
    line.hold()
    page.get_by_role("link", name="Results").click()
    page.keyboard.press("1")
    assert line.fragments_asked(page) == [""], "only the new page is asked for"
    line.release()
    assert_shown(page)
    page.get_by_role("link", name="Review").click()
    expect(page.locator(".count")).to_have_text("1 of 3 judged")
    expect(page.locator(".state")).to_have_text("All saved")
    with engine.connect() as connection:
        verdicts = connection.execute(text("SELECT verdict FROM feedly_dashboard.reviews")).scalars()
        assert list(verdicts) == ["approve"]


def assert_shown(page: Page) -> None:
    """The results page is there, and stays when all has been answered."""
    # A job's page is headed by the job.
    title = page.locator(".fd-results-head").or_(page.get_by_role("heading", name="Results", exact=True))
    expect(title).to_be_visible()
    expect(page.locator('[data-test-script-state="notRunning"]')).to_be_attached()
    expect(page.locator('[data-testid="stMain"]:not([inert])')).to_be_attached()
    expect(title).to_be_visible()
