"""From a commit in PostgreSQL to changed text in a real browser's page, with one and with many viewers.

``make bench-live``. The measured browser is real Chromium. Further viewers are real browser pages too
(``--viewers-real``), or protocol-speaking clients: a session on Streamlit's own socket plus one on the
live socket, which ask for the same fragment rerun at each version and take in all that is sent.
Prints milliseconds, and the server's CPU while all sit idle.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.viewers import Viewers
from feedly_core import dashboard_schema
from feedly_core.database import make_engine, writing
from feedly_core.demo.postgres import EmbeddedPostgres
from feedly_core.demo.schema import lay_schema
from feedly_core.settings import load_settings
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.browser.server import AppServer, running_app
from tests.movement import MovingJob, moving_job

CHANGES = 200
IDLE_SECONDS = 10

# Notes the wall clock of each change of the marks in the first row of the board.
OBSERVE = """
() => {
  window.changes = [];
  const look = () => {
    const row = document.querySelector(".fd-board tbody tr");
    return row ? [...row.querySelectorAll("td")].map((cell) => cell.textContent).join("|") : "";
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
    parser.add_argument("--viewers", type=int, nargs="+", default=[1, 50])
    parser.add_argument("--changes", type=int, default=CHANGES)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        server, job = _prepare(stack)
        driver = stack.enter_context(sync_playwright())
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=list(CHROMIUM_FLAGS))
        page = browser.new_page()
        page.goto(f"{server.url}/live_monitor?lang=en")
        page.wait_for_selector(".fd-board tbody tr")
        page.evaluate(OBSERVE)
        for count in arguments.viewers:
            with Viewers(server.url, "/live_monitor", count - 1):
                print(f"{count:3} viewers, idle: {_cpu_share(server, IDLE_SECONDS):.1%} of one core")
                _report(count, _measure(page, job, arguments.changes, 0.15 + 0.03 * count))
        browser.close()


def _prepare(stack: ExitStack) -> tuple[AppServer, MovingJob]:
    home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
    home.chmod(0o755)
    postgres = EmbeddedPostgres(home / "pg", {"max_connections": "200"})
    (home / "pg").mkdir(mode=0o755)
    postgres.start()
    stack.callback(postgres.stop, even_if_used=True)
    url = postgres.create_database("bench")
    engine = make_engine(load_settings(DATABASE_URL=url))
    with writing(engine) as connection:
        lay_schema(connection)
    dashboard_schema.install(engine)
    jobs = [moving_job(engine) for _ in range(10)]
    server = stack.enter_context(running_app(home / "app", DATABASE_URL=url))
    return server, jobs[-1]


def _measure(page: Page, job: MovingJob, changes: int, pause: float) -> list[float]:
    """Milliseconds from each commit to the page's change.

    Between two changes lie ``pause`` seconds and an uneven rest, so that all viewers have drawn the last.
    """
    delays = []
    for number in range(changes):
        before = page.evaluate("window.changes.length")
        job.move(0, "planner", ("done", "failed")[number % 2])
        committed = time.time() * 1000
        page.wait_for_function(f"window.changes.length > {before}", timeout=30_000)
        delays.append(page.evaluate(f"window.changes[{before}]") - committed)
        page.wait_for_timeout(1000 * pause + number * 37 % 130)
    return delays


def _report(viewers: int, delays: list[float]) -> None:
    p95 = statistics.quantiles(delays, n=20)[-1]
    print(
        f"{viewers:3} viewers, {len(delays)} changes: median {statistics.median(delays):.0f} ms, "
        f"p95 {p95:.0f} ms, max {max(delays):.0f} ms"
    )


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
