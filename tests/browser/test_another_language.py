"""The language is switched in the middle of a choice: it stays what it was, in the other words."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from tests.browser.choosing import choose
from tests.browser.server import AppServer
from tests.browser.walking import walk
from tests.moving_job import moving_job


def test_what_is_chosen_stays(
    app_server: Callable[..., AppServer],
    new_window: Callable[..., Page],
    engine: Engine,
    our_schema: None,
    database_url: str,
) -> None:
    moving_job(engine)
    site = app_server(DATABASE_URL=database_url).url
    page = new_window(locale="en-US")
    page.goto(f"{site}/create_jobs?part=campaigns")
    in_a_campaign(page)
    walk(page, f"{site}/create_jobs?part=remove")
    in_what_is_removed(page)
    page.goto(f"{site}/live_monitor?lang=en")
    in_a_filter(page)
    after_a_reload_and_elsewhere(page, site)


def in_a_campaign(page: Page) -> None:
    page.get_by_text("Next when the previous is complete").click()
    choose(page, "When a job fails", "try it again")
    page.get_by_role("spinbutton", name="Retries of one job").fill("7")
    page.get_by_role("spinbutton", name="Retries of one job").press("Enter")
    page.get_by_text("한국어").click()
    expect(page.get_by_role("combobox", name="작업이 실패하면")).to_have_value("다시 시도")
    assert page.locator('[role="alert"]').count() == 0
    page.get_by_text("English").click()
    expect(page.get_by_role("combobox", name="When a job fails")).to_have_value("try it again")


def in_what_is_removed(page: Page) -> None:
    choose(page, "Status", "finished")
    expect(page.get_by_role("heading", name="1 job would go")).to_be_visible()
    page.get_by_text("한국어").click()
    expect(page.get_by_role("combobox", name="상태", exact=True)).to_have_value("완료")
    page.get_by_role("checkbox", name="되돌릴 수 없습니다").check(force=True)
    expect(page.get_by_role("button", name="작업 1개 삭제")).to_be_enabled()


def in_a_filter(page: Page) -> None:
    """The browser goes on sending the words that were chosen, in the language of then."""
    choose(page, "Created", "1 hour")
    expect(page).to_have_url(re.compile("age=1h"))
    page.get_by_text("한국어").click()
    expect(page.get_by_role("combobox", name="생성 시점")).to_have_value("1시간")
    expect(page.locator(".fd-board tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("age=1h"))


def after_a_reload_and_elsewhere(page: Page, site: str) -> None:
    """Language and theme, without a word of them in the address."""
    page.get_by_test_id("stMainMenu").click()
    page.get_by_test_id("stThemeSwitcher").get_by_role("menuitemradio").last.click()
    app = page.get_by_test_id("stApp")
    expect(app).to_have_css("color-scheme", "dark")
    for address in ("/live_monitor", "/create_jobs", "/create_jobs"):
        page.goto(site + address)
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "작업 만들기" if address == "/create_jobs" else "실시간 모니터링"
        )
        expect(app).to_have_css("color-scheme", "dark")
