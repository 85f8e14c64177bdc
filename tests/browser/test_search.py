"""From any page to a job by the keyboard alone, with the Korean input method on, and without a page load."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from feedly_core.settings import Settings
from tests.browser.server import AppServer
from tests.factories import MadeJob, make_job

CTRL, COMPOSING = 2, 229


@pytest.fixture
def stew(engine: Engine, settings: Settings) -> MadeJob:
    return make_job(engine, assets_dir=settings.assets_dir, desc_kor="매운 김치찌개 <b>한 그릇</b>")


@pytest.fixture
def server(stew: MadeJob, picture_server: AppServer) -> AppServer:
    """Started when the job is there: what is newer is found after some seconds."""
    return picture_server


def press(page: Page, key: str, code: str, number: int, modifiers: int = 0) -> None:
    """One real key event as Chromium makes it while the Korean input method is on."""
    session = page.context.new_cdp_session(page)
    for kind in ("rawKeyDown", "keyUp"):
        event = {"type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number}
        session.send("Input.dispatchKeyEvent", event | {"modifiers": modifiers})
    session.detach()


def test_a_job_is_opened_by_keyboard(page: Page, server: AppServer, stew: MadeJob) -> None:
    page.goto(f"{server.url}/overview?lang=ko")
    button, dialog = page.get_by_role("button", name="검색", exact=True), page.locator("dialog.fd-search")
    expect(button).to_be_visible()
    page.evaluate("window.stays = true")
    press(page, "ㅏ", "KeyK", 75, CTRL)
    expect(dialog).to_be_visible()
    page.keyboard.insert_text("ㄱㅊㅉㄱ")
    hit = dialog.get_by_role("option")
    expect(hit).to_have_count(1)
    expect(hit).to_contain_text("매운 김치찌개 <b>한 그릇</b>")
    expect(hit.locator("mark")).to_have_text("김치찌개")
    expect(hit.locator(".fd-badge")).to_contain_text("완료")
    press(page, "Process", "Enter", COMPOSING)
    expect(dialog, "Enter that ends a syllable opens nothing").to_be_visible()
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("link").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.locator("body").press("/")
    expect(dialog.get_by_role("combobox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/results?job={stew.job_id}*")
    expect(page.get_by_role("heading", name="매운 김치찌개")).to_be_visible()
    assert page.evaluate("window.stays"), "the page was not loaded anew"
