"""Two runs, decided: what the page promises, found at the promised rate."""

from __future__ import annotations

import time

import numpy as np
import pytest

from feedly_core.statistics.comparison import WORTH_FINDING, Decision, RunComparison, compare_runs
from feedly_core.statistics.estimate import POWER
from feedly_core.statistics.proportions import required_pairs
from tests.unit.statistics.simulated import Simulation

CHANGE = (0, -1, 1, 0)
"""What each cell (neither passes, before only, after only, both) adds to the difference."""
BETTER = Simulation((0.1, 0.05, 0.15, 0.7))
SAME = Simulation((0.1, 0.1, 0.1, 0.7))
SMALL = Simulation((0.05, 0.02, 0.02, 0.91))


def compared(truth: Simulation, jobs: int, seed: int, resamples: int = 2_000) -> RunComparison:
    job, cell = truth.draw(np.random.default_rng(seed), jobs)
    return compare_runs(job, np.isin(cell, (1, 3)), np.isin(cell, (2, 3)), {}, seed=seed, resamples=resamples)


def decisions(truth: Simulation, jobs: int, runs: int, resamples: int) -> list[Decision]:
    return [compared(truth, jobs, seed, resamples).decision for seed in range(runs)]


def planned_jobs() -> int:
    jobs = required_pairs(0.1, BETTER.spread(CHANGE))
    assert jobs is not None
    return jobs


def test_a_sample_of_known_differences_is_found_at_the_promised_power() -> None:
    found = decisions(BETTER, planned_jobs(), 300, 500)
    assert found.count(Decision.BETTER) / 300 == pytest.approx(POWER, abs=0.07)
    assert Decision.WORSE not in found


def test_a_sample_without_difference_is_not_decided() -> None:
    found = decisions(SAME, 60, 300, 500)
    assert found.count(Decision.NOT_DECIDED) / 300 == pytest.approx(0.95, abs=0.04)


@pytest.mark.slow
def test_a_known_difference_is_found_at_the_promised_power() -> None:
    share = decisions(BETTER, planned_jobs(), 2_000, 2_000).count(Decision.BETTER) / 2_000
    print(f"found {share:.4f} at {planned_jobs()} orders, promised {POWER}")  # noqa: T201
    assert share == pytest.approx(POWER, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("truth", "jobs"), [(SAME, 60), (SAME, 200), (SMALL, 200)], ids=["60", "200", "rare"]
)
def test_no_difference_is_not_decided(truth: Simulation, jobs: int) -> None:
    share = decisions(truth, jobs, 2_000, 2_000).count(Decision.NOT_DECIDED) / 2_000
    print(f"not decided {share:.4f} at {jobs} orders")  # noqa: T201
    assert share == pytest.approx(0.95, abs=0.02)


def test_worse_is_better_the_other_way_round() -> None:
    job, cell = BETTER.draw(np.random.default_rng(1), 400)
    before, after = np.isin(cell, (1, 3)), np.isin(cell, (2, 3))
    forth, back = compare_runs(job, before, after, {}), compare_runs(job, after, before, {})
    assert (forth.decision, back.decision) == (Decision.BETTER, Decision.WORSE)
    assert (forth.more, back.more) == (None, None)
    assert forth.rates.difference.value == -(back.rates.difference.value or 0)


def test_an_undecided_comparison_plans_the_orders_that_decide_it() -> None:
    found = next(
        one
        for one in (compared(BETTER, 40, seed) for seed in range(20))
        if one.decision is Decision.NOT_DECIDED
    )
    assert found.more is not None
    assert found.rates.difference.value is not None
    assert abs(found.more.difference) == max(abs(found.rates.difference.value), WORTH_FINDING)
    assert required_pairs(found.more.difference, found.rates.spread) == pytest.approx(
        40 + found.more.orders, rel=0.3
    )


def test_fewer_orders_are_planned_for_a_larger_difference() -> None:
    job, before = np.repeat(np.arange(60), 3), np.arange(180) % 7 > 0
    plans = [compare_runs(job, before, before, {}, worth_finding=worth).more for worth in (0.02, 0.05, 0.2)]
    orders = [plan.orders for plan in plans if plan]
    assert orders == sorted(orders, reverse=True)
    assert orders[0] > orders[2] > 0


@pytest.mark.parametrize("jobs", [0, 1, 3])
def test_hardly_any_order_decides_nothing(jobs: int) -> None:
    job = np.repeat(np.arange(jobs), 3)
    found = compare_runs(job, np.zeros(3 * jobs), np.ones(3 * jobs), {})
    assert found.decision is Decision.NOT_DECIDED
    assert (found.more is None) == (jobs == 0)


def test_scores_are_compared_by_pair_and_corrected_together() -> None:
    rng = np.random.default_rng(3)
    job = np.repeat(np.arange(100), 3)
    before = rng.normal(size=300)
    scores = {
        "up": (before, before + rng.normal(0.3, 0.5, 300)),
        "noise": (before, before + rng.normal(0, 0.5, 300)),
        "still": (before, before),
    }
    up, noise, still = compare_runs(job, before > 0, before > 0, scores).scores
    assert up.p_value is not None
    assert noise.p_value is not None
    assert up.p_value == 2 * (up.median.p_value or 0) < 0.001
    assert noise.p_value > 0.05
    assert still.p_value is None


@pytest.mark.timed
def test_a_comparison_of_3000_jobs_a_side_takes_150_ms() -> None:
    job, cell = BETTER.draw(np.random.default_rng(1), 3_000)
    before, after = np.isin(cell, (1, 3)), np.isin(cell, (2, 3))
    keys = np.array([f"{one:032x}" for one in job])
    values = np.random.default_rng(2).normal(size=(8, 2, len(job)))
    took = []
    for _ in range(3):
        start = time.perf_counter()
        compare_runs(
            keys, before, after, {str(name): (one, other) for name, (one, other) in enumerate(values)}
        )
        took.append(time.perf_counter() - start)
    print(f"{min(took) * 1_000:.0f} ms")  # noqa: T201
    assert min(took) <= 0.15
