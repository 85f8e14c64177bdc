"""What a person waits for, in Chromium: ``make bench-browser`` (five minutes, on an otherwise idle machine).

Starts, visits, page switches, an opened job, a filter, a key and a page of pictures, on the demo and on the
grown database, beside Streamlit's own floor in the same run. Times are the browser's own clock, from the
click or the navigation. "Drawn" is when the page's script has ended and what lies in the window is there.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, ElementHandle, Page
from sqlalchemy import select

from benchmarks.contrast_rate import contrast_rate
from benchmarks.empty_pages import TITLES, empty_pages
from benchmarks.ending import ending_within
from benchmarks.figures import Figure, keep, machine, measured_on, spread
from benchmarks.grown import grown
from benchmarks.measuring import linked, server_version
from benchmarks.page_bytes import Weight, weigh
from benchmarks.page_views import chromium, settle, window
from benchmarks.results_page import BROWSER, write_page
from benchmarks.thumbnail_memory import thumbnail_memory
from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.db.engine import reading
from feedly_core.domain import tables as t
from feedly_core.images.assets import asset_path
from tests.browser.painting import key_to_picture, painted
from tests.browser.server import running_app

AS_PEOPLE_START_IT = ("-m", "streamlit", "run", "streamlit_app.py")
ROUNDS, WARM_ROUNDS = 12, 2
WITHIN_S = 1_200
SWITCH_ABOVE_FLOOR_MS = 250.0
FIRST_CONTENT_MS, WHOLE_JOB_MS, GALLERY_MS, FILTER_MS, KEY_MS = 700.0, 1_500.0, 1_500.0, 600.0, 300.0
FIRST_SCREEN = 3
"""Pictures that surely lie in a window of 1440 x 900."""
NEWEST_PICTURES = 20_000

PAGES = {
    "overview": "Overview",
    "live_monitor": "Live monitor",
    "results": "Results",
    "review": "Review",
    "trends": "Trends",
    "trigger_diagnostics": "Diagnostics",
}

_WAIT = """(clicked) => new Promise((done, failed) => {
  const text = (one) => document.querySelector(one)?.textContent.trim() ?? '';
  const title = () => text('[data-testid="stMain"] h1');
  const all = (one) => [...document.querySelectorAll(one)];
  const inSight = (one) => { const box = one.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight; };
  const still = () =>
    document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === 'notRunning'
    && !all('[data-testid="stSkeleton"], [data-testid="stSpinner"]').some(inSight)
    && all('img').every((one) => one.complete || !inSight(one));
  const began = clicked ? performance.now() : 0;
  let first = 0;
  const look = () => {
    const now = performance.now() - began;
    if (now > MOST) return failed(new Error(`after ${now} ms: ${title()}, first content at ${first}`));
    if (!first && (SEEN)) first = now;
    if (first && still()) return done([first, now]);
    requestAnimationFrame(look);
  };
  clicked?.click();
  requestAnimationFrame(look);
})"""

MOST_MS = 120_000

Times = list[tuple[float, float]]
"""Milliseconds to the first content and to all of it, a pair per round."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=300_000, help="size of the grown database; 0: none")
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "feedlyai-benchmark")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    found: list[Figure] = []
    with ending_within(WITHIN_S), ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        home.chmod(0o755)
        browser = stack.enter_context(chromium())
        try:
            for figure in _figures(browser, home, given.home, given.jobs, given.rounds):
                found.append(figure)
                missed = "  MISSED" if figure.within_budget is False else ""
                grew = "" if figure.memory is None else f"  {figure.memory / 2**20:.1f} MB"
                print(
                    f"{figure.jobs:9,} jobs  {figure.question:50} p50 {figure.p50_ms:8.0f}"
                    f"  p95 {figure.p95_ms:8.0f}{grew}{missed}",
                    flush=True,
                )
        finally:
            write_page(keep(found))


