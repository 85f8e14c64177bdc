"""Browser windows that last for the whole run: what a browser has compiled stays, a test finds them empty.

A load in a window of its own takes 2.6 CPU seconds, in a lasting one at the same address 1.2.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Error, Page, ViewportSize

from tests.browser.watching import watch

SCREEN: ViewportSize = {"width": 1440, "height": 900}
KOREAN_PERSON: dict[str, object] = {
    "locale": "ko-KR",
    "viewport": SCREEN,
    "reduced_motion": "reduce",  # a mark that breathes is drawn anew all the time
}
TIMEOUT_MS = 30_000
_BARE = "/_stcore/health"
"""An address of the dashboard without scripts, which would keep something while it is emptied."""
_FORGET = "() => { localStorage.clear(); sessionStorage.clear(); }"


@dataclass
class _Window:
    page: Page
    problems: list[str]
    allowed: list[int]


class Windows:
    """The lasting windows of a browser; no two share what they keep."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[_Window]] = defaultdict(list)
        self._taken: list[tuple[str, _Window]] = []

    def take(
        self, *, locale: str = "ko-KR", viewport: ViewportSize = SCREEN, allow_status: Sequence[int] = ()
    ) -> Page:
        """An empty window. Fails at :meth:`give_back` on any other HTTP status >= 400."""
        window = self._free[locale].pop() if self._free[locale] else self._new(locale)
        self._taken.append((locale, window))
        window.allowed[:] = allow_status
        window.page.set_default_timeout(TIMEOUT_MS)
        window.page.set_viewport_size(viewport)
        window.page.emulate_media(color_scheme="light")
        return window.page

    def give_back(self, *, usable: bool) -> list[str]:
        """Empty the windows that were taken, while their servers run; returns what went wrong in them.

        Windows that are not ``usable`` again, as a failed test may leave them, are closed.
        """
        taken, self._taken = self._taken, []
        for locale, window in taken:
            if usable and _emptied(window.page):
                self._free[locale].append(window)
            else:
                window.page.context.close()
        return [problem for _, window in taken for problem in _told(window)]

    def _new(self, locale: str) -> _Window:
        context = self._browser.new_context(**{**KOREAN_PERSON, "locale": locale})  # type: ignore[arg-type]
        window = _Window(context.new_page(), [], [])
        watch(context, window.problems, window.allowed)
        return window


def _emptied(page: Page) -> bool:
    """False where it cannot be: the server is gone, or what was kept is another site's."""
    for other in page.context.pages:
        if other is not page:
            other.close()
    site = urlsplit(page.url)
    try:
        if site.scheme == "http":
            page.goto(f"{site.scheme}://{site.netloc}{_BARE}")
            page.evaluate(_FORGET)
        page.goto("about:blank")
        page.mouse.move(0, 0)
    except Error:
        return False
    page.context.clear_cookies()
    return True


def _told(window: _Window) -> list[str]:
    found, window.problems[:] = window.problems[:], []
    return found
