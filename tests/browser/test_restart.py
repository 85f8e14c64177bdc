"""The server is restarted, perhaps by a newer version, under pages that are open and left alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, expect
from sqlalchemy import Engine, text

from feedly_core.db import own_schema
from feedly_core.db.engine import reading
from feedly_core.settings import Settings
from tests.browser.server import SERVED, AppServer, free_port, stop
from tests.factories import make_job
from tests.faults.proxy import proxied
from tests.moving_job import moving_job
from tests.waiting import wait_until

BACK_MS = 60_000
"""The browser looks for its server again after a growing pause."""
MEETING = "주간 회의"
NEWER = f"import feedly_core.version; feedly_core.version.__version__ = '9.9.9'\n{SERVED}"
"""The next version of the program, which names itself."""


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

    queue = open_left_alone(context, f"{first.url}/review?lang=ko")
    queue.get_by_role("textbox", name="이름").fill("지영")
    queue.get_by_role("button", name="계속").click()
    expect(queue.locator(".state")).to_have_text("모두 저장됨")

    presenter = open_left_alone(context, f"{first.url}/review?view=meeting&lang=ko")
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

    app_server(port=port, program=NEWER, **environment)
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
        expect(page.get_by_text("9.9.9")).to_be_visible()


def test_a_tab_that_slept_goes_on(
    app_server: Callable[..., AppServer], context: BrowserContext, engine: Engine, settings: Settings
) -> None:
    """The clock jumps, and the sockets are dead: first one that nobody closed, then the whole network."""
    job = moving_job(engine, variants=1)
    assert settings.database_url is not None
    server = app_server(DATABASE_URL=settings.database_url.get_secret_value())
    sockets: list[WebSocketRoute] = []
    heard: list[WebSocketRoute] = []
    dead: list[WebSocketRoute] = []
    with proxied(int(server.url.rpartition(":")[2])) as network:
        board = context.new_page()
        board.clock.install()
        board.route_web_socket(
            re.compile("/live/ws"), lambda each: _dies_silently(each, sockets, heard, dead)
        )
        board.goto(f"http://127.0.0.1:{network.port}/live_monitor?lang=en&state=working")
        mark = board.locator(".fd-board tbody tr .fd-mark").first
        expect(mark).to_have_attribute("title", "Variant 1: Working on VLM check")
        board.evaluate("window.sameDocument = true")
        # One that opens after the jump would be silent from then on.
        wait_until(lambda: board.title() and heard and heard == sockets, 20, "every socket is heard")

        dead += sockets
        job.move(0, "planner", "done")
        board.clock.fast_forward("01:00:00")
        expect(mark).to_have_attribute("title", "Variant 1: Working on Text overlay", timeout=BACK_MS)
        wait_until(lambda: board.title() and len(sockets) > len(dead), 20, "a silent socket is opened anew")

        network.stall()
        for renewed in ("an open socket that hangs", "one that never opens"):
            dead[:] = sockets
            board.clock.fast_forward("01:00:00")
            wait_until(lambda: board.title() and len(sockets) > len(dead), 20, f"{renewed} is opened anew")
        expect(board.locator(".fd-unproved").first).to_be_visible()
        job.move(0, "overlay", "done")
        network.cut()
        network.resume()
        expect(mark).to_have_attribute("title", "Variant 1: Working on VLM judge", timeout=BACK_MS)
        expect(board.locator(".fd-unproved").first).to_be_hidden(timeout=BACK_MS)
        assert "state=working" in board.url and board.evaluate("window.sameDocument")


def _dies_silently(
    socket: WebSocketRoute,
    sockets: list[WebSocketRoute],
    heard: list[WebSocketRoute],
    dead: list[WebSocketRoute],
) -> None:
    """Hand messages on until the socket is among the dead: then nothing comes, and nothing is closed."""

    def hand_on(message: str | bytes) -> None:
        if socket not in dead:
            socket.send(message)
            if socket not in heard:
                heard.append(socket)

    sockets.append(socket)
    socket.connect_to_server().on_message(hand_on)