def _figures(browser: Browser, home: Path, kept: Path, jobs: int, rounds: int) -> Iterator[Figure]:
    with empty_pages(home / "empty") as server:
        floor = _floor(browser, server.url, rounds)
    yield from (browser_figure(f"floor: {name}", 0, times, None) for name, times in floor.items())
    switch = spread(floor["page switch"])[1]
    for name in ("cold", "warm"):
        yield browser_figure(
            f"start to a drawn overview, demo, {name}", 0, [_started(browser, home / "demo")], None
        )
    with running_app(home / "demo", FEEDLY_DEMO_SPEED="1") as server:
        visited = chain(_visited(browser, server.url, 0, rounds, switch), thumbnail_memory(browser, server))
        database = EmbeddedPostgres(home / "demo").url("postgres")  # up when the first page has been drawn
        yield from (measured_on(figure, server_version(database)) for figure in visited)
    if jobs:
        with grown(kept, jobs) as (url, _):
            assets = _newest_pictures(url, home / "assets")
            with running_app(home / "grown", DATABASE_URL=url, ASSETS_DIR=str(assets)) as server:
                version = server_version(url)
                for figure in _visited(browser, server.url, jobs, rounds, switch):
                    yield measured_on(figure, version)
            yield contrast_rate(url, jobs, assets)


def _newest_pictures(url: str, folder: Path) -> Path:
    """Files for the newest pictures of the grown database, so that its pages show some: all the same one."""
    one = folder / "one.png"
    folder.mkdir()
    Image.effect_noise((540, 540), 60).save(one)
    assets = t.image_assets.c
    newest = select(assets.image_url).order_by(assets.created_at.desc()).limit(NEWEST_PICTURES)
    with linked(url, None) as link, reading(link.engine) as connection:
        paths = [asset_path(asset_url, folder) for asset_url in connection.scalars(newest)]
    for path in paths:
        if isinstance(path, Path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.hardlink_to(one)
    return folder


def _started(browser: Browser, home: Path) -> float:
    """From the start of the process until a person who waits for it sees the overview; ms."""
    began = time.monotonic()
    with running_app(home, program=AS_PEOPLE_START_IT) as server:
        page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="en-US")
        page.set_default_timeout(1000 * WITHIN_S)
        page.goto(server.url)
        _drawn(page, "title() === 'Overview'")
        took = 1000 * (time.monotonic() - began)
        page.close()
    return took


def _floor(browser: Browser, url: str, rounds: int) -> dict[str, list[float]]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(url)
    settle(page)
    switches = [
        _clicked(page, f'[data-testid="stSidebarNavLink"]:has-text("{title}")', f"title() === '{title}'")[1]
        for _ in range(rounds + WARM_ROUNDS)
        for title in reversed(TITLES)
    ]
    redraws = []
    for _ in range(rounds + WARM_ROUNDS):
        before = page.locator(".counted").inner_text()
        redraws.append(_clicked(page, '[data-testid="stButton"] button', f"text('.counted') > {before}")[0])
    page.close()
    return {"page switch": switches[2 * WARM_ROUNDS :], "fragment": redraws[WARM_ROUNDS:]}


def _visited(browser: Browser, url: str, jobs: int, rounds: int, floor: float) -> Iterator[Figure]:
    """Everything that one person waits for, at one address."""
    yield from _visits(browser, url, jobs, rounds)
    context = window(browser, url, "en", "light", 1440)
    page = context.new_page()
    page.set_default_timeout(MOST_MS)
    page.goto(f"{url}/overview")
    settle(page)
    yield from _switches(page, jobs, rounds, floor + SWITCH_ABOVE_FLOOR_MS)
    yield from _jobs_opened(page, url, jobs, rounds)
    yield browser_figure("filter to gallery", jobs, _filtered(page, url, rounds), FILTER_MS)
    yield browser_figure("gallery: first screen of pictures", jobs, _gallery(page, url, rounds), GALLERY_MS)
    yield browser_figure("key to next picture", jobs, _keys(page, url, rounds), KEY_MS)
    context.close()


