"""Thirty viewers for half an hour: ``make soak``, or ``make soak MINUTES=2`` for a rehearsal.

Three are real Chromium pages, the others speak Streamlit's protocol; all change pages, jobs and filters
on a database with 50 events a second. Prints what happened, and fails when a viewer met an error, the
server's memory grew by 5 % or more after the first sixth of the time (five minutes of thirty), or it
held more database connections than its bound.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import httpx
from sqlalchemy import Engine, text

from benchmarks.browsing import Browsers
from benchmarks.busy_pipeline import BusyPipeline, used_database
from benchmarks.ending import ending_within, served
from benchmarks.simulated_users import Wanderers
from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.db.engine import make_engine
from feedly_core.settings import load_settings
from tests.browser.server import AppServer, running_app

VIEWERS, BROWSERS = 30, 3
EVENTS_PER_S = 50.0
GROWTH = 0.05
CONNECTIONS = 13
"""Pool of 5 + 5, and the hub's two; one more while a dead one is replaced. The diagnostics page examines on
connections of its own, for a second, once for all viewers."""
STEP_S, SAMPLE_S = 5.0, 1.0
START_AND_END_S = 600
SAMPLES_A_LINE = 60

_CONNECTIONS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name"
    " IN ('feedly-dashboard', 'feedly-dashboard-hub', 'feedly-dashboard-listen')"
)


@dataclass
class Course:
    """What was measured every second: seconds since the start, RSS in MB, connections."""

    times: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    connections: list[int] = field(default_factory=list)

    def memory_at(self, second: float, span: float) -> float:
        """Median of the ``span`` seconds that end then."""
        pairs = zip(self.times, self.memory, strict=True)
        return statistics.median([mb for at, mb in pairs if second - span <= at <= second])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--viewers", type=int, default=VIEWERS)
    given = parser.parse_args()
    seconds = 60 * given.minutes
    with ending_within(seconds + START_AND_END_S), ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        url, assets = _database(stack, home)
        monitor = make_engine(load_settings(DATABASE_URL=url), application_name="soak monitor")
        jobs = [str(job) for job in used_database(monitor, assets, EVENTS_PER_S)]
        server = stack.enter_context(running_app(home / "app", DATABASE_URL=url, ASSETS_DIR=str(assets)))
        pipeline = stack.enter_context(BusyPipeline(url, EVENTS_PER_S))
        wanderers = Wanderers(server.url, given.viewers - BROWSERS, jobs, home / "met.json")
        with wanderers, Browsers(server.url, BROWSERS, jobs) as browsers:
            before = pipeline.moved
            course = _watch(server, monitor, browsers, seconds)
            moved = pipeline.moved - before
        shown_errors = _errors_shown(server)
        monitor.dispose()
        met = wanderers.met
    print(f"{given.viewers} viewers, {BROWSERS} of them in Chromium, {given.minutes:g} minutes")
    print(
        f"{moved} events, {moved / course.times[-1]:.0f}/s; {browsers.steps} steps in Chromium,"
        f" {browsers.clicked_again} lists clicked again"
    )
    print("viewers of the protocol:", json.dumps(asdict(replace(met, problems=[]))))
    problems = [*met.problems, *browsers.problems]
    sys.exit(not _verdict(course, seconds, problems, shown_errors, server))


def _database(stack: ExitStack, home: Path) -> tuple[str, Path]:
    home.chmod(0o755)
    for name in ("pg", "assets"):
        (home / name).mkdir(mode=0o755)
    postgres = stack.enter_context(served(EmbeddedPostgres(home / "pg", {"max_connections": "100"})))
    return postgres.create_database("soak"), home / "assets"


def _watch(server: AppServer, monitor: Engine, browsers: Browsers, seconds: float) -> Course:
    """Let the browsers wander until the time is over; a thread takes the measures meanwhile."""
    course, over, until = Course(), threading.Event(), time.monotonic() + seconds
    measuring = threading.Thread(target=_measure, args=(server.process.pid, monitor, course, over))
    measuring.start()
    try:
        while time.monotonic() < until:
            browsers.step(STEP_S)
    finally:
        over.set()
        measuring.join()
    return course


def _measure(pid: int, monitor: Engine, course: Course, over: threading.Event) -> None:
    began = time.monotonic()
    while not over.wait(SAMPLE_S):
        with monitor.connect() as connection:
            course.connections.append(int(connection.scalar(_CONNECTIONS) or 0))
        course.times.append(time.monotonic() - began)
        course.memory.append(_resident_mb(pid))
        if len(course.times) % SAMPLES_A_LINE == 0:
            print(
                f"{course.times[-1]:5.0f} s  {course.memory[-1]:.0f} MB  {course.connections[-1]} connections"
            )


def _verdict(
    course: Course, seconds: float, problems: list[str], shown_errors: float, server: AppServer
) -> bool:
    span = max(seconds / 30, 5 * SAMPLE_S)
    early, late = course.memory_at(seconds / 6, span), course.memory_at(course.times[-1], span)
    growth = late / early - 1
    traces = server.log_text().count("Traceback")
    print(f"memory {early:.0f} MB after {seconds / 360:.1f} min, {late:.0f} MB at the end: {growth:+.1%}")
    print(f"connections: at most {max(course.connections)}, bound {CONNECTIONS}")
    print(f"errors shown: {shown_errors:.0f}; traces in the log: {traces}; problems met: {len(problems)}")
    for problem in problems[:20]:
        print("  ", problem)
    return not (
        problems or shown_errors or traces or growth >= GROWTH or max(course.connections) > CONNECTIONS
    )


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def _errors_shown(server: AppServer) -> float:
    """Errors that viewers were shown, as the server counts them."""
    lines = httpx.get(f"{server.url}/metrics", timeout=30).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("feedly_dashboard_errors_total"))


if __name__ == "__main__":
    main()
