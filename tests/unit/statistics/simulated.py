"""Runs with known truth, whose variants agree within a job, and a slow reference of every bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feedly_core.statistics.estimate import Interval
from tests import references

Column = NDArray[np.float64]

VARIANTS = 3
ALIKE = 0.7
"""How often a variant is what its job's common draw was; else it is drawn by itself."""


@dataclass(frozen=True)
class Simulation:
    """Draws one cell of a table per variant; ``shares`` are the cells' true shares."""

    shares: tuple[float, ...]
    alike: float = ALIKE

    def draw(self, rng: np.random.Generator, jobs: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The job and the cell of each variant."""
        common = rng.choice(len(self.shares), (jobs, 1), p=self.shares)
        own = rng.choice(len(self.shares), (jobs, VARIANTS), p=self.shares)
        cells = np.where(rng.random((jobs, VARIANTS)) < self.alike, common, own)
        return np.repeat(np.arange(jobs), VARIANTS), cells.ravel()

    def spread(self, change: Sequence[float]) -> float:
        """The mean square of a job's mean ``change`` (per cell), from many jobs."""
        _, cells = self.draw(np.random.default_rng(0), 200_000)
        means = np.asarray(change)[cells].reshape(-1, VARIANTS).mean(axis=1)
        return float(np.mean(means**2))


def reference_interval(
    job: NDArray[np.int64], columns: Sequence[Column], statistic: Callable[..., float], resamples: int = 1_000
) -> tuple[float, float]:
    """The expanded percentile interval, by the book: draw jobs, take their rows, compute again."""
    rng = np.random.default_rng(99)
    names = np.unique(job)
    rows = {name: np.flatnonzero(job == name) for name in names}
    found = []
    for _ in range(resamples):
        picked = np.concatenate([rows[name] for name in rng.choice(names, len(names))])
        found.append(statistic(*(column[picked] for column in columns)))
    n = len(names)
    low = references.stats.norm.cdf(references.stats.t.ppf(0.025, n - 1) * np.sqrt(n / (n - 1)))
    ends = np.nanquantile(found, [low, 1 - low])
    return float(ends[0]), float(ends[1])


def assert_alike(found: Interval | None, wanted: tuple[float, float], share: float = 0.1) -> None:
    """Both ends within ``share`` of the width: four Monte-Carlo errors of 2,000 against 1,000 resamples."""
    assert found is not None
    width = wanted[1] - wanted[0]
    assert abs(found.low - wanted[0]) <= share * width, (found, wanted)
    assert abs(found.high - wanted[1]) <= share * width, (found, wanted)
