"""The starts of a page's components, in the hands of a test."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, Route

from tests.waiting import wait_until

_GATE = """
window.feedlyHeld = null;
window.feedlyGate = (module) => window.feedlyHeld
    ? new Promise((go) => window.feedlyHeld.push({module, go: () => go(module)})) : module;
"""
_HOLD = "() => { window.feedlyHeld = []; }"
_MOST = """() => {
    const counted = new Map();
    for (const {module} of window.feedlyHeld) counted.set(module, (counted.get(module) ?? 0) + 1);
    return Math.max(0, ...counted.values());
}"""
_RELEASE = """async () => {
    const held = window.feedlyHeld;
    window.feedlyHeld = null;
    for (const {go} of held) {
        go();
        await new Promise((done) => setTimeout(done));
    }
}"""
_IMPORT = re.compile(r"\bimport\((\w+)\)")


class Starts:
    """Streamlit imports a component's script for each start of it. On a busy machine that takes a while.

    ``hold`` keeps the starts from then on waiting, ``release`` lets them begin in their order, each in a task
    of its own, as the browser does.
    """

    def __init__(self, context: BrowserContext) -> None:
        context.add_init_script(_GATE)
        context.route("**/static/js/BidiComponent.*.js", self._gated)

    def _gated(self, route: Route) -> None:
        script, gates = _IMPORT.subn(r"import(\1).then(window.feedlyGate)", route.fetch().text())
        assert gates == 1, "Streamlit starts components in another way"
        route.fulfill(body=script, content_type="text/javascript")

    def hold(self, page: Page) -> None:
        page.evaluate(_HOLD)

    def wait_for(self, page: Page, starts: int) -> None:
        """Until so many starts of one component wait."""
        wait_until(lambda: page.evaluate(_MOST) >= starts, 30, f"{starts} starts of one component")

    def release(self, page: Page) -> None:
        page.evaluate(_RELEASE)
