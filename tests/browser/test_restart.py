"""The server is restarted, perhaps by a newer version, under pages that are open and left alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine, text

from feedly_core.db import own_schema
from feedly_core.db.engine import reading
from feedly_core.settings import Settings
from tests.browser.server import AppServer, free_port, stop
from tests.factories import make_job
from tests.moving_job import moving_job
from tests.waiting import wait_until

BACK_MS = 60_000
"""The browser looks for its server again after a growing pause."""
MEETING = "주간 회의"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One person, whose browser may write into its console that the server is away."""
    context = browser.new_context(locale="ko-KR", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(30_000)
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context
    context.close()
    assert not errors, "\n".join(errors)


def open_left_alone(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    return page


def verdicts(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(
            connection.execute(
                text("SELECT verdict FROM feedly_dashboard.reviews ORDER BY review_id")
            ).scalars()
        )


def position(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(
            connection.execute(text("SELECT position FROM feedly_dashboard.review_meetings")).scalar_one()
        )


def test_open_pages_go_on_by_themselves(
    app_server: Callable[..., AppServer], context: BrowserContext, engine: Engine, settings: Settings
) -> None:
    """Board, queue with a verdict on its way and a comment half typed, and a presenter who moves on."""
    own_schema.install(engine)
    for number in range(4):
        make_job(engine, assets_dir=settings.assets_dir, desc_kor=f"우동 {number}")
    job = moving_job(engine, variants=1)
    assert settings.database_url is not None
    environment = {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "ASSETS_DIR": str(settings.assets_dir),
    }
    port = free_port()
    first = app_server(port=port, **environment)

    board = open_left_alone(context, f"{first.url}/live_monitor?lang=ko&state=working")
    board.get_by_text("English", exact=True).click()
    expect(board.get_by_text("Updates")).to_be_visible()
    mark = board.locator(".fd-board tbody tr .fd-mark")
    expect(mark.first).to_have_attribute("title", "Variant 1: Working on VLM check")

    queue = open_left_alone(context, f"{first.url}/review")
    queue.get_by_role("textbox", name="이름").fill("지영")
    queue.get_by_role("button", name="계속").click()
    expect(queue.locator(".state")).to_have_text("모두 저장됨")

    presenter = open_left_alone(context, f"{first.url}/review?view=meeting")
    presenter.get_by_role("textbox", name="제목").fill(MEETING)
    presenter.get_by_role("button", name=re.compile("장으로 시작")).click()
    expect(presenter.locator(".place")).to_have_text("1 / 12")

    for page in (board, queue, presenter):
        page.evaluate("window.sameDocument = true")
    stop(first.process)
    expect(board.locator(".fd-unproved").first).to_be_visible()
    queue.keyboard.press("1")
    item = queue.locator(".stage").get_attribute("data-item")
    queue.locator(".side > textarea").fill("글자가 너무")
    presenter.keyboard.press("ArrowRight")
    expect(presenter.locator(".place")).to_have_text("2 / 12")
    job.move(0, "planner", "done")

    app_server(port=port, **environment)
    expect(mark.first).to_have_attribute("title", "Variant 1: Working on Text overlay", timeout=BACK_MS)
    expect(board.locator(".fd-unproved").first).to_be_hidden(timeout=BACK_MS)
    expect(queue.locator(".state")).to_have_text("모두 저장됨", timeout=BACK_MS)
    assert verdicts(engine) == ["approve"]
    assert queue.locator(".stage").get_attribute("data-item") == item
    expect(queue.locator(".side > textarea")).to_have_value("글자가 너무")
    wait_until(lambda: position(engine) == 1, BACK_MS / 1000, "the presenter's move is stored")
    expect(presenter.locator(".place")).to_have_text("2 / 12")
    job.move(0, "overlay", "done")
    expect(mark.first).to_have_attribute("title", "Variant 1: Working on VLM judge")
    queue.keyboard.press("2")
    wait_until(lambda: verdicts(engine) == ["approve", "needs_work"], 20, "the next verdict is stored")
    for page in (board, queue, presenter):
        assert page.evaluate("window.sameDocument"), "no page was loaded anew"
