"""The whole main job on real parts: make a job from a picture, watch it, look at it, test the chain."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from feedly_core.demo.scenes import draw_scene
from tests.browser.server import AppServer

OPENING_MS = 240_000
JOB_MS = 120_000


def photo() -> bytes:
    """A stew: what is photographed here is shown in the README."""
    content = io.BytesIO()
    draw_scene(11, (900, 900), dish="stew").image.save(content, "PNG")
    return content.getvalue()


def test_from_a_picture_to_the_verdict(
    demo_server: AppServer,
    new_context: Callable[..., BrowserContext],
    screenshot: Callable[[Page, str], Path],
) -> None:
    page = new_context(locale="en-US").new_page()
    page.goto(demo_server.url)
    expect(page.get_by_text("Newest pictures").first).to_be_visible(timeout=OPENING_MS)
    screenshot(page, "overview")

    job_id = make_job(page, screenshot)
    watch_to_the_end(page, screenshot)
    look_at_results(page, job_id, screenshot)
    ask_the_chain(page, screenshot)


def make_job(page: Page, screenshot: Callable[[Page, str], Path]) -> str:
    page.get_by_role("link", name="Create jobs").click()
    page.locator(".st-key-one-full-source").get_by_text("Upload").click()
    page.locator(".st-key-one-full-files input[type=file]").set_input_files(
        {"name": "bowl.png", "mimeType": "image/png", "buffer": photo()}
    )
    expect(page.get_by_text("Everything that the pipeline needs is there")).to_be_visible()
    chosen = page.get_by_role("img", name="bowl.png")
    expect(chosen).to_be_visible()
    assert chosen.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 192
    screenshot(page, "create-jobs")
    page.locator(".st-key-one-create button").dblclick()
    expect(page.get_by_text("The job is made")).to_be_visible()
    return page.locator("code", has_text=re.compile(r"^[0-9a-f-]{36}$")).inner_text()


def watch_to_the_end(page: Page, screenshot: Callable[[Page, str], Path]) -> None:
    page.get_by_role("link", name="Watch it live").click()
    expect(page.get_by_role("rowheader", name="Variant 3")).to_be_visible()
    expect(page.locator(".fd-state-head, .fd-job-head").get_by_text("Complete").first).to_be_visible(
        timeout=JOB_MS
    )
    screenshot(page, "live-monitor")


def look_at_results(page: Page, job_id: str, screenshot: Callable[[Page, str], Path]) -> None:
    page.get_by_role("link", name="Results").first.click()
    page.locator(".st-key-results-job input").fill(job_id[:8])
    page.locator(".st-key-results-job input").press("Enter")
    expect(page).to_have_url(re.compile(f"job={job_id[:8]}"))
    expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible()
    for heading in ("Text", "Scores"):
        expect(page.get_by_role("heading", name=heading).first).to_be_visible()
    page.get_by_role("heading", name="What needs eyes first").evaluate("heading => heading.scrollIntoView()")
    page.wait_for_load_state("networkidle")
    screenshot(page, "results")


def ask_the_chain(page: Page, screenshot: Callable[[Page, str], Path]) -> None:
    page.get_by_role("link", name="Diagnostics").click()
    page.locator(".st-key-view").get_by_text("Live test").click()
    page.locator(".st-key-live_start button").click()
    expect(page.get_by_text("The chain works", exact=True)).to_be_visible()
    expect(page.locator(".st-key-live_start button")).to_be_enabled()
    expect(page.get_by_text("No live test is recorded yet")).to_be_hidden()
    screenshot(page, "trigger-diagnostics")
