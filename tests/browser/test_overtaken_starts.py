"""On a busy machine Streamlit overtakes a start of a component, and stops it before the next begins."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import BrowserContext, Page, WebSocket, expect

from tests.browser.server import AppServer
from tests.browser.starts import Starts
from tests.browser.test_review import open_review
from tests.waiting import wait_until


def present(page: Page, server: AppServer) -> None:
    open_review(page, server, "지영", "?view=meeting")
    page.locator(".st-key-start-meeting button").click()
    expect(page.locator(".screen .picture")).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator(".screen nav img")).to_have_count(20)


def move_first_down(page: Page) -> None:
    page.get_by_role("button", name="아래로").first.click()


def test_the_agenda_that_the_presenter_opened_stays_open(
    new_context: Callable[..., BrowserContext], picture_server: AppServer
) -> None:
    context = new_context()
    starts, page = Starts(context), context.new_page()
    present(page, picture_server)
    starts.hold(page)
    for waiting in (1, 2):
        move_first_down(page)
        starts.wait_for(page, waiting)
    starts.release(page)
    expect(page.locator(".screen nav img")).to_have_count(20)


def test_what_a_component_began_ends_when_its_place_has_left_the_page(
    new_context: Callable[..., BrowserContext], picture_server: AppServer
) -> None:
    """Also where a start of it begins only then."""
    context = new_context()
    starts, page = Starts(context), context.new_page()
    sockets: list[WebSocket] = []
    page.on("websocket", lambda socket: sockets.append(socket))
    present(page, picture_server)
    meeting = parse_qs(urlsplit(page.url).query)["meeting"][0]
    assert still_open(page, sockets, meeting) == 1
    starts.hold(page)
    move_first_down(page)
    starts.wait_for(page, 1)
    page.keyboard.press("Escape")
    expect(page.locator(".screen")).to_have_count(0)
    wait_until(lambda: still_open(page, sockets, meeting) == 0)
    starts.release(page)
    wait_until(lambda: still_open(page, sockets, meeting) == 0)


def still_open(page: Page, sockets: list[WebSocket], meeting: str) -> int:
    """The live sockets of the meeting."""
    page.evaluate("document.title")  # what the page has told by now is known with its answer
    return sum(f"job={meeting}" in socket.url and not socket.is_closed() for socket in sockets)
