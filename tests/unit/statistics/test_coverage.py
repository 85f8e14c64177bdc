"""How often the 95 % intervals hold the truth, at 200 jobs whose three variants agree."""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import pytest

from feedly_core.statistics.agreement import judge_agreement
from feedly_core.statistics.clustered import paired_median, paired_rates, pass_rate
from feedly_core.statistics.estimate import Estimate
from feedly_core.statistics.reliability import krippendorff_alpha
from tests.unit.statistics.simulated import VARIANTS, Simulation

JOBS = 200
TABLE = Simulation((0.55, 0.1, 0.15, 0.2))
"""Cells of two flags (first, second): neither, second only, first only, both."""

Column = np.ndarray
Figure = Callable[[Column, Column, Column, int], Estimate]


def rate(job: Column, first: Column, second: Column, seed: int) -> Estimate:
    return pass_rate(job, first)


def difference(job: Column, first: Column, second: Column, seed: int) -> Estimate:
    return paired_rates(job, first, second, seed=seed).difference


def median(job: Column, first: Column, second: Column, seed: int) -> Estimate:
    """A score that moves up or down as the first flag says, by as much in each variant of a job."""
    noise = np.repeat(np.random.default_rng(seed).normal(0, 1, JOBS), VARIANTS)
    return paired_median(job, np.zeros(len(job)), np.where(first, 1.0, -1.0) * np.abs(noise)).difference


def recall(job: Column, first: Column, second: Column, seed: int) -> Estimate:
    return judge_agreement(job, second, first, seed=seed).recall


def f1(job: Column, first: Column, second: Column, seed: int) -> Estimate:
    return judge_agreement(job, second, first, seed=seed).f1


def kappa(job: Column, first: Column, second: Column, seed: int) -> Estimate:
    return judge_agreement(job, second, first, seed=seed).kappa


def alpha(job: Column, first: Column, second: Column, seed: int) -> Estimate:
    picture = np.tile(np.arange(len(job)), 2)
    return krippendorff_alpha(np.tile(job, 2), picture, np.append(first, second), seed=seed)


_CHANCE = 0.35 * 0.3 + 0.65 * 0.7
TRUTHS: dict[str, tuple[Figure, float]] = {
    "pass rate": (rate, 0.35),
    "difference": (difference, -0.05),
    "median": (median, NormalDist().inv_cdf(0.5 / 1.3)),  # Half lies below x where 0.65 · 2Φ(x) = ½.
    "recall": (recall, 0.2 / 0.35),
    "f1": (f1, 2 * 0.2 / (0.35 + 0.3)),
    "kappa": (kappa, (0.75 - _CHANCE) / (1 - _CHANCE)),
    "alpha": (alpha, 1 - 0.25 / (2 * 0.325 * 0.675)),  # Disagreement, seen and by chance.
}


def coverage(name: str, runs: int, *, clustered: bool = True) -> float:
    figure, truth = TRUTHS[name]
    held = 0
    for seed in range(runs):
        job, cell = TABLE.draw(np.random.default_rng(seed), JOBS)
        unit = job if clustered else np.arange(len(job))
        interval = figure(unit, cell // 2, cell % 2, seed).interval
        held += interval is not None and interval.holds(truth)
    return held / runs


@pytest.mark.parametrize("name", ["pass rate", "difference", "median", "kappa"])
def test_a_sample_of_intervals_holds_the_truth(name: str) -> None:
    assert coverage(name, 120) == pytest.approx(0.95, abs=0.05)


def test_a_sample_of_unclustered_intervals_falls_short() -> None:
    assert coverage("pass rate", 150, clustered=False) < 0.85


@pytest.mark.slow
@pytest.mark.parametrize("name", TRUTHS)
def test_intervals_hold_the_truth_in_95_percent_and_unclustered_ones_do_not(name: str) -> None:
    clustered, unclustered = coverage(name, 2_000), coverage(name, 2_000, clustered=False)
    print(f"{name}: {clustered:.4f} clustered, {unclustered:.4f} unclustered")  # noqa: T201
    assert clustered == pytest.approx(0.95, abs=0.02)
    assert unclustered < 0.9
