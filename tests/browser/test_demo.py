"""What a fresh machine shows: the main job step by step, sixty pictures at once, every view to everybody.

``make test`` asks axe-core on the pages of the main job, ``make walks`` on all views.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from benchmarks.page_views import FOLLOWER, OPENING_MS, REVIEWER, VIEWS, SceneInTime, settle, sit_down
from dashboard.demo.food_photos import photo as food_photo
from feedly_core.domain.pipeline import VARIANT_STEPS
from tests.browser.accessibility import BY_THEME, violations
from tests.browser.painting import PAGE, fetched, painted
from tests.browser.server import AppServer
from tests.browser.walking import walk

JOB_MS = 120_000
TITLES = [str(step.title) for step in VARIANT_STEPS]
TWO_MEGABYTES = 2_000_000
HEIGHT_OF_A_PAGE = 6000
"""Pixels of a window in which all sixty cards lie, so that none of them waits to be scrolled to."""

_COLOURS_STAND = "() => !document.getAnimations().some((one) => one instanceof CSSTransition)"
"""Streamlit fades the background of a fold into the other theme's."""

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


def photo() -> bytes:
    """A stew: what is photographed here is shown in the README."""
    content = io.BytesIO()
    food_photo("stew", 0, seed=2).image.save(content, "PNG")
    return content.getvalue()


def test_from_a_picture_to_the_verdict(
    demo_server: AppServer,
    new_window: Callable[..., Page],
    screenshot: Callable[[Page, str], Path],
) -> None:
    page = new_window(locale="en-US")
    page.goto(demo_server.url)
    expect(page.get_by_text("Newest pictures").first).to_be_visible(timeout=OPENING_MS)
    assert violations(page) == []
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
    expect(page.get_by_text("All prerequisites met")).to_be_visible()
    chosen = page.get_by_role("img", name="bowl.png")
    expect(chosen).to_be_visible()
    assert chosen.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 192
    assert violations(page) == []
    screenshot(page, "create-jobs")
    page.locator(".st-key-one-create button").dblclick()
    expect(page.get_by_text("The job is made")).to_be_visible()
    return page.locator("code", has_text=re.compile(r"^[0-9a-f-]{36}$")).inner_text()


def watch_to_the_end(page: Page, screenshot: Callable[[Page, str], Path]) -> None:
    """Each step of each variant is seen in order, without a reload."""
    page.get_by_role("link", name="Watch it live").click()
    expect(page.get_by_role("rowheader", name="Variant 3")).to_be_visible()
    page.evaluate(OBSERVE)
    expect(page.locator(".fd-job-head").get_by_text("Complete").first).to_be_visible(timeout=JOB_MS)
    expect(page.get_by_text("Hashtags").first).to_be_visible()
    assert violations(page) == []
    screenshot(page, "live-monitor")
    assert page.evaluate("window.sameDocument")
    told = page.evaluate("window.told")
    for name, pictures in page.evaluate("window.seen").items():
        assert_moved_forward_to_the_end(name, pictures)
        steps = [step for step in told[name] if step in TITLES]
        assert steps == TITLES, f"{name} was not seen in each step in order"


def assert_moved_forward_to_the_end(name: str, pictures: list[str]) -> None:
    done = [picture.count("d") for picture in pictures]
    assert all(
        picture == "d" * count + picture[count:] for picture, count in zip(pictures, done, strict=True)
    )
    assert done == sorted(done), f"{name} ran backwards: {pictures}"
    assert done[-1] == len(VARIANT_STEPS)


def look_at_results(page: Page, job_id: str, screenshot: Callable[[Page, str], Path]) -> None:
    page.get_by_role("link", name="Results").first.click()
    page.locator(".st-key-results-job input").fill(job_id[:8])
    page.locator(".st-key-results-job input").press("Enter")
    expect(page).to_have_url(re.compile(f"job={job_id[:8]}"))
    expect(page.locator(".fd-ad .fd-panel").first).to_be_visible()
    for part, shown in (("Texts", ".fd-results-post"), ("Scores", ".fd-results-table")):
        page.locator(".st-key-results-tabs").get_by_text(part, exact=True).click()
        expect(page.locator(shown).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert violations(page) == []
    screenshot(page, "results")


def ask_the_chain(page: Page, screenshot: Callable[[Page, str], Path]) -> None:
    page.get_by_role("link", name="Diagnostics").click()
    page.locator(".st-key-view").get_by_text("Trigger probe").click()
    page.locator(".st-key-probe_start button").click()
    expect(page.get_by_text("The chain works", exact=True)).to_be_visible()
    expect(page.locator(".st-key-probe_start button")).to_be_enabled()
    expect(page.get_by_text("No trigger probe is recorded yet")).to_be_hidden()
    assert violations(page) == []
    screenshot(page, "trigger-diagnostics")


def test_sixty_pictures_weigh_two_megabytes_at_most(
    new_window: Callable[..., Page], demo_server: AppServer
) -> None:
    page = new_window(viewport={"width": 1440, "height": HEIGHT_OF_A_PAGE})
    page.goto(f"{demo_server.url}/results?outcome=complete")
    found = painted(page, PAGE)
    assert fetched(page) >= PAGE
    assert 0 < found.bytes <= TWO_MEGABYTES


@pytest.mark.slow
def test_no_view_shuts_anybody_out(demo_server: AppServer, page: Page) -> None:
    """axe-core finds nothing serious or critical on any view, in either theme.

    One window for all views; the dark theme is the browser's switch, and asked only what it can change.
    """
    url, found = demo_server.url, {}
    context = page.context
    sit_down(context, url, REVIEWER)
    page.goto(url)
    settle(page, OPENING_MS)
    scene = SceneInTime(page, url)
    for view in sorted(VIEWS, key="review-follower".__eq__):  # that one sits down as another person
        address = url + VIEWS[view].format_map(scene)
        page.emulate_media(color_scheme="light")
        if view == "review-follower":
            sit_down(context, url, FOLLOWER)
            page.goto(address)
        else:
            walk(page, address)
        settle(page)
        assert page.locator("html").get_attribute("lang") == "ko"
        found[view] = violations(page)
        page.emulate_media(color_scheme="dark")
        settle(page)
        page.wait_for_function(_COLOURS_STAND)
        found[f"{view}, dark"] = violations(page, BY_THEME)
    assert {view: lines for view, lines in found.items() if lines} == {}
