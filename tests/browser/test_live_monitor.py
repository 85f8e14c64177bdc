"""The live monitor in a real browser: it moves by itself, in order, and a click costs no reload."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from feedly_core.domain.pipeline import VARIANT_STEPS
from tests.browser.server import BARE, AppServer
from tests.browser.test_main_job import JOB_MS, OPENING_MS, make_job
from tests.movement import MovingJob, moving_job

# Notes, for each variant, each picture of its row in the matrix (one sign a step: "." not yet, "w" working,
# "d" done) and each finished step that the events tell of: a step shorter than a redraw stands only there.
OBSERVE = """
() => {
  window.sameDocument = true;
  window.seen = {};
  window.told = {};
  const known = new Set();
  const listen = () => [...document.querySelectorAll(".fd-events tr")].reverse().forEach((row) => {
    const [time, who, step, status] = [...row.querySelectorAll("td")].map((cell) => cell.textContent);
    const key = [time, who, step, status].join();
    if (known.has(key)) return;
    known.add(key);
    if (status.includes("finished")) (window.told[who] ??= []).push(step);
  });
  const look = () => document.querySelectorAll(".fd-matrix tbody tr").forEach((row) => {
    const name = row.querySelector("th").firstChild.textContent;
    const signs = [...row.querySelectorAll("td:not(.fd-board-state)")].map((cell) =>
      cell.classList.contains("fd-passed") ? "d" : cell.querySelector(".fd-mark") ? "w" : ".").join("");
    const list = (window.seen[name] ??= []);
    if (list[list.length - 1] !== signs) list.push(signs);
  });
  const both = () => { look(); listen(); };
  both();
  new MutationObserver(both).observe(document.body, {subtree: true, childList: true});
}
"""


def no_screenshot(page: Page, name: str) -> Path:
    return Path()


def test_a_demo_job_is_watched_from_start_to_end_without_a_reload(
    app_server: Callable[..., AppServer], new_context: Callable[..., BrowserContext]
) -> None:
    server = app_server(FEEDLY_DEMO_SPEED="3", FEEDLY_DEMO_DISORDER="0", FEEDLY_DEMO_TROUBLE="0")
    page = new_context(locale="en-US").new_page()
    page.goto(server.url)
    expect(page.get_by_text("Newest pictures").first).to_be_visible(timeout=OPENING_MS)
    make_job(page, no_screenshot)
    page.get_by_role("link", name="Watch it live").click()
    expect(page.get_by_role("rowheader", name="Variant 3")).to_be_visible()
    page.evaluate(OBSERVE)
    expect(page.locator(".fd-job-head").get_by_text("Complete").first).to_be_visible(timeout=JOB_MS)
    expect(page.get_by_text("Hashtags").first).to_be_visible()
    assert page.evaluate("window.sameDocument")
    told = page.evaluate("window.told")
    for name, pictures in page.evaluate("window.seen").items():
        assert_moved_forward_to_the_end(name, pictures)
        steps = [step for step in told[name] if step in TITLES]
        assert steps == TITLES, f"{name} was not seen in each step in order"


TITLES = [str(step.title) for step in VARIANT_STEPS]


def assert_moved_forward_to_the_end(name: str, pictures: list[str]) -> None:
    done = [picture.count("d") for picture in pictures]
    assert all(
        picture == "d" * count + picture[count:] for picture, count in zip(pictures, done, strict=True)
    )
    assert done == sorted(done), f"{name} ran backwards: {pictures}"
    assert done[-1] == len(VARIANT_STEPS)


def test_where_no_socket_is_let_through_the_page_asks_by_itself(
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
    engine: Engine,
    database_url: str,
) -> None:
    job = moving_job(engine, variants=1)
    context = new_context(locale="en-US")
    context.route_web_socket(re.compile("/live/ws"), lambda socket: socket.close())
    page = context.new_page()
    page.goto(f"{app_server(DATABASE_URL=database_url).url}/live_monitor")
    assert_followed(page, job)


def test_without_the_launcher_the_page_asks_by_itself(
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
    engine: Engine,
    database_url: str,
) -> None:
    job = moving_job(engine, variants=1)
    page = new_context(locale="en-US").new_page()
    page.goto(app_server(program=BARE, DATABASE_URL=database_url).url)
    page.get_by_role("link", name="Live monitor").click()
    expect(page.get_by_text("Asking every 2 s")).to_be_visible()
    assert_followed(page, job)


def assert_followed(page: Page, job: MovingJob) -> None:
    """The board shows the next steps of the job's only variant, without a reload."""
    mark = page.locator(".fd-board tbody tr .fd-mark")
    expect(mark).to_have_attribute("title", re.compile("Image analysis|VLM"))
    page.evaluate("window.sameDocument = true")
    for step, next_step in (("planner", "Text overlay"), ("overlay", "VLM judge")):
        job.move(0, step, "done")
        expect(mark).to_have_attribute("title", f"Variant 1: Working on {next_step}")
    assert page.evaluate("window.sameDocument")


def test_a_click_opens_a_job_and_the_way_back_keeps_the_filter(
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
    engine: Engine,
    database_url: str,
) -> None:
    job = moving_job(engine)
    server = app_server(DATABASE_URL=database_url)
    page = new_context(locale="en-US").new_page()
    page.goto(f"{server.url}/live_monitor?state=working")
    row = page.locator(".fd-board tbody tr")
    expect(row).to_have_count(1)
    page.evaluate("window.sameDocument = true")
    page.get_by_role("combobox", name="Step").click()
    page.get_by_role("option", name="VLM check").click()
    expect(page).to_have_url(re.compile("step=vlm_analyze"))
    expect(row).to_have_count(1)
    row.get_by_role("link").click()
    expect(page).to_have_url(re.compile(str(job.job_id)))
    expect(page.get_by_role("rowheader", name="Variant 1")).to_be_visible()
    page.get_by_role("button", name="All jobs").click()
    expect(row).to_have_count(1)
    expect(page).to_have_url(re.compile("state=working.*step=vlm_analyze"))
    assert page.evaluate("window.sameDocument")


def test_a_filter_outlives_another_language(
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
    engine: Engine,
    database_url: str,
) -> None:
    """The browser goes on sending the words that were chosen, in the language of then."""
    moving_job(engine)
    page = new_context(locale="en-US").new_page()
    page.goto(f"{app_server(DATABASE_URL=database_url).url}/live_monitor")
    page.get_by_role("combobox", name="Made within").click()
    page.get_by_role("option", name="1 hour").click()
    expect(page).to_have_url(re.compile("age=1h"))
    page.get_by_text("한국어").click()
    expect(page.get_by_role("combobox", name="생성 시점")).to_have_value("1시간")
    expect(page.locator(".fd-board tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("age=1h"))
