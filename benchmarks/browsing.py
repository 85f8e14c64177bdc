"""Real browser windows whose people change pages, jobs and filters by clicking."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from playwright.sync_api import Error, Locator, Page, expect, sync_playwright

from tests.browser.conftest import CHROMIUM_FLAGS, installed_browser
from tests.browser.watching import watch

PAGES = ("overview", "live_monitor", "results", "review", "trends")
WAIT_MS = 60_000
CLICKS, CLICK_AGAIN_MS, CLOSED_MS = 4, 4_000, 5_000
_SCROLLED_TO = """box => new Promise(done => {
    box.scrollIntoView({block: "center"});
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)));
})"""


class Browsers:
    """``count`` Chromium contexts on the dashboard at ``url``; :meth:`step` lets their people do something.

    ``problems`` collects console errors, failed requests, error cards and actions that did not end.
    """

    def __init__(self, url: str, count: int, jobs: Sequence[str]) -> None:
        self._url, self._count, self._jobs = url, count, jobs
        self._rng = random.Random(2)
        self._stack = ExitStack()
        self._pages: list[Page] = []
        self.problems: list[str] = []
        self.steps = 0
        self.clicked_again = 0

    def __enter__(self) -> Self:
        driver = self._stack.enter_context(sync_playwright())
        browser = driver.chromium.launch(executable_path=installed_browser(), args=list(CHROMIUM_FLAGS))
        self._stack.callback(browser.close)
        for _ in range(self._count):
            context = browser.new_context(locale="ko-KR", viewport={"width": 1440, "height": 900})
            context.set_default_timeout(WAIT_MS)
            watch(context, self.problems, allow_status=(404,))  # the old jobs have no pictures
            self._pages.append(context.new_page())
            self._open(self._pages[-1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def watching(self, address: str) -> Page:
        """One more window of the first person, which stays there."""
        page = self._pages[0].context.new_page()
        page.goto(f"{self._url}/{address}")
        return page

    def step(self, seconds: float) -> None:
        """One action in each window, then wait until ``seconds`` have passed since the call."""
        until = time.monotonic() + seconds
        for page in self._pages:
            action = self._rng.choices((self._choose, self._go, self._open), (5, 3, 2))[0]
            try:
                action(page)
                self._look(page)
            except (Error, AssertionError) as error:
                self.problems.append(f"{action.__name__} at {page.url}: {error}")
            self.steps += 1
        self._pages[0].wait_for_timeout(max(0.0, 1000 * (until - time.monotonic())))

    def _open(self, page: Page) -> None:
        """A link from a chat: a page, often with a job."""
        job = f"?job={self._rng.choice(self._jobs)}" if self._rng.random() < 0.6 else ""
        page.goto(f"{self._url}/{self._rng.choice(PAGES)}{job}")

    def _go(self, page: Page) -> None:
        """Another page by the menu."""
        links = page.get_by_test_id("stSidebarNavLink")
        link = links.nth(self._rng.randrange(links.count()))
        link.click()
        expect(link).to_have_attribute("aria-current", "page", timeout=WAIT_MS)

    def _choose(self, page: Page) -> None:
        """Another value in one of the page's choices, where it has any."""
        boxes = page.locator('[data-testid="stMain"] [role="combobox"]:visible')
        if boxes.count() == 0:
            return
        box = boxes.nth(self._rng.randrange(boxes.count()))
        box.evaluate(_SCROLLED_TO)
        options = page.get_by_role("option")
        self._click_until(box, lambda ms: expect(options.first).to_be_visible(timeout=ms), WAIT_MS)
        option = options.nth(self._rng.randrange(min(options.count(), 8)))
        self._click_until(option, lambda ms: expect(options).to_have_count(0, timeout=ms), CLOSED_MS)

    def _click_until(self, target: Locator, reached: Callable[[float], None], last_ms: float) -> None:
        """A list closes when the page scrolls or goes on drawing under it, and takes no choice while it
        scrolls under the pointer itself: a person clicks again.

        ``reached`` waits so many milliseconds at most; the last click has ``last_ms``.
        """
        for clicks_left in reversed(range(CLICKS)):
            target.click()
            try:
                reached(CLICK_AGAIN_MS if clicks_left else last_ms)
            except AssertionError:
                if not clicks_left:
                    raise
                self.clicked_again += 1
            else:
                return

    def _look(self, page: Page) -> None:
        expect(page.locator('[data-testid="stMain"] h1').first).to_be_visible(timeout=WAIT_MS)
        for alert in page.locator('.fd-state[role="alert"]').all_inner_texts():
            self.problems.append(f"{page.url}: {alert}")
