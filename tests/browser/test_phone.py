"""A phone in a meeting and at the queue: one picture, three buttons for the thumb, verdicts by swipe."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from tests.browser.server import AppServer
from tests.browser.test_review import on_screen, open_review, stored
from tests.browser.walking import walk
from tests.waiting import wait_until

UPRIGHT, ON_ITS_SIDE = {"width": 390, "height": 844}, {"width": 844, "height": 390}
THUMB = 44
"""Pixels of what a thumb presses, in each direction."""
_SMALL = """(least) => {  // in one go: the screen is drawn anew whenever something is said
  const roots = [...document.querySelectorAll('*')].map((one) => one.shadowRoot).filter(Boolean);
  const buttons = roots.flatMap((root) => [...root.querySelectorAll('.screen button')]);
  const small = ({width, height}) => Math.min(width, height) < least;
  return buttons.filter((one) => one.checkVisibility() && small(one.getBoundingClientRect()))
    .map((one) => one.innerText);
}"""

_LOADED = """() => [...document.querySelectorAll('*')]
  .map((one) => one.shadowRoot?.querySelector('.frame img')).find(Boolean)?.complete"""


@pytest.fixture
def server(picture_server: AppServer) -> AppServer:
    return picture_server


def test_a_phone_follows_votes_and_judges_by_swipe(
    new_context: Callable[..., BrowserContext],
    new_window: Callable[..., Page],
    server: AppServer,
    engine: Engine,
) -> None:
    presenter = new_window()
    phone = new_context(viewport=UPRIGHT, has_touch=True, is_mobile=True).new_page()
    open_review(presenter, server, "지영", "?view=meeting")
    presenter.locator(".st-key-start-meeting button").click()
    expect(presenter.locator(".screen .picture")).to_be_visible()
    open_review(phone, server, "민호", "?view=meeting")
    phone.get_by_role("button", name="함께 보기").tap()
    for size in (ON_ITS_SIDE, UPRIGHT):
        phone.set_viewport_size(size)  # type: ignore[arg-type]
        expect(phone.locator(".screen .picture")).to_be_in_viewport(ratio=1)
        assert_for_the_thumb(phone)
    phone.get_by_role("button", name="반려").tap()
    tally = presenter.locator(".screen .votes")
    expect(tally).to_contain_text("판정 1개")
    presenter.keyboard.press("v")  # hidden from who has not voted, until it is asked for
    expect(tally).to_contain_text("✕1")
    judges_by_swipe(phone, server, engine)


def assert_for_the_thumb(phone: Page) -> None:
    verdicts = phone.locator(".screen .verdict")
    expect(verdicts).to_have_count(3)
    for button in verdicts.all():
        expect(button).to_be_in_viewport(ratio=1)
    assert phone.evaluate(_SMALL, THUMB) == []


def judges_by_swipe(phone: Page, server: AppServer, engine: Engine) -> None:
    """Right approves, left rejects, and the undo of the last one is in sight."""
    walk(phone, f"{server.url}/review")
    expect(phone.locator(".stage .frame img")).to_be_visible()
    expect(phone.get_by_text("오른쪽으로 밀면 승인")).to_be_visible()
    first = on_screen(phone)
    by_hand(phone, lambda: swipe(phone, 150), lambda: on_screen(phone) != first)
    wait_until(lambda: [row[1:3] for row in stored(engine)][-1:] == [("approve", first)], timeout=20)
    undo = phone.get_by_role("button", name="되돌리기")
    by_hand(phone, undo.tap, lambda: on_screen(phone) == first)
    by_hand(phone, lambda: swipe(phone, -150), lambda: on_screen(phone) != first)
    said = [("approve", first), ("withdrawn", first), ("reject", first)]
    wait_until(lambda: [row[1:3] for row in stored(engine)][-3:] == said, timeout=20)


def by_hand(phone: Page, move: Callable[[], object], done: Callable[[], bool]) -> None:
    """Again if nothing came of it, as a person would.

    Chromium makes no click of a tap while its own fling goes on. The stage answers a finger at once, without
    the server.
    """
    for _tried in range(3):
        phone.wait_for_function(_LOADED)
        move()
        try:
            wait_until(done, timeout=3)
            return
        except AssertionError:
            continue
    raise AssertionError("three times nothing came of it")


def swipe(phone: Page, pixels: int) -> None:
    box = phone.locator(".stage .frame").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    hand = phone.context.new_cdp_session(phone)
    moves = [("touchMove", pixels * part // 5) for part in range(1, 6)]
    touches: list[tuple[str, int | None]] = [("touchStart", 0), *moves, ("touchEnd", None)]
    for kind, way in touches:
        points = [] if way is None else [{"x": x + way, "y": y}]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    hand.detach()
