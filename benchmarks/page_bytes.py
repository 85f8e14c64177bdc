"""Bytes of a first visit by page, from the browser's own figures: ``python -m benchmarks.page_bytes``.

Each page is opened by a browser that has never been here, waits until it is drawn, and adds up what came over
the line: responses as they were sent (compressed, with their heads) and messages of the web sockets.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.page_gallery import dashboard
from benchmarks.page_views import VIEWS, Scene, chromium, set_scene, settle, window

PAGES = ("overview", "results-gallery", "results-job", "review-judge")
_LARGEST = 3


@dataclass
class Weight:
    """Bytes of one visit by kind, and of its largest files by name."""

    kinds: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    requests: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, help="file of the table (Markdown); else it is printed only")
    parser.add_argument("--url", help="a running demo, instead of one of its own; a meeting starts in it")
    asked = parser.parse_args()
    with dashboard(asked.url) as url, chromium() as browser:
        scene = set_scene(browser, url)
        weights = {name: _weigh(browser, url, scene, name) for name in PAGES}
    table = _table(weights)
    print(table)
    if asked.out:
        asked.out.write_text(table + "\n", encoding="utf-8")


def weigh(page: Page, url: str) -> Weight:
    """From now on, what the page receives is added to the result."""
    weight = Weight()
    session = page.context.new_cdp_session(page)
    asked: dict[str, tuple[str, str]] = {}

    def answered(event: dict[str, object]) -> None:
        response = event["response"]
        assert isinstance(response, dict)
        asked[str(event["requestId"])] = (str(event["type"]), str(response["url"]))

    def finished(event: dict[str, object]) -> None:
        kind, address = asked.get(str(event["requestId"]), ("Other", ""))
        size = int(float(str(event["encodedDataLength"])))
        weight.kinds[kind] += size
        weight.files[address.removeprefix(url).split("?")[0]] += size
        weight.requests += 1

    def received(event: dict[str, object]) -> None:
        frame = event["response"]
        assert isinstance(frame, dict)
        text = str(frame["payloadData"])
        weight.kinds["WebSocket"] += len(text) if frame["opcode"] == 1 else len(text) * 3 // 4  # base64

    session.send("Network.enable")
    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", finished)
    session.on("Network.webSocketFrameReceived", received)
    return weight


def _weigh(browser: Browser, url: str, scene: Scene, name: str) -> Weight:
    context = window(browser, url, "ko", "light", 1440)
    page = context.new_page()
    weight = weigh(page, url)
    page.goto(url + VIEWS[name].format(**vars(scene)))
    settle(page)
    context.close()
    return weight


def _table(weights: dict[str, Weight]) -> str:
    kinds = sorted({kind for weight in weights.values() for kind in weight.kinds})
    lines = [
        f"| page | MB | requests | {' | '.join(f'{kind}, kB' for kind in kinds)} | largest files |",
        f"|---|---|---|{'---|' * len(kinds)}---|",
    ]
    for name, weight in weights.items():
        by_kind = " | ".join(f"{weight.kinds[kind] / 1000:.0f}" for kind in kinds)
        largest = ", ".join(
            f"{file} {size / 1000:.0f} kB" for file, size in weight.files.most_common(_LARGEST)
        )
        total = weight.kinds.total() / 1e6
        lines.append(f"| {name} | {total:.2f} | {weight.requests} | {by_kind} | {largest} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
