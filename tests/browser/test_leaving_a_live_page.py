"""A page that asks by itself is left just when it has something to ask."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect
from sqlalchemy import Engine, text
from streamlit.proto.BackMsg_pb2 import BackMsg

from feedly_core import dashboard_schema
from feedly_core.settings import Settings
from tests.browser.server import AppServer
from tests.factories import make_job
from tests.movement import moving_job

NEWER = "1000000"
SETTLED = (
    "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
)


class SlowLine:
    """Between a page and its server: ``hold`` keeps answers back, ``asked`` is what the page asks meanwhile.

    The live sockets lead nowhere: what they tell is told by :meth:`change`.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.asked: list[BackMsg] = []
        self._live: list[WebSocketRoute] = []
        self._held: list[Callable[[], None]] | None = None
        context.route_web_socket("**/_stcore/stream", self._stream)
        context.route_web_socket("**/live/ws*", lambda socket: self._live.append(socket))

    def _stream(self, page: WebSocketRoute) -> None:
        server = page.connect_to_server()

        def up(message: str | bytes) -> None:
            if self._held is not None:
                self.asked.append(BackMsg.FromString(message))  # type: ignore[arg-type]
            server.send(message)

        def down(message: str | bytes) -> None:
            if self._held is None:
                page.send(message)
            else:
                self._held.append(lambda: page.send(message))

        page.on_message(up)
        server.on_message(down)

    def hold(self) -> None:
        self._held = []

    def release(self) -> None:
        held, self._held = self._held or [], None
        for send in held:
            send()

    def change(self) -> None:
        """Every live part of the page is told that there is something new."""
        for socket in self._live:
            socket.send(NEWER)

    def fragments_asked(self, page: Page) -> list[str]:
        """Of which parts the page has asked a redraw, or an empty text for a whole page."""
        page.evaluate(SETTLED)
        return [message.rerun_script.fragment_id for message in self.asked]


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


@pytest.mark.parametrize("way", [by_menu, by_link, by_going_back])
def test_a_change_while_the_page_is_left_does_not_clear_the_next_one(
    way: Callable[[Page, str, str], Callable[[], object]],
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
    engine: Engine,
    database_url: str,
) -> None:
    job = moving_job(engine, variants=1)
    context = new_context(locale="en-US")
    line = SlowLine(context)
    page = context.new_page()
    leave = way(page, app_server(DATABASE_URL=database_url).url, str(job.job_id))
    expect(page.locator("tbody tr .fd-mark").first).to_be_visible()
    line.hold()
    leave()
    expect(page.locator('[data-testid="stMain"][inert]')).to_be_attached()
    line.change()
    assert line.fragments_asked(page) == [""], "only the new page is asked for"
    line.release()
    assert_shown(page)


def test_a_verdict_while_the_page_is_left_waits_and_is_stored_later(
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
    engine: Engine,
    settings: Settings,
    database_url: str,
) -> None:
    dashboard_schema.install(engine)
    make_job(engine, assets_dir=settings.assets_dir)
    context = new_context(locale="en-US")
    line = SlowLine(context)
    page = context.new_page()
    url = app_server(DATABASE_URL=database_url, ASSETS_DIR=str(settings.assets_dir)).url
    page.goto(f"{url}/review")
    page.get_by_role("textbox", name="Name").fill("Jiyeong")
    page.get_by_role("button", name="Start judging").click()
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
    title = page.get_by_role("heading", name="Results", exact=True)
    expect(title).to_be_visible()
    expect(page.locator('[data-test-script-state="notRunning"]')).to_be_attached()
    expect(page.locator('[data-testid="stMain"]:not([inert])')).to_be_attached()
    expect(title).to_be_visible()
