"""From a commit in PostgreSQL to changed text in a real browser's page, with one and with many viewers.

``make bench-live``. One viewer is a real Chromium, whose DOM is watched; the others are clients that
speak Streamlit's protocol and our live socket (see viewers.py), of which the arrival of the whole redraw
is measured. Prints milliseconds and keeps them with the published figures; prints the server's CPU and
statements while all sit idle, and the same for pages without a hub, which ask every 2 s.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from bisect import bisect_left
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import Engine, text

from benchmarks.browser_figures import browser_figure
from benchmarks.ending import ending_within, served
from benchmarks.figures import Figure, keep, measured_on, spread
from benchmarks.measuring import server_version
from benchmarks.results_page import write_page
from benchmarks.viewers import Viewers
from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.demo.schema import create_schema
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine, writing
from feedly_core.settings import load_settings
from tests.browser.conftest import CHROMIUM_FLAGS, installed_browser
from tests.browser.server import BARE, AppServer, running_app
from tests.moving_job import MovingJob, moving_job

CHANGES = 200
CHANGES_S = 90.0
"""Seconds of changes with so many viewers: fewer than asked for on a slow machine."""

WITHIN_S = 900
COMMIT_TO_SCREEN_MS = {1: 120.0}
IDLE_SECONDS = 60
"""Two pulses of each page, which redraws itself every 30 s for the ages on it."""
PAGE = "/live_monitor"

# Notes the wall clock of each change of the first variant's mark in the first row of the board. The time left
# and the states of silent variants change there too, whenever the board is drawn: they answer no commit.
OBSERVE = """
() => {
  window.changes = [];
  const look = () => {
    const marks = [...document.querySelectorAll(".fd-board tbody tr:first-child .fd-mark")];
    const first = marks.find((mark) => mark.textContent.includes("1"));
    return first ? first.closest("td").dataset.step + first.textContent : "";
  };
  let last = look();
  new MutationObserver(() => {
    const now = look();
    if (now && now !== last) { last = now; window.changes.push(performance.timeOrigin + performance.now()); }
  }).observe(document.body, {subtree: true, childList: true, characterData: true});
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, nargs="*", default=[1, 50])
    parser.add_argument("--idle", type=int, nargs="*", default=[10, 50], help="pages that only sit there")
    parser.add_argument("--changes", type=int, default=CHANGES)
    arguments = parser.parse_args()
    with ending_within(WITHIN_S), ExitStack() as stack:
        home, database = _database(stack)
        engine = make_engine(load_settings(DATABASE_URL=database))
        stack.callback(engine.dispose)
        job = [moving_job(engine) for _ in range(10)][-1]
        with running_app(home / "app", DATABASE_URL=database) as server:
            _idle(server, engine, arguments.idle, "idle")
            found = _changes(server, job, arguments.viewers, arguments.changes)
            version = server_version(database)
            write_page(keep(measured_on(figure, version) for figure in found))
        with running_app(home / "bare", program=BARE, DATABASE_URL=database) as server:
            _idle(server, engine, arguments.idle, "without a hub, asking every 2 s")


def _database(stack: ExitStack) -> tuple[Path, str]:
    home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
    home.chmod(0o755)
    options = {
        "max_connections": "200",
        "shared_preload_libraries": "pg_stat_statements",
        "pg_stat_statements.track_utility": "off",  # BEGIN, ROLLBACK and SET are no queries
    }
    (home / "pg").mkdir(mode=0o755)
    postgres = stack.enter_context(served(EmbeddedPostgres(home / "pg", options)))
    url = postgres.create_database("bench")
    engine = make_engine(load_settings(DATABASE_URL=url))
    with writing(engine) as connection:
        create_schema(connection)
        connection.execute(text("CREATE EXTENSION pg_stat_statements"))
    own_schema.install(engine)
    engine.dispose()
    return home, url


def _idle(server: AppServer, engine: Engine, counts: list[int], how: str) -> None:
    for count in counts:
        with Viewers(server.url, PAGE, count):
            before = _statements(engine)
            share = _cpu_share(server, IDLE_SECONDS)
            rate = (_statements(engine) - before) / IDLE_SECONDS
        print(f"{count:3} pages, {how}: {share:.1%} of one core, {rate:.1f} statements/s", flush=True)


def _statements(engine: Engine) -> int:
    """Sent to this database so far by anybody."""
    query = (
        "SELECT sum(calls) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid "
        "WHERE d.datname = current_database()"
    )
    with engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def _changes(server: AppServer, job: MovingJob, counts: list[int], changes: int) -> list[Figure]:
    found = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=installed_browser(), args=list(CHROMIUM_FLAGS))
        page = browser.new_page()
        page.goto(f"{server.url}{PAGE}?lang=en")
        page.wait_for_selector(".fd-board tbody tr")
        page.evaluate(OBSERVE)
        for count in counts:
            with Viewers(server.url, PAGE, count - 1) as others:
                commits, delays = commits_to_screen(page, job, changes, 0.15 + 0.03 * count)
            found.append(_report(count, "to changed DOM in Chromium", delays, COMMIT_TO_SCREEN_MS.get(count)))
            if arrived := _arrivals(commits, others.arrivals):
                found.append(_report(count, f"to arrival at {count - 1} protocol clients", arrived))
        browser.close()
    return found


def commits_to_screen(
    page: Page, job: MovingJob, changes: int, pause: float
) -> tuple[list[float], list[float]]:
    """The moments of the commits, and the milliseconds from each to the change of the observed page.

    Between two changes lie ``pause`` seconds and an uneven rest, so that all viewers have drawn the last.
    """
    commits, delays = [], []
    until = time.monotonic() + CHANGES_S
    for number in range(changes):
        if time.monotonic() > until:
            break
        before = page.evaluate("window.changes.length")
        job.move(0, "planner", ("done", "failed")[number % 2])
        commits.append(time.time())
        page.wait_for_function(f"window.changes.length > {before}", timeout=30_000)
        delays.append(page.evaluate(f"window.changes[{before}]") - 1000 * commits[-1])
        page.wait_for_timeout(1000 * pause + number * 37 % 130)
    return commits, delays


def _arrivals(commits: list[float], redraws: list[list[float]]) -> list[float]:
    """Milliseconds from each commit to each client's next redraw; to the one after the next change, if a
    client was so late."""
    waited = []
    for moments in redraws:
        for commit in commits:
            place = bisect_left(moments, commit)
            if place < len(moments):
                waited.append(1000 * (moments[place] - commit))
    return waited


def _report(viewers: int, what: str, delays: list[float], budget: float | None = None) -> Figure:
    p50, p95, slowest = spread(delays)
    name = f"{viewers} viewers, commit {what}"
    print(
        f"{name}, {len(delays)} times: p50 {p50:.0f} ms, p95 {p95:.0f} ms, max {slowest:.0f} ms", flush=True
    )
    return browser_figure(name, 0, delays, budget)


def _cpu_share(server: AppServer, seconds: int) -> float:
    """Share of one core that the server's process uses."""
    before = _cpu_seconds(server.process.pid)
    time.sleep(seconds)
    return (_cpu_seconds(server.process.pid) - before) / seconds


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    main()
