"""axe-core finds nothing serious or critical on any view, in either theme."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, BrowserContext

from benchmarks.page_views import FOLLOWER, REVIEWER, VIEWS, set_scene, settle, sit_down
from tests.browser.accessibility import BY_THEME, violations
from tests.browser.server import AppServer

_COLOURS_STAND = "() => !document.getAnimations().some((one) => one instanceof CSSTransition)"
"""Streamlit fades the background of a fold into the other theme's."""


def test_no_view_shuts_anybody_out(
    browser: Browser, demo_server: AppServer, new_context: Callable[..., BrowserContext]
) -> None:
    """One window for all views; the dark theme is the browser's switch, and asked only what it can change."""
    url, found = demo_server.url, {}
    scene = vars(set_scene(browser, url))
    context = new_context(color_scheme="light")
    page = context.new_page()
    for view, address in VIEWS.items():
        sit_down(context, url, FOLLOWER if view == "review-follower" else REVIEWER)
        page.emulate_media(color_scheme="light")
        page.goto(url + address.format(**scene))
        settle(page)
        assert page.locator("html").get_attribute("lang") == "ko"
        found[view] = violations(page)
        page.emulate_media(color_scheme="dark")
        settle(page)
        page.wait_for_function(_COLOURS_STAND)
        found[f"{view}, dark"] = violations(page, BY_THEME)
    assert {view: lines for view, lines in found.items() if lines} == {}
