"""When a live page asks for a redraw: one at a time where changes never end, and again where one was lost."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from sqlalchemy import Engine
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.line import Line, SilentSockets
from tests.browser.server import AppServer
from tests.moving_job import MovingJob, moving_job

REST_S = 1.0
"""After this long a redraw may have been lost."""
STEPS = ("vlm_analyze", "yolo_detect", "planner", "overlay", "vlm_judge")
OVERLAY = "Variant 1: Working on Text overlay"


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    return new_context(locale="en-US")


@pytest.fixture
def job(engine: Engine) -> MovingJob:
    return moving_job(engine, variants=1)


@pytest.fixture
def board(app_server: Callable[..., AppServer], database_url: str, job: MovingJob) -> str:
    """Address of the board, which shows the job."""
    return f"{app_server(DATABASE_URL=database_url).url}/live_monitor"


def test_changes_during_a_redraw_ask_for_one_more(
    context: BrowserContext, job: MovingJob, board: str
) -> None:
    line, page = Line(context), context.new_page()
    with page.expect_websocket(lambda socket: "/live/ws" in socket.url) as live:
        page.goto(board)
    mark = first_mark(page)
    line.hold()
    began = time.monotonic()
    for step in STEPS:
        with live.value.expect_event("framereceived"):
            job.move(0, step, "done")
    assert 1 <= len(line.fragments_asked(page)) <= 1 + (time.monotonic() - began) / REST_S
    line.release()
    expect(mark).to_have_attribute("title", "Variant 1: Working on OCR")


def test_a_redraw_that_was_lost_is_asked_for_again(
    context: BrowserContext, job: MovingJob, board: str
) -> None:
    """What Streamlit sends at the end of a run is lost when the next is asked for at that moment.

    Asked for before the board would redraw by itself, for its ages, every 30 s.
    """
    line, sockets = Line(context), SilentSockets(context)
    page = context.new_page()
    page.goto(board)
    mark = first_mark(page)
    sockets.wait_for_one(page)
    job.move(0, "planner", "done")
    line.hold()
    sockets.change()
    line.lose(page, tells_of_overlay)
    expect(mark).to_have_attribute("title", OVERLAY, timeout=20_000)


def first_mark(page: Page) -> Locator:
    """The job's only mark, once it is drawn."""
    mark = page.locator(".fd-board tbody tr .fd-mark")
    expect(mark).to_have_attribute("title", "Variant 1: Working on VLM check")
    return mark


def tells_of_overlay(message: ForwardMsg) -> bool:
    return OVERLAY in message.delta.new_element.html.body
