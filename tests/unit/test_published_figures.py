"""The published figures: complete, and no worse beside the old tool than was accepted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.ending import STOPPED
from benchmarks.figures import ACCEPTED, RESULTS, Figure, growth, keep, ratios, read, spread, worse
from benchmarks.results_page import PAGE, page

FIGURE = Figure("gallery", 1_000, 0, 10, 20, 3, None, 150, True, "2 cores")
PUBLISHED = (
    *("question", "jobs", "latency_ms", "p50_ms", "p95_ms", "statements", "ratio_to_old_tool"),
    *("budget_ms", "within_budget", "machine"),
)


def accepted() -> dict[str, float]:
    return dict(json.loads(ACCEPTED.read_text(encoding="utf-8")))


def test_the_published_figures_are_complete_and_the_page_shows_them() -> None:
    figures = read()
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert figures and all(set(PUBLISHED) <= row.keys() for row in rows)
    assert PAGE.read_text(encoding="utf-8") == page(figures)


def test_no_ratio_to_the_old_tool_is_worse_than_accepted() -> None:
    measured, known = ratios(read()), accepted()
    assert known, "accept the ratios of a run first"
    assert known.keys() <= measured.keys()
    assert worse(measured, known) == {}


def test_a_ratio_that_rose_is_found() -> None:
    assert worse({"report": 0.6, "new": 3.0}, {"report": 0.4}) == {"report": (0.4, 0.6)}
    assert worse({"report": 0.45}, {"report": 0.4}) == {}


def test_a_new_run_replaces_its_own_figures_only(tmp_path: Path) -> None:
    path, afar = tmp_path / "results.json", replace(FIGURE, latency_ms=1.0)
    keep([FIGURE, afar], path)
    faster = replace(FIGURE, p50_ms=5)
    assert keep([faster], path) == [faster, afar] == read(path)


@pytest.mark.parametrize(("large", "exponent"), [(10.0, 0.0), (100.0, 1.0), (1_000.0, 2.0)])
def test_growth_is_the_exponent_over_the_sizes(large: float, exponent: float) -> None:
    grown = replace(FIGURE, jobs=10_000, p50_ms=large)
    assert growth([FIGURE, grown, replace(grown, latency_ms=5.0)], "gallery") == pytest.approx(exponent)


def test_spread_of_times() -> None:
    assert spread(range(1, 102)) == (51, 96, 101)
    assert spread([7.0]) == (7, 7, 7)


_STUBBORN = """
import time
from benchmarks.ending import ending_within
with ending_within({seconds}, grace_s=0.2):
    print("begun", flush=True)
    while True:
        try:
            time.sleep(60)
        except SystemExit:
            {told}
"""


@pytest.mark.parametrize(("seconds", "told"), [(0.2, "print('stays', flush=True)"), (600, "raise")])
def test_a_benchmark_ends_also_when_its_work_does_not_leave(told: str, seconds: float) -> None:
    program = [sys.executable, "-c", _STUBBORN.format(seconds=seconds, told=told)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as benchmark:
        assert benchmark.stdout is not None and benchmark.stdout.readline() == "begun\n"
        if seconds == 600:
            benchmark.send_signal(signal.SIGTERM)
        assert benchmark.wait(20) == STOPPED
