"""Published figures: what was measured, kept as JSON and held against the last accepted ratios."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from math import log
from pathlib import Path
from statistics import quantiles

import psutil

HERE = Path(__file__).parent
RESULTS, ACCEPTED = HERE / "results.json", HERE / "accepted.json"
WORSE_BY = 1.25
"""A ratio within one run moves by less on the same code."""


@dataclass(frozen=True)
class Figure:
    """One question at one size of the database and one latency of the network.

    ``latency_ms`` is added each way. ``cpu_ms`` is computed on the average, here and in the server: a loaded
    machine delays it and hardly raises it. ``rows`` are scanned by the dearest statement, ``bytes`` received,
    in so many ``requests`` where a browser asked. ``memory``: by so many bytes a process grew.
    ``ratio_to_old_tool``: our median by the old tool's, measured in turns; None where it could not ask that.
    """

    question: str
    jobs: int
    latency_ms: float
    p50_ms: float
    p95_ms: float
    statements: int
    ratio_to_old_tool: float | None
    budget_ms: float | None
    within_budget: bool | None
    machine: str
    slowest_ms: float = 0.0
    cpu_ms: float | None = None
    rows: int | None = None
    bytes: int | None = None
    memory: int | None = None
    requests: int | None = None

    @property
    def key(self) -> tuple[str, int, float]:
        return self.question, self.jobs, self.latency_ms

    @property
    def name(self) -> str:
        """The key as text, for the accepted ratios."""
        return f"{self.question} | {self.jobs} | {self.latency_ms:g}"


def spread(times: Iterable[float]) -> tuple[float, float, float]:
    """Median, slowest twentieth and slowest, rounded to what a clock can tell."""
    found = sorted(times)
    steps = quantiles(found, n=20, method="inclusive") if len(found) > 1 else found * 19
    return round(steps[9], 2), round(steps[18], 2), round(found[-1], 2)


def machine(postgres: str = "") -> str:
    """Where it was measured; a load above the number of cores makes every time a worse one.

    ``postgres``: the server's version, where the measurement asks one.
    """
    load, memory = os.getloadavg()[0], psutil.virtual_memory().total / 2**30
    here = f"{os.cpu_count()} cores, {memory:.0f} GB, load {load:.1f}, Python {platform.python_version()}"
    return f"{here}, PostgreSQL {postgres}" if postgres else here


def measured_on(figure: Figure, postgres: str) -> Figure:
    """The figure of a measurement that did not know its database's version."""
    return replace(figure, machine=f"{figure.machine}, PostgreSQL {postgres}")


def read(path: Path = RESULTS) -> list[Figure]:
    """No figure where nothing was measured yet."""
    return [Figure(**one) for one in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def keep(new: Iterable[Figure], path: Path = RESULTS) -> list[Figure]:
    """Write new figures beside those that were not measured again. Returns all of them."""
    held = {figure.key: figure for figure in read(path)} | {figure.key: figure for figure in new}
    found = sorted(held.values(), key=lambda figure: (figure.latency_ms, figure.jobs))
    path.write_text(
        json.dumps([asdict(figure) for figure in found], ensure_ascii=False, indent=1) + "\n",
        encoding="utf-8",
    )
    return found


def ratios(figures: Iterable[Figure]) -> dict[str, float]:
    """Every ratio to the old tool, by name."""
    return {one.name: one.ratio_to_old_tool for one in figures if one.ratio_to_old_tool is not None}


def worse(measured: Mapping[str, float], accepted: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Ratios that rose beyond what was accepted, as (accepted, measured)."""
    return {
        name: (accepted[name], ratio)
        for name, ratio in measured.items()
        if name in accepted and ratio > accepted[name] * WORSE_BY
    }


def growth(figures: Iterable[Figure], question: str) -> float | None:
    """Exponent of growth from the smallest to the largest size: 0 is flat, 1 as the number of jobs."""
    found = {one.jobs: one.p50_ms for one in figures if one.question == question and not one.latency_ms}
    if len(found) < 2:
        return None
    small, large = min(found), max(found)
    return log(max(found[large], 0.1) / max(found[small], 0.1)) / log(large / small)
