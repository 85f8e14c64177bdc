"""Clicks, keys and seconds of the walks that people come for: ``python -m benchmarks.walks --out walks.md``.

Each walk starts on a page that the person would stand on, and does by mouse and keyboard what a newcomer
would. A walk that cannot be finished says where it ends. Seconds are the machine's: how long a person who
never thinks would take, without the pipeline's own work, which stands apart.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Error, Locator, Page, expect

from benchmarks.page_gallery import dashboard
from benchmarks.page_views import OPENING_MS, chromium, settle, window
from tests.browser.test_demo import photo

JOB_MS = 180_000
_MOST_TABS = 60
_FOCUSED = """(wanted) => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  return one === wanted || Boolean(wanted?.contains(one));
}"""


class NotPossibleError(Exception):
    """The dashboard offers no way to go on; the text says what is missing."""


@dataclass
class Walk:
    """One person's way through the dashboard at ``url``, counted as it is gone."""

    page: Page
    url: str
    clicks: int = 0
    keys: int = 0
    steps: list[str] = field(default_factory=list)
    seconds: float = 0.0
    pipeline_s: float = 0.0
    missing: str = ""

    def start(self, address: str) -> None:
        """Where the person stands already; not counted."""
        self.page.goto(self.url + address)
        settle(self.page)

    def click(self, name: str, target: Locator) -> None:
        target.first.click()
        self.clicks += 1
        self.steps.append(name)

    def menu(self, name: str) -> None:
        self.click(f"menu {name}", self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=name))
        expect(self.page.get_by_role("heading", name=name, level=1)).to_be_visible()

    def write(self, name: str, target: Locator, text: str) -> None:
        """Click into the field and type."""
        target.first.click(click_count=3)
        self.clicks += 1
        self.page.keyboard.type(text)
        self.keys += len(text)
        self.steps.append(f"type {name} ({len(text)})")

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1
        self.steps.append(key)

    def tab_to(self, name: str, target: Locator) -> None:
        """Tab until the element has the focus."""
        wanted = target.first.element_handle()
        for count in range(1, _MOST_TABS + 1):
            self.page.keyboard.press("Tab")
            self.keys += 1
            if self.page.evaluate(_FOCUSED, wanted):
                self.steps.append(f"Tab ×{count} to {name}")
                return
        raise NotPossibleError(f"{_MOST_TABS} times Tab do not reach {name}")

    def choose(self, label: str, option: str | re.Pattern[str]) -> None:
        """Two clicks: open the list, take the option."""
        listed = self.page.get_by_role("combobox", name=re.compile(f"{label}$"))
        self.click(f"open {label}", listed)
        self.click(f"choose in {label}", self.page.get_by_role("option", name=option))

    @contextmanager
    def pipeline(self) -> Iterator[None]:
        """What the pipeline does by itself, which no page makes faster."""
        began = time.monotonic()
        yield
        self.pipeline_s += time.monotonic() - began


def job_to_winner(walk: Walk) -> None:
    """An own photo becomes a test job, is watched to its end, and one of its pictures is chosen."""
    page = walk.page
    walk.start("/overview")
    walk.menu("Create jobs")
    walk.click("Upload", page.locator(".st-key-one-full-source").get_by_text("Upload"))
    page.locator(".st-key-one-full-files input[type=file]").set_input_files(
        {"name": "bowl.png", "mimeType": "image/png", "buffer": photo()}
    )
    walk.clicks += 2
    walk.steps += ["Upload button", "choose the file"]
    expect(page.get_by_role("img", name="bowl.png")).to_be_visible()
    walk.write("description", page.get_by_role("textbox", name="Description"), "우동")
    walk.press("Tab")
    walk.click("Create job", page.locator(".st-key-one-create button"))
    walk.click("Watch it live", page.get_by_role("link", name="Watch it live"))
    expect(page.locator(".fd-job-head")).to_be_visible()
    job = parse_qs(urlsplit(page.url).query)["job"][0]
    with walk.pipeline():
        head = page.locator(".fd-job-head").get_by_text("Complete")
        expect(head.first).to_be_visible(timeout=JOB_MS)
    walk.click("Pick the winner", page.locator(".fd-actions").get_by_role("link", name="Pick the winner"))
    _give_name(walk)
    expect(page.locator(".st-key-choose-1 button")).to_be_visible()
    if parse_qs(urlsplit(page.url).query)["job"] != [job]:
        raise NotPossibleError("the pictures of another job are shown")
    walk.click("Choose variant 2", page.locator(".st-key-choose-1 button"))
    expect(page.locator(".st-key-choose-none button")).to_be_visible()


