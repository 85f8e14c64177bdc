"""The live monitor in a real browser: it moves by itself, in order, and a click costs no reload."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from tests.browser.choosing import choose
from tests.browser.server import BARE, AppServer
from tests.moving_job import MovingJob, moving_job

KEEPS_WAITING = """
    WebSocket = new Proxy(WebSocket, {construct: (real, [address, ...rest]) => {
        if (!String(address).includes("/live/ws")) return new real(address, ...rest);
        window.waitsForSocket = true;
        return {readyState: real.CONNECTING, close() {}};
    }});
"""
"""A proxy that neither lets a live socket through nor refuses it."""
CLICKED_AS_DRAWN_BEFORE = """address => {
    const link = document.querySelector(".fd-board tbody a");
    link.href = address;
    link.click();
}"""
"""A hand is faster than the redraw: the link does not know yet what was chosen.

It is looked for when it is clicked: one that was redrawn meanwhile is no longer in the page."""


def test_where_no_socket_is_let_through_the_page_asks_by_itself(
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
    engine: Engine,
    database_url: str,
) -> None:
    job = moving_job(engine, variants=1)
    context = new_context(locale="en-US")
    context.route_web_socket(re.compile("/live/ws"), lambda socket: socket.close())
    page = context.new_page()
    page.goto(f"{app_server(DATABASE_URL=database_url).url}/live_monitor")
    assert_followed(page, job)


def test_where_a_socket_never_opens_the_page_asks_by_itself(
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
    engine: Engine,
    database_url: str,
) -> None:
    job = moving_job(engine, variants=1)
    page = new_context(locale="en-US").new_page()
    page.add_init_script(KEEPS_WAITING)
    page.clock.install()
    page.goto(f"{app_server(DATABASE_URL=database_url).url}/live_monitor")
    page.wait_for_function("window.waitsForSocket")
    page.clock.fast_forward("00:31")  # the board's own next redraw, for its ages, is half a minute away then
    assert_followed(page, job, within_ms=20_000)


def test_without_the_launcher_the_page_asks_by_itself(
    app_server: Callable[..., AppServer],
    new_window: Callable[..., Page],
    engine: Engine,
    database_url: str,
) -> None:
    job = moving_job(engine, variants=1)
    page = new_window(locale="en-US")
    page.goto(app_server(program=BARE, DATABASE_URL=database_url).url)
    page.get_by_role("link", name="Live monitor").click()
    expect(page.get_by_text("Asking every 2 s")).to_be_visible()
    assert_followed(page, job)


def assert_followed(page: Page, job: MovingJob, within_ms: int = 30_000) -> None:
    """The board shows the next steps of the job's only variant, without a reload."""
    mark = page.locator(".fd-board tbody tr .fd-mark")
    expect(mark).to_have_attribute("title", re.compile("Image analysis|VLM"))
    page.evaluate("window.sameDocument = true")
    for step, next_step in (("planner", "Text overlay"), ("overlay", "VLM judge")):
        job.move(0, step, "done")
        expect(mark).to_have_attribute("title", f"Variant 1: Working on {next_step}", timeout=within_ms)
    assert page.evaluate("window.sameDocument")


def test_a_click_opens_a_job_and_the_way_back_keeps_the_filter(
    app_server: Callable[..., AppServer],
    new_window: Callable[..., Page],
    engine: Engine,
    database_url: str,
) -> None:
    job = moving_job(engine)
    server = app_server(DATABASE_URL=database_url)
    page = new_window(locale="en-US")
    page.goto(f"{server.url}/live_monitor?state=working")
    row = page.locator(".fd-board tbody tr")
    expect(row).to_have_count(1)
    page.locator("body[data-feedly-links]").wait_for(state="attached")
    page.evaluate("window.sameDocument = true")
    drawn_before = row.get_by_role("link").get_attribute("href")
    choose(page, "Step", "VLM check")
    expect(page).to_have_url(re.compile("step=vlm_analyze"))
    expect(row).to_have_count(1)
    page.evaluate(CLICKED_AS_DRAWN_BEFORE, drawn_before)
    expect(page).to_have_url(re.compile(f"state=working.*step=vlm_analyze.*{job.job_id}"))
    expect(page.get_by_role("rowheader", name="Variant 1")).to_be_visible()
    page.get_by_role("button", name="All jobs").click()
    expect(row).to_have_count(1)
    expect(page).to_have_url(re.compile("state=working.*step=vlm_analyze"))
    assert page.evaluate("window.sameDocument")
