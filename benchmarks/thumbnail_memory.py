"""What a thousand thumbnails cost in memory: the process that serves them, and the page that shows them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page

from benchmarks.figures import Figure, machine
from benchmarks.page_views import settle, window
from benchmarks.results_page import MEMORY
from tests.browser.painting import CARDS
from tests.browser.server import AppServer

THUMBNAILS, ROUNDS = 1_000, 2
"""What the first thousand costs, the second costs again if it is kept."""
_ORDINALS = ("first", "second")

_SHOW = """async ([cards, count, round]) => {
  const known = [...document.querySelectorAll(cards)].map((one) => one.src);
  const place = document.querySelector('[data-testid="stMain"]').appendChild(document.createElement("div"));
  place.dataset.shown = round;
  const shown = Array.from({length: count}, (_, number) => {
    const one = place.appendChild(new Image(160, 160));
    one.src = `${known[number % known.length]}?round=${round}&number=${number}`;
    return one.decode();
  });
  await Promise.all(shown);
}"""
"""Each with an address of its own: the browser asks the server for every one, and keeps every one."""


def thumbnail_memory(browser: Browser, server: AppServer) -> Iterator[Figure]:
    """Resident memory by which the server and the renderer grow with a thousand thumbnails, twice."""
    context = window(browser, server.url, "en", "light", 1440)
    page, processes = context.new_page(), browser.new_browser_cdp_session()
    page.set_default_timeout(120_000)
    page.goto(f"{server.url}/results?outcome=complete")
    page.locator(CARDS).first.wait_for()
    settle(page)
    for number in range(ROUNDS):
        before = _resident(server, page, processes)
        began = time.monotonic()
        page.evaluate(_SHOW, [CARDS, THUMBNAILS, number])
        took = round(1000 * (time.monotonic() - began), 2)
        after = _resident(server, page, processes)
        for process, grown in after.items():
            name = f"{MEMORY}{_ORDINALS[number]} {THUMBNAILS:,} thumbnails, {process}"
            memory = grown - before[process]
            yield Figure(name, 0, 0, took, took, 0, None, None, None, machine(), took, memory=memory)
    context.close()


def _resident(server: AppServer, page: Page, processes: CDPSession) -> dict[str, int]:
    """Bytes, without what a collector would take away."""
    garbage = page.context.new_cdp_session(page)
    garbage.send("HeapProfiler.collectGarbage")
    garbage.detach()
    known = processes.send("SystemInfo.getProcessInfo")["processInfo"]
    renderers = [int(one["id"]) for one in known if one["type"] == "renderer"]
    return {"server": resident(server.process.pid), "renderer": sum(map(resident, renderers))}


def resident(pid: int) -> int:
    """Bytes of a process in memory."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return 1024 * int(status.split("VmRSS:")[1].split()[0])