def own_job_in_review(walk: Walk) -> None:
    """From a job's page to judging its pictures, while others have made jobs since."""
    page = walk.page
    page.goto(f"{walk.url}/results?outcome=complete")
    settle(page)
    hrefs = page.locator('[data-testid="stMain"] a[href*="job="]').evaluate_all("all => all.map(a => a.href)")
    jobs = list(dict.fromkeys(match[1] for href in hrefs if (match := re.search("job=([0-9a-f-]+)", href))))
    mine = jobs[min(3, len(jobs) - 1)]
    walk.start(f"/results?job={mine}")
    walk.click("Judge this", page.locator(".fd-actions").get_by_role("link", name="Judge this"))
    _give_name(walk)
    expect(page.locator(f'.stage a[href*="{mine}"]')).to_be_visible()


def worst_contrast_as_slides(walk: Walk) -> None:
    """The pictures of one tenant with the least contrast, as a file for a presentation."""
    page = walk.page
    walk.start("/overview")
    walk.menu("Results")
    walk.click("Filters", page.get_by_text("Filters", exact=True))
    walk.choose("Tenant", re.compile("dalbit"))
    settle(page)
    walk.click("Worst first: Contrast", page.get_by_role("link", name=re.compile("^Worst first: Contrast")))
    settle(page)
    slides = page.get_by_role("button", name="PPTX")
    with page.expect_download() as file:
        walk.click("slides", slides)
    file.value.path()


def stuck_job_to_fix(walk: Walk) -> None:
    """A job that stands still: why, and the step runs again."""
    page = walk.page
    walk.start("/overview")
    walk.click("first job without a response", page.locator(".fd-row", has_text="no response from"))
    cards = page.locator(".fd-trouble", has_text="no response from")
    expect(cards.first).to_be_visible()
    walk.click("Run a step again", page.get_by_role("button", name="Run a step again"))
    walk.click("Yes, run it again", page.locator(".st-key-rerun-confirmed button"))
    with walk.pipeline():
        expect(cards).to_have_count(0, timeout=JOB_MS)


def judge_five_by_keyboard(walk: Walk) -> None:
    """From the first page to five stored verdicts without a mouse."""
    page = walk.page
    walk.start("/overview")
    walk.tab_to("Review", page.get_by_test_id("stSidebarNav").get_by_role("link", name="Review"))
    walk.press("Enter")
    name = page.get_by_role("textbox", name="Your name")
    stage = page.locator(".stage img")
    expect(name.or_(stage).first).to_be_visible()
    if name.is_visible():
        walk.tab_to("name", name)
        page.keyboard.type("Jo")
        walk.keys += 2
        walk.press("Enter")
    expect(stage.first).to_be_visible()
    counted = page.locator(".count")
    before = int(re.findall(r"\d+", counted.inner_text())[0])
    for _ in range(5):
        walk.press("1")
    expect(counted).to_contain_text(f"{before + 5} of")
    expect(page.locator(".state")).to_have_text("All saved")


WALKS: dict[str, Callable[[Walk], None]] = {
    "test job to winner": job_to_winner,
    "own job found in review": own_job_in_review,
    "worst contrast of a tenant as slides": worst_contrast_as_slides,
    "stuck job to cause to fix": stuck_job_to_fix,
    "judge 5 pictures by keyboard": judge_five_by_keyboard,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, help="file of the table (Markdown); else it is printed only")
    parser.add_argument("--url", help="a running demo, instead of one of its own; the walks write to it")
    asked = parser.parse_args()
    with dashboard(asked.url) as url, chromium() as browser:
        lines = [_line(name, _go(browser, url, walk)) for name, walk in WALKS.items()]
    head = "| walk | clicks | keys | seconds | pipeline, s | reached | steps |\n|---|---|---|---|---|---|---|"
    table = "\n".join((head, *lines))
    print(table)
    if asked.out:
        asked.out.write_text(table + "\n", encoding="utf-8")


def _go(browser: Browser, url: str, go: Callable[[Walk], None]) -> Walk:
    """One walk in a browser of its own, which has never been here."""
    context = window(browser, url, "en", "light", 1440)
    context.clear_cookies()
    page = context.new_page()
    page.goto(f"{url}/overview")
    settle(page, OPENING_MS)
    walk = Walk(page, url)
    began = time.monotonic()
    try:
        go(walk)
    except NotPossibleError as error:
        walk.missing = str(error)
    except (Error, AssertionError) as error:
        walk.missing = f"after {walk.steps[-1:]}: {str(error).strip().splitlines()[0]}"
    walk.seconds = time.monotonic() - began - walk.pipeline_s
    context.close()
    return walk


def _give_name(walk: Walk) -> None:
    """The name that the review asks for at the first time."""
    name = walk.page.get_by_role("textbox", name="Your name")
    expect(name.or_(walk.page.locator(".stage, .st-key-choose-1")).first).to_be_visible()
    if name.is_visible():
        walk.write("name", name, "Jo")
        walk.press("Enter")


def _line(name: str, walk: Walk) -> str:
    reached = f"no: {walk.missing}" if walk.missing else "yes"
    figures = f"{walk.clicks} | {walk.keys} | {walk.seconds:.1f} | {walk.pipeline_s:.1f}"
    return f"| {name} | {figures} | {reached} | {' · '.join(walk.steps)} |"


if __name__ == "__main__":
    main()
