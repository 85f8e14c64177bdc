"""Sixty thumbnails on the screen, as a browser measures it: ``make bench-gallery`` (about a minute).

Opens the gallery of the demo's finished pictures in a window so high that all sixty lie in it. "New browser"
has the thumbnails on the server's disk only, "same browser" has kept them too. Prints milliseconds from the
navigation, and from the cards' being in the page, to the frame that shows the last picture; and the bytes.
Ends with 1 when the median from the navigation exceeds 1.5 s or a page of thumbnails 2 MB.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, ViewportSize, sync_playwright

from tests.browser.conftest import CHROMIUM_FLAGS, installed_browser
from tests.browser.painting import Painted, painted
from tests.browser.server import running_app

CARDS = 60
MOST_MS, MOST_BYTES = 1500, 2_000_000
WINDOW: ViewportSize = {"width": 1440, "height": 6000}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    home = Path(tempfile.mkdtemp(prefix="feedly-paint-"))
    home.chmod(0o755)
    with running_app(home, FEEDLY_DEMO_SPEED="1") as server, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=installed_browser(), args=list(CHROMIUM_FLAGS))
        address = f"{server.url}/results?outcome=complete"
        new, same = [], []
        for number in range(rounds + 1):
            page = browser.new_page(viewport=WINDOW)
            first = _opened(page, address)
            if number:  # the first one made the thumbnails
                new.append(first)
                same.append(_opened(page, address))
            page.close()
        browser.close()
    sys.exit(not all((_report("new browser", new), _report("same browser", same))))


def _opened(page: Page, address: str) -> Painted:
    page.goto(address)
    return painted(page, CARDS)


def _report(name: str, found: list[Painted]) -> bool:
    whole = sorted(one.ms for one in found)
    after = sorted(one.ms - one.cards_ms for one in found)
    size = sorted(one.bytes for one in found)
    print(
        f"{name:13} navigation to last picture: median {median(whole):5.0f} ms, slowest {whole[-1]:5.0f} ms;"
        f" cards to last picture: median {median(after):4.0f} ms; {size[-1] / 1000:.0f} kB"
    )
    return median(whole) <= MOST_MS and size[-1] <= MOST_BYTES


if __name__ == "__main__":
    main()
