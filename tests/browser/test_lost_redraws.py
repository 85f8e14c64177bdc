"""What Streamlit sends at the end of a run is lost when the next is asked for at that moment."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect
from sqlalchemy import Engine
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.line import Line, SilentSockets
from tests.browser.server import AppServer
from tests.moving_job import moving_job

OVERLAY = "Variant 1: Working on Text overlay"


def test_a_redraw_that_was_lost_is_asked_for_again(
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
    engine: Engine,
    database_url: str,
) -> None:
    """Before the board would redraw by itself, for its ages, every 30 s."""
    job = moving_job(engine, variants=1)
    context = new_context(locale="en-US")
    line, sockets = Line(context), SilentSockets(context)
    page = context.new_page()
    page.goto(f"{app_server(DATABASE_URL=database_url).url}/live_monitor")
    mark = page.locator(".fd-board tbody tr .fd-mark")
    expect(mark).to_have_attribute("title", "Variant 1: Working on VLM check")
    sockets.wait_for_one(page)
    job.move(0, "planner", "done")
    line.hold()
    sockets.change()
    line.lose(page, tells_of_overlay)
    expect(mark).to_have_attribute("title", OVERLAY, timeout=20_000)


def tells_of_overlay(message: ForwardMsg) -> bool:
    return OVERLAY in message.delta.new_element.html.body