def _visits(browser: Browser, url: str, jobs: int, rounds: int) -> Iterator[Figure]:
    """The overview, by browsers that were never here and that have been."""
    times: dict[str, Times] = {"first visit": [], "repeated visit": []}
    weights: dict[str, Weight] = {}
    for _ in range(max(3, rounds // 4)):
        context = window(browser, url, "en", "light", 1440)
        for name, held in times.items():
            page = context.new_page()
            weights[name] = weigh(page, url)
            page.goto(f"{url}/overview", wait_until="commit")
            _, whole = _drawn(page, "title() === 'Overview'")
            paint = page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0].startTime")
            held.append((float(paint), whole))
            page.close()
        context.close()
    for name, held in times.items():
        yield browser_figure(f"{name}: first paint", jobs, [first for first, _ in held], None)
        whole_times = [whole for _, whole in held]
        yield browser_figure(f"{name}: drawn", jobs, whole_times, None, weight=weights[name])


def _switches(page: Page, jobs: int, rounds: int, budget: float) -> Iterator[Figure]:
    found: dict[str, Times] = {name: [] for name in PAGES}
    for number in range(rounds + WARM_ROUNDS):
        for name, title in reversed(PAGES.items()):
            link = f'[data-testid="stSidebarNavLink"][href*="{name}"]'
            times = _clicked(page, link, f"title() === '{title}'")
            if number >= WARM_ROUNDS:
                found[name].append(times)
            settle(page)
    for name, held in found.items():
        yield browser_figure(f"page switch to {name}", jobs, [whole for _, whole in held], budget)


def _jobs_opened(page: Page, url: str, jobs: int, rounds: int) -> Iterator[Figure]:
    """One job after the other, by a click on its card."""
    found = []
    for number in range(rounds):
        page.goto(f"{url}/results?outcome=complete")
        page.locator(".fd-card a[href*='job=']").first.wait_for()
        settle(page)
        page.evaluate(
            "number => document.querySelectorAll(\".fd-card a[href*='job=']\")[number]"
            ".setAttribute('data-wanted', '')",
            number,
        )
        found.append(_clicked(page, "[data-wanted]", "all('.fd-results-head').length"))
    yield browser_figure("job opened: first content", jobs, [first for first, _ in found], FIRST_CONTENT_MS)
    yield browser_figure("job opened: all of it", jobs, [whole for _, whole in found], WHOLE_JOB_MS)


def _filtered(page: Page, url: str, rounds: int) -> list[float]:
    """Another tenant in the gallery's filter, until every card is of that tenant."""
    page.goto(f"{url}/results")
    page.locator(".fd-card").first.wait_for()
    settle(page)
    page.get_by_text("Filters", exact=True).click()
    box = page.get_by_role("combobox", name="Tenant")
    box.click()
    tenants = [one.strip() for one in page.get_by_role("option").all_inner_texts()][1:4]
    page.keyboard.press("Escape")
    found = []
    for number in range(rounds + WARM_ROUNDS):
        tenant = tenants[number % len(tenants)]
        box.click()
        box.fill(tenant)
        option = page.get_by_role("option", name=tenant, exact=True)
        option.wait_for()
        option.evaluate("option => option.setAttribute('data-wanted', '')")
        shown = f"all('.fd-gallery .fd-card').every(one => one.textContent.includes({json.dumps(tenant)}))"
        found.append(_clicked(page, "[data-wanted]", f"all('.fd-gallery .fd-card').length && {shown}")[0])
        settle(page)
    return found[WARM_ROUNDS:]


def _gallery(page: Page, url: str, rounds: int) -> list[float]:
    found = []
    for _ in range(rounds):
        page.goto(f"{url}/results?outcome=complete", wait_until="commit")
        found.append(painted(page, FIRST_SCREEN).ms)
        settle(page)
    return found


def _keys(page: Page, url: str, rounds: int) -> list[float]:
    page.goto(f"{url}/review")
    page.locator(".stage .frame img").wait_for()
    settle(page)
    return [key_to_picture(page, "ArrowRight") for _ in range(rounds)]


def _clicked(page: Page, selector: str, seen: str) -> tuple[float, float]:
    """Milliseconds from the click to what ``seen`` says, and to the whole page."""
    return _waited(page, page.query_selector(selector), seen)


def _drawn(page: Page, seen: str) -> tuple[float, float]:
    """The same from the navigation."""
    return _waited(page, None, seen)


def _waited(page: Page, clicked: ElementHandle | None, seen: str) -> tuple[float, float]:
    first, whole = page.evaluate(_WAIT.replace("MOST", str(MOST_MS)).replace("SEEN", seen), clicked)
    return float(first), float(whole)


def browser_figure(
    what: str, jobs: int, times: list[float], budget: float | None, weight: Weight | None = None
) -> Figure:
    """What a browser measured, in ms; ``jobs`` 0 is the demo or a database of the benchmark's own."""
    p50, p95, slowest = spread(times)
    return Figure(
        f"{BROWSER}{what}",
        jobs,
        0,
        p50,
        p95,
        0,
        None,
        None if budget is None else round(budget, 1),
        None if budget is None else p95 <= budget,
        machine(),
        slowest,
        bytes=weight.kinds.total() if weight else None,
        requests=weight.requests if weight else None,
    )


if __name__ == "__main__":
    main()
