"""Three stories without a mouse: from a stuck job to its cause and its fix, judging, a desktop meeting."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from feedly_core.db import own_schema
from feedly_core.db.engine import reading
from feedly_core.settings import Settings
from tests.browser.server import AppServer
from tests.browser.test_review import StartServer, on_screen, stored
from tests.browser.walking import walk
from tests.database_url import database_url_of
from tests.factories import make_job
from tests.waiting import wait_until

MOST_TABS = 80
"""Steps of the Tab key to anything on a page; more is no way for a person."""

_FOCUSED = """() => {  // the name of what a key would press; the page itself is nothing to press
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  if (!one.matches('a, button, input, textarea, summary, [role]')) return '';
  return `${one.getAttribute('aria-label') ?? ''} ${one.innerText ?? ''} ${one.name ?? ''}`;
}"""


@pytest.fixture
def server(app_server: StartServer, engine: Engine, settings: Settings) -> AppServer:
    own_schema.install(engine)
    for number in range(3):
        make_job(engine, assets_dir=settings.assets_dir, desc_kor=f"우동 {number}")
    states = [("iou_eval", "done"), ("iou_eval", "done"), ("overlay", "failed")]
    before = datetime.now(UTC) - timedelta(hours=2)
    stuck: dict[str, Any] = {"step": "overlay", "status": "failed", "desc_kor": "멈춘 찌개"}
    make_job(engine, variants=states, created_at=before, assets_dir=settings.assets_dir, **stuck)
    url = database_url_of(settings)
    return app_server(DATABASE_URL=url, ASSETS_DIR=str(settings.assets_dir))


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus is called so."""
    met = []
    for _step in range(MOST_TABS):
        page.keyboard.press("Tab")
        focused = " ".join(page.evaluate(_FOCUSED).split())
        if words in focused and "도움말" not in focused:
            return
        met.append(focused[:40])
    raise AssertionError(f"Tab does not lead to {words}: {met}")


def test_three_stories_by_keyboard_alone(page: Page, server: AppServer, engine: Engine) -> None:
    finds_and_mends(page, server, engine)
    judges(page, server, engine)
    meets(page, server)


def finds_and_mends(page: Page, server: AppServer, engine: Engine) -> None:
    page.goto(f"{server.url}/overview")
    page.get_by_text("멈춘 찌개").first.wait_for()
    tab_to(page, "단계 실패 멈춘 찌개")
    page.keyboard.press("Enter")
    again = page.get_by_role("button", name="단계 다시 실행").first
    again.wait_for()
    tab_to(page, "단계 다시 실행")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="예, 다시 실행").wait_for()
    tab_to(page, "예, 다시 실행")
    page.keyboard.press("Enter")
    wait_until(lambda: "failed" not in variant_states(engine), timeout=20)


def variant_states(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.execute(text("SELECT status FROM jobs_variants")).scalars())


def judges(page: Page, server: AppServer, engine: Engine) -> None:
    walk(page, f"{server.url}/review")
    page.get_by_role("textbox", name="이름").wait_for()
    tab_to(page, "이름")
    page.keyboard.type("지영")
    page.keyboard.press("Enter")
    expect(page.locator(".stage .frame img")).to_be_visible()
    first = on_screen(page)
    page.keyboard.press("1")
    expect(page.locator(".stage[data-item]")).not_to_have_attribute("data-item", first)
    page.keyboard.press("z")
    page.keyboard.press("3")
    wait_until(lambda: [row[1] for row in stored(engine)] == ["approve", "withdrawn", "reject"], timeout=20)


def meets(page: Page, server: AppServer) -> None:
    """Start, next picture, decide, leave."""
    walk(page, f"{server.url}/review?view=meeting")
    page.locator(".st-key-start-meeting button").wait_for()
    tab_to(page, "장으로 시작")
    page.keyboard.press("Enter")
    expect(page.locator(".screen .picture")).to_be_visible()
    shown = page.locator(".screen").get_attribute("data-item") or ""
    page.keyboard.press("ArrowRight")
    expect(page.locator(".screen")).not_to_have_attribute("data-item", shown)
    page.keyboard.press("1")
    expect(page.locator(".screen .decision")).to_have_text(re.compile("승인"))
    page.keyboard.press("Escape")
    expect(page.locator(".screen")).to_have_count(0)
