"""The published figures: ``make bench`` (whole), ``make bench-quick`` (30,000 jobs).

Makes databases of each size once and keeps them in ``--home``; asks every question of the pages, and does
what the old tool did beside it, on the socket and with a network's latency. Writes ``results.json`` and
``RESULTS.md``. Ends in bounded time: every question has its seconds, and a stop ends the server too.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.comparisons import creations, reports
from benchmarks.ending import ending_within
from benchmarks.figures import Figure, keep, machine
from benchmarks.grown import grown
from benchmarks.measuring import Link, answered, linked
from benchmarks.page_questions import PAGES, PageQuestion, World, world
from benchmarks.results_page import write_page
from dashboard.server.heap import collect_rarely

SIZES = (1_000, 30_000, 300_000)
LATENCIES_MS = (1.0, 5.0)
FILLED_WITHIN_S = {"write": 300, "read model": 300}
SECONDS, SECONDS_AFAR = 6.0, 1.0
"""Of one question: on the socket, and over the network."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "feedlyai-benchmark")
    parser.add_argument("--only", default="", help="questions whose name contains this")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of one question at most")
    parser.add_argument("--within", type=float, default=7_200, help="seconds until it ends, done or not")
    given = parser.parse_args()
    began = time.monotonic()
    found: list[Figure] = []
    with ending_within(given.within):
        try:
            for figure in _figures(given.home, given.sizes, given.only, given.seconds):
                found.append(figure)
                print(_line(figure), flush=True)
        finally:
            write_page(keep(found))
    print(f"{len(found)} figures in {time.monotonic() - began:.0f} s")


def _figures(home: Path, sizes: list[int], only: str, seconds: float) -> Iterator[Figure]:
    for jobs in sizes:
        with grown(home, jobs) as (url, took):
            for latency in (None, *LATENCIES_MS):
                with linked(url, latency) as link:
                    if latency is None and not only:
                        yield from _filled(took, jobs, link.postgres)
                    yield from _asked(link, jobs, only, seconds if latency is None else SECONDS_AFAR)
                    if not only or only in "report refresh":
                        yield from reports(link, url, jobs)
    if not only or only in "create":
        for latency in (None, *LATENCIES_MS):
            yield from creations(latency)


def _filled(took: dict[str, float], jobs: int, postgres: str) -> Iterator[Figure]:
    """How long filling took when this database was made."""
    for part, seconds in took.items():
        budget = FILLED_WITHIN_S.get(part) if jobs <= 300_000 else None
        ms = 1000 * seconds
        yield Figure(
            f"filling: {part}",
            jobs,
            0,
            ms,
            ms,
            0,
            None,
            None if budget is None else 1000 * budget,
            None if budget is None else seconds <= budget,
            machine(postgres),
            ms,
        )


def _asked(link: Link, jobs: int, only: str, seconds: float) -> Iterator[Figure]:
    there = world(link.engine)
    collect_rarely()  # as the server does before its first request
    asked = [one for one in PAGES if only in one.name and (one.sent or not link.latency_ms)]
    # Right after PostgreSQL's start their slow answers read the disk: the budget is for a database in use,
    # which is asked again, for other rows.
    for question in [question for question in asked if question.varied and not link.latency_ms]:
        started = replace(question, name=f"{question.name}: just started", budget_ms=None)
        yield _page(link, there, started, jobs, seconds)
    for question in asked:
        yield _page(link, there, question, jobs, seconds)


def _page(link: Link, there: World, question: PageQuestion, jobs: int, seconds: float) -> Figure:
    return answered(
        link,
        question.name,
        jobs,
        lambda connection: question.ask(there, connection, datetime.now(UTC)),
        budget_ms=None if link.latency_ms else question.budget_at(jobs),
        rounds=question.rounds,
        seconds=seconds,
    )


def _line(one: Figure) -> str:
    ratio = "" if one.ratio_to_old_tool is None else f"  {one.ratio_to_old_tool:.2f} of the old tool's"
    missed = "  MISSED" if one.within_budget is False else ""
    return (
        f"{one.jobs:9,} jobs  +{one.latency_ms:g} ms  {one.question:34} p50 {one.p50_ms:8.1f}"
        f"  p95 {one.p95_ms:8.1f}  {one.statements} statements{ratio}{missed}"
    )


if __name__ == "__main__":
    main()
