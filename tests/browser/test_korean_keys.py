"""Shortcuts with the Korean input method on, and judging in a browser that keeps nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect
from sqlalchemy import Engine

from tests.browser.server import AppServer
from tests.browser.test_review import open_queue, stored
from tests.browser.walking import walk
from tests.waiting import wait_until

StartServer = Callable[..., AppServer]
COMPOSING = 229
"""The key code that a browser gives to a key which an input method takes."""
REFUSED = """for (const name of ["getItem", "setItem"]) {
  Storage.prototype[name] = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""


@pytest.fixture
def server(picture_server: AppServer) -> AppServer:
    return picture_server


def press_korean(page: Page, key: str, code: str) -> None:
    """One real key event as Chromium makes it while the Korean input method is on."""
    session = page.context.new_cdp_session(page)
    for kind in ("rawKeyDown", "keyUp"):
        session.send(
            "Input.dispatchKeyEvent",
            {"type": kind, "key": key, "code": code, "windowsVirtualKeyCode": COMPOSING},
        )
    session.detach()


def prevented(page: Page, selector: str, **event: object) -> bool:
    """Whether the page takes a combination away from the browser."""
    taken: bool = page.locator(selector).first.evaluate(
        """(element, options) => !element.dispatchEvent(
            new KeyboardEvent("keydown", {bubbles: true, composed: true, cancelable: true, ...options}))""",
        event,
    )
    return taken


def test_letters_go_by_their_place_and_combinations_to_the_browser(
    page: Page, server: AppServer, engine: Engine
) -> None:
    open_queue(page, server, "지영")
    page.keyboard.press("1")
    wait_until(lambda: len(stored(engine)) == 1, 20, "the verdict")
    press_korean(page, "ㅋ", "KeyZ")
    wait_until(lambda: len(stored(engine)) == 2, 20, "the verdict is taken back")
    press_korean(page, "Process", "KeyH")
    expect(page.locator(".stage dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".stage dialog")).to_be_hidden()
    for combination in ({"key": "z", "code": "KeyZ", "ctrlKey": True}, {"key": "ArrowLeft", "altKey": True}):
        assert not prevented(page, ".stage", **combination)
    comment = page.locator(".side > textarea")
    comment.focus()
    assert not prevented(page, ".side > textarea", key="ㅋ", code="KeyZ"), "letters belong to a field"

    walk(page, f"{server.url}/review?view=meeting")
    page.get_by_role("button", name="장으로 시작").click()
    expect(page.locator(".screen .picture")).to_be_visible()
    press_korean(page, "ㄴ", "KeyS")
    expect(page.locator(".screen aside")).to_be_visible()

    walk(page, f"{server.url}/results")
    page.locator(".fd-gallery .fd-card p").first.click()
    page.get_by_text("두 이미지 비교").click()
    stage = page.locator(".compare .stage")
    stage.focus()
    press_korean(page, "ㅠ", "KeyB")
    expect(page.locator(".compare")).to_have_attribute("data-mode", "blink")
    for combination in (
        {"key": "0", "code": "Digit0", "ctrlKey": True},
        {"key": "ArrowLeft", "code": "ArrowLeft", "altKey": True},
    ):
        assert not prevented(page, ".compare .stage", **combination)


def test_a_browser_that_refuses_its_storage_can_still_judge(
    new_context: Callable[..., BrowserContext], server: AppServer, engine: Engine
) -> None:
    """What is on its way lives in the tab alone, and the page says so."""
    cut: list[bool] = []

    def forward(socket: WebSocketRoute) -> None:
        line = socket.connect_to_server()
        socket.on_message(lambda message: None if cut else line.send(message))

    context = new_context()
    context.add_init_script(REFUSED)
    context.route_web_socket("**/_stcore/stream", forward)
    page = context.new_page()
    open_queue(page, server, "지영")
    cut.append(True)
    page.keyboard.press("1")
    expect(page.locator(".state")).to_contain_text("탭을 닫지 마세요")
    cut.clear()
    expect(page.locator(".state")).to_have_text("모두 저장됨")
    assert len(stored(engine)) == 1
