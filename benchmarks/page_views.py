"""Every view of the dashboard: its address, and when a browser has drawn it whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError, ViewportSize, sync_playwright

from tests.browser.conftest import CHROMIUM_FLAGS, installed_browser
from tests.browser.walking import walk

REVIEWER, FOLLOWER = "Reviewer", "Follower"
"""Who looks: the name that the review page keeps in the browser."""
_COOKIE = "feedly_reviewer"

OPENING_MS, DRAWING_MS = 300_000, 30_000
PHONE_WIDTH = 480
_HEIGHTS = {390: 844, 768: 1024, 1024: 768}
_LOCALES = {"ko": "ko-KR", "en": "en-US"}

VIEWS = {
    "overview": "/overview",
    "create_jobs-one": "/create_jobs",
    "create_jobs-many": "/create_jobs?part=many",
    "create_jobs-campaigns": "/create_jobs?part=campaigns",
    "create_jobs-ye": "/create_jobs?part=ye",
    "create_jobs-remove": "/create_jobs?part=remove",
    "live_monitor-board": "/live_monitor",
    "live_monitor-job": "/live_monitor?job={live_job}",
    "results-gallery": "/results",
    "results-job": "/results?job={job}",
    "results-scores": "/results?job={job}&tab=scores",
    "results-texts": "/results?job={job}&tab=texts",
    "results-cost": "/results?job={job}&tab=cost",
    "review-judge": "/review",
    "review-winner": "/review?view=winner",
    "review-meetings": "/review?view=meeting",
    "review-agenda": "/review?view=meeting&meeting={meeting}&agenda=edit",
    "review-screen": "/review?view=meeting&meeting={meeting}",
    "review-follower": "/review?view=meeting&meeting={meeting}",
    "review-runs": "/review?view=runs",
    "review-release": "/review?view=release&set=대표 주문",
    "review-agreement": "/review?view=agreement",
    "review-minutes": "/review?view=minutes&held={held}",
    "review-rounds": "/review?view=rounds",
    "review-preference": "/review?view=preference&prefer-by=font",
    "trends": "/trends",
    "trends-targets": "/trends?subject=targets",
    "trigger_diagnostics-checks": "/trigger_diagnostics",
    "trigger_diagnostics-broken": "/trigger_diagnostics?view=broken",
    "trigger_diagnostics-live": "/trigger_diagnostics?view=live",
    "trigger_diagnostics-waiting": "/trigger_diagnostics?view=waiting",
    "trigger_diagnostics-alerts": "/trigger_diagnostics?view=alerts",
    "trigger_diagnostics-stored": "/trigger_diagnostics?view=stored",
    "trigger_diagnostics-support": "/trigger_diagnostics?view=support",
    "audit": "/audit",
    "connect": "/connect",
    "help": "/help",
}
"""Addresses by name; what stands in braces is a field of :class:`Scene`."""

_DEEP = """
const deep = (root = document) => [...root.querySelectorAll('*')].flatMap(
  (one) => one.shadowRoot ? [one, ...deep(one.shadowRoot)] : [one]);
"""
"""All elements, those in shadow roots too."""

_SETTLED = (
    "(times) => {"
    + _DEEP
    + """
  const app = document.querySelector('[data-testid="stApp"]');
  const still = app?.dataset.testConnectionState === 'CONNECTED'
    && app.dataset.testScriptState === 'notRunning' && document.fonts.status === 'loaded'
    && !document.querySelector('[data-testid="stSkeleton"], [data-testid="stSpinner"]');
  const all = still ? deep() : [];
  const drawn = all.some((one) => one.matches('[data-testid="stMain"] h1, [role="dialog"][aria-modal]'))
    && all.every((one) => one.tagName !== 'IMG' || one.complete || one.loading === 'lazy');
  const seen = drawn
    ? `${location.href} ${all.length} ${document.querySelector('[data-testid="stMain"]')?.scrollHeight}` : '';
  window.feedlyTimes = seen && seen === window.feedlySeen ? (window.feedlyTimes ?? 0) + 1 : 0;
  window.feedlySeen = seen;
  return window.feedlyTimes >= times;
}"""
)
_POLL_MS, _UNCHANGED = 100, 5


@dataclass(frozen=True)
class Scene:
    """What the addresses need: ids as texts. Empty where the dashboard offers none."""

    job: str = ""
    live_job: str = ""
    held: str = ""
    meeting: str = ""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium that the browser tests use, without a window."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=installed_browser(), args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


def window(browser: Browser, url: str, language: str, theme: str, width: int) -> BrowserContext:
    """A new person's browser: language and theme are the browser's own."""
    context = browser.new_context(
        locale=_LOCALES[language],
        color_scheme="dark" if theme == "dark" else "light",
        viewport=size(width),
        has_touch=width <= PHONE_WIDTH,
        timezone_id="Asia/Seoul",
    )
    context.set_default_timeout(DRAWING_MS)
    sit_down(context, url, REVIEWER)
    return context


def size(width: int) -> ViewportSize:
    """The screen that is so wide."""
    return {"width": width, "height": _HEIGHTS.get(width, 900)}


def sit_down(context: BrowserContext, url: str, name: str) -> None:
    """From the next page on, ``name`` uses this browser."""
    context.add_cookies([{"name": _COOKIE, "value": name, "url": url}])


def settle(page: Page, timeout_ms: float = DRAWING_MS) -> bool:
    """Wait until the page is drawn and has stopped changing; False when it has not in time."""
    try:
        page.wait_for_function(_SETTLED, arg=_UNCHANGED, polling=_POLL_MS, timeout=timeout_ms)
    except TimeoutError:
        return False
    return True


def set_scene(browser: Browser, url: str) -> Scene:
    """The scene of a dashboard that nobody has opened yet."""
    context = window(browser, url, "en", "light", 1440)
    page = context.new_page()
    page.goto(f"{url}/overview")
    settle(page, OPENING_MS)
    scene = Scene(**{name: find(page, url) for name, find in _FINDERS.items()})
    context.close()
    return scene


class SceneInTime(dict[str, str]):
    """The fields of :class:`Scene`, each found when an address first needs it: ``address.format_map``."""

    def __init__(self, page: Page, url: str) -> None:
        super().__init__()
        self._page, self._url = page, url

    def __missing__(self, name: str) -> str:
        return self.setdefault(name, _FINDERS[name](self._page, self._url))


def _first_job(page: Page, address: str) -> str:
    walk(page, address)
    settle(page)
    hrefs = page.locator('[data-testid="stMain"] a[href*="job="]').evaluate_all("all => all.map(a => a.href)")
    return _parameter(hrefs[0], "job") if hrefs else ""


def _held(page: Page, url: str) -> str:
    walk(page, f"{url}/review?view=minutes")
    settle(page)
    return _parameter(page.url, "held")


def _start_meeting(page: Page, url: str) -> str:
    walk(page, f"{url}/review?view=meeting")
    settle(page)
    page.locator(".st-key-start-meeting button").click()
    page.wait_for_url(re.compile("meeting=[0-9a-f-]{36}"))
    settle(page)
    return _parameter(page.url, "meeting")


_FINDERS: dict[str, Callable[[Page, str], str]] = {
    "job": lambda page, url: _first_job(page, f"{url}/results?outcome=complete"),
    "live_job": lambda page, url: _first_job(page, f"{url}/live_monitor"),
    "held": _held,
    "meeting": _start_meeting,
}
"""How each field of a scene is found: the meeting by starting one of our own."""


def _parameter(address: str, name: str) -> str:
    return parse_qs(urlsplit(address).query).get(name, [""])[0]
