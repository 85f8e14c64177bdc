"""Where changes never end, a page redraws once at a time: else it asks for each of them."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import BrowserContext, WebSocket, expect
from sqlalchemy import Engine

from tests.browser.line import Line
from tests.browser.server import AppServer
from tests.moving_job import moving_job
from tests.waiting import wait_until

REST_S = 1.0
"""After this long a redraw may have been lost."""
STEPS = ("vlm_analyze", "yolo_detect", "planner", "overlay", "vlm_judge")


def test_changes_during_a_redraw_ask_for_one_more(
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
    engine: Engine,
    database_url: str,
) -> None:
    job = moving_job(engine, variants=1)
    context = new_context(locale="en-US")
    line, told = Line(context), list[object]()
    page = context.new_page()

    def listen(socket: WebSocket) -> None:
        if "/live/ws" in socket.url:
            socket.on("framereceived", lambda frame: told.append(frame))

    page.on("websocket", listen)
    page.goto(f"{app_server(DATABASE_URL=database_url).url}/live_monitor")
    mark = page.locator(".fd-board tbody tr .fd-mark")
    expect(mark).to_have_attribute("title", "Variant 1: Working on VLM check")
    wait_until(lambda: page.evaluate("true") and told, 30, "a live socket")
    line.hold()
    began = time.monotonic()
    for step in STEPS:
        before = len(told)
        job.move(0, step, "done")
        wait_until(lambda: page.evaluate("true") and len(told) > before, 30, f"word of {step}")  # noqa: B023
    assert 1 <= len(line.fragments_asked(page)) <= 1 + (time.monotonic() - began) / REST_S
    line.release()
    expect(mark).to_have_attribute("title", "Variant 1: Working on OCR")
