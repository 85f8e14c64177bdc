"""Thirty viewers for half an hour: ``make soak``, or ``make soak MINUTES=2`` for a rehearsal.

Three are real Chromium pages, the others speak Streamlit's protocol; all change pages, jobs and filters
on a database with 50 events a second. One more Chromium page watches a job of its own: from the commit to the
changed page. Several processes (``PROCESSES=3 VIEWERS=100``) stand behind nginx as ``deploy/`` tells. Each
Chromium page takes a sixth of a core from what is measured: ``CHROMIUM=1`` leaves more to it.

Prints what happened, and fails when a viewer met an error, the processes' memory grew by 5 % or more after
the first sixth of the time (five minutes of thirty), they held more database connections than their bound, or
the slowest twentieth of the changes took longer than 600 ms to the screen.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import httpx
from sqlalchemy import Engine, text

from benchmarks.browser_figures import browser_figure
from benchmarks.browsing import Browsers
from benchmarks.busy_pipeline import BusyPipeline, used_database
from benchmarks.ending import ending_within, served
from benchmarks.figures import Figure, keep, machine, spread
from benchmarks.live_latency import OBSERVE, commits_to_screen
from benchmarks.results_page import MEMORY, write_page
from benchmarks.simulated_users import STAY_S, Wanderers
from benchmarks.thumbnail_memory import resident
from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.db.engine import make_engine
from feedly_core.settings import load_settings
from tests.browser.nginx import replicas
from tests.browser.server import AppServer, running_app
from tests.moving_job import MovingJob, moving_job

VIEWERS, BROWSERS = 30, 3
BASE = "dashboard"
COMMIT_TO_SCREEN_MS = 600.0
EVENTS_PER_S = 50.0
GROWTH = 0.05
CONNECTIONS = 13
"""Pool of 5 + 5, and the hub's two; one more while a dead one is replaced. The diagnostics page examines on
connections of its own, for a second, once for all viewers. Of one process."""
STEP_S, SAMPLE_S = 5.0, 1.0
START_AND_END_S = 600
SAMPLES_A_LINE = 60
PUBLISHED_MINUTES = 30
"""A rehearsal is shorter, and not published."""

_CONNECTIONS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name"
    " IN ('feedly-dashboard', 'feedly-dashboard-hub', 'feedly-dashboard-listen')"
)


@dataclass
class Course:
    """What was measured every second: seconds since the start, RSS in MB, connections."""

    processes: Sequence[int]
    times: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    connections: list[int] = field(default_factory=list)

    def memory_at(self, second: float, span: float) -> float:
        """Median of the ``span`` seconds that end then."""
        pairs = zip(self.times, self.memory, strict=True)
        return statistics.median([mb for at, mb in pairs if second - span <= at <= second])

    def early_and_late(self, seconds: float) -> tuple[float, float]:
        """Memory after the first sixth of the time, and at the end."""
        span = max(seconds / 30, 5 * SAMPLE_S)
        return self.memory_at(seconds / 6, span), self.memory_at(self.times[-1], span)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--viewers", type=int, default=VIEWERS)
    parser.add_argument("--browsers", type=int, default=BROWSERS, help="viewers that are Chromium pages")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument(
        "--stay", type=float, nargs=2, default=STAY_S, help="seconds on one page, from and to"
    )
    given = parser.parse_args()
    seconds = 60 * given.minutes
    with ending_within(seconds + START_AND_END_S), ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        url, assets = _database(stack, home)
        monitor = make_engine(load_settings(DATABASE_URL=url), application_name="soak monitor")
        jobs = [str(job) for job in used_database(monitor, assets, EVENTS_PER_S)]
        watched = moving_job(monitor)
        servers, address = _dashboards(stack, home, given.processes, url, assets)
        course = Course([server.process.pid for server in servers])
        empty = sum(map(_resident_mb, course.processes))
        pipeline = stack.enter_context(BusyPipeline(url, EVENTS_PER_S))
        wanderers = Wanderers(
            address, given.viewers - given.browsers, jobs, home / "met.json", tuple(given.stay)
        )
        with wanderers, Browsers(address, given.browsers, jobs) as browsers:
            before = pipeline.moved
            delays = _watch(course, monitor, browsers, seconds, watched)
            moved = pipeline.moved - before
        shown_errors = sum(map(_errors_shown, servers))
        monitor.dispose()
        met = wanderers.met
    print(
        f"{given.viewers} viewers, {given.browsers} of them in Chromium, {given.processes} processes,"
        f" {given.minutes:g} minutes, {given.stay[0]:g} to {given.stay[1]:g} s on a page"
    )
    print(
        f"{moved} events, {moved / course.times[-1]:.0f}/s; {browsers.steps} steps in Chromium,"
        f" {browsers.clicked_again} lists clicked again"
    )
    print(f"memory before anybody came: {empty:.0f} MB, {empty / given.processes:.0f} MB per process")
    print("viewers of the protocol:", json.dumps(asdict(replace(met, problems=[]))))
    if given.minutes >= PUBLISHED_MINUTES:
        write_page(keep(_figures(given.viewers, course, seconds, empty, delays)))
    problems = [*met.problems, *browsers.problems]
    traces = sum(server.log_text().count("Traceback") for server in servers)
    fine = _verdict(course, seconds, problems, shown_errors, traces)
    sys.exit(not (_on_time(delays) and fine))


def _dashboards(
    stack: ExitStack, home: Path, count: int, url: str, assets: Path
) -> tuple[list[AppServer], str]:
    """The processes, and the address that people know."""
    servers = [
        stack.enter_context(
            running_app(
                home / f"app {number}",
                DATABASE_URL=url,
                ASSETS_DIR=str(assets),
                STREAMLIT_SERVER_BASE_URL_PATH=BASE if count > 1 else "",
                STREAMLIT_SERVER_COOKIE_SECRET="one for all",  # noqa: S106 - of this run
            )
        )
        for number in range(count)
    ]
    return servers, servers[0].url if count == 1 else stack.enter_context(replicas(home, servers, BASE))


def _database(stack: ExitStack, home: Path) -> tuple[str, Path]:
    home.chmod(0o755)
    for name in ("pg", "assets"):
        (home / name).mkdir(mode=0o755)
    postgres = stack.enter_context(served(EmbeddedPostgres(home / "pg", {"max_connections": "100"})))
    return postgres.create_database("soak"), home / "assets"


def _watch(
    course: Course, monitor: Engine, browsers: Browsers, seconds: float, job: MovingJob
) -> list[float]:
    """Let the browsers wander until the time is over; a thread takes the measures meanwhile.

    Returns the milliseconds from each commit of ``job`` to the page that watches it.
    """
    over, until, delays = threading.Event(), time.monotonic() + seconds, list[float]()
    measuring = threading.Thread(target=_measure, args=(monitor, course, over))
    measuring.start()
    try:
        watching = browsers.watching(f"live_monitor?q={job.job_id}")
        watching.wait_for_selector(".fd-board tbody tr")
        watching.evaluate(OBSERVE)
        while time.monotonic() < until:
            browsers.step(STEP_S)
            delays += commits_to_screen(watching, job, 2, 0.0)[1]  # there and back
    finally:
        over.set()
        measuring.join()
    return delays


def _measure(monitor: Engine, course: Course, over: threading.Event) -> None:
    began = time.monotonic()
    while not over.wait(SAMPLE_S):
        with monitor.connect() as connection:
            course.connections.append(int(connection.scalar(_CONNECTIONS) or 0))
        course.times.append(time.monotonic() - began)
        course.memory.append(sum(map(_resident_mb, course.processes)))
        if len(course.times) % SAMPLES_A_LINE == 0:
            used = f"{course.memory[-1]:.0f} MB  {course.connections[-1]} connections"
            print(f"{course.times[-1]:5.0f} s  {used}", flush=True)


def _on_time(delays: list[float]) -> bool:
    p50, p95, slowest = spread(delays)
    print(f"commit to screen, {len(delays)} times: p50 {p50:.0f} ms, p95 {p95:.0f} ms, max {slowest:.0f} ms")
    return p95 <= COMMIT_TO_SCREEN_MS


def _figures(
    viewers: int, course: Course, seconds: float, empty: float, delays: list[float]
) -> Iterator[Figure]:
    """For the published page. Memory of all processes together, but for the first figure."""
    crowd = f"{viewers} viewers in {len(course.processes)} processes"
    yield browser_figure(f"{crowd}, commit to changed DOM", 0, delays, COMMIT_TO_SCREEN_MS)
    early, late = course.early_and_late(seconds)
    took = 1000 * (course.times[-1] - seconds / 6)
    for what, grown, ms in (
        ("a process that nobody has visited", empty / len(course.processes), 0.0),
        (f"a viewer, where {crowd} have come", (late - empty) / viewers, 1000 * seconds),
        (f"{crowd}, from minute {seconds / 360:.0f} to {seconds / 60:.0f}", late - early, took),
    ):
        yield Figure(
            f"{MEMORY}{what}", 0, 0, ms, ms, 0, None, None, None, machine(), ms, memory=round(grown * 2**20)
        )


def _verdict(course: Course, seconds: float, problems: list[str], shown_errors: float, traces: int) -> bool:
    bound = CONNECTIONS * len(course.processes)
    early, late = course.early_and_late(seconds)
    growth = late / early - 1
    print(f"memory {early:.0f} MB after {seconds / 360:.1f} min, {late:.0f} MB at the end: {growth:+.1%}")
    print(f"connections: at most {max(course.connections)}, bound {bound}")
    print(f"errors shown: {shown_errors:.0f}; traces in the log: {traces}; problems met: {len(problems)}")
    for problem in problems[:20]:
        print("  ", problem)
    return not (problems or shown_errors or traces or growth >= GROWTH or max(course.connections) > bound)


def _resident_mb(pid: int) -> float:
    return resident(pid) / 2**20


def _errors_shown(server: AppServer) -> float:
    """Errors that viewers were shown, as the server counts them."""
    lines = httpx.get(f"{server.url}/metrics", timeout=30).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("feedly_dashboard_errors_total"))


if __name__ == "__main__":
    main()
