"""Pass rate, its difference and median difference, against slow references."""

from __future__ import annotations

import numpy as np
import pytest

from feedly_core.statistics.clustered import paired_median, paired_rates, pass_rate
from feedly_core.statistics.clusters import resampled_sums
from feedly_core.statistics.estimate import NoInterval
from tests import references
from tests.unit.statistics.simulated import Simulation, assert_alike, reference_interval

PAIRS = Simulation((0.1, 0.05, 0.15, 0.7))
"""Cells of (passes before, passes after): neither, before only, after only, both."""


def pairs(jobs: int, seed: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    job, cell = PAIRS.draw(np.random.default_rng(seed), jobs)
    return job, np.isin(cell, (1, 3)).astype(float), np.isin(cell, (2, 3)).astype(float)


def test_pass_rate_of_single_variants_is_wilsons_with_students_t() -> None:
    """Wilson's ends are where the share is t standard errors away; the variance knows n − 1."""
    found = pass_rate(np.arange(400), np.arange(400) % 5 > 0)
    assert found.interval is not None
    for end in (found.interval.low, found.interval.high):
        errors = abs(0.8 - end) / np.sqrt(end * (1 - end) / 399)
        assert errors == pytest.approx(references.stats.t.ppf(0.975, 399), rel=1e-4)


def test_variants_that_always_agree_count_as_one_per_job() -> None:
    passed = np.arange(100) % 4 > 0
    single = pass_rate(np.arange(100), passed)
    tripled = pass_rate(np.repeat(np.arange(100), 3), np.repeat(passed, 3))
    assert single.interval is not None
    assert tripled.interval is not None
    assert tripled.interval.low == pytest.approx(single.interval.low, abs=1e-3)
    assert (single.n, tripled.n, tripled.jobs) == (100, 300, 100)


def test_fifty_jobs_that_all_pass_still_leave_room() -> None:
    found = pass_rate(np.repeat(np.arange(50), 3), np.ones(150))
    assert found.value == 1.0
    assert found.interval is not None
    assert 0.9 < found.interval.low < 0.95
    assert found.interval.high == 1.0


def test_difference_of_pass_rates_is_the_slow_bootstraps() -> None:
    job, before, after = pairs(120)
    found = paired_rates(job, before, after)
    wanted = reference_interval(job, (before, after), lambda one, other: other.mean() - one.mean())
    assert found.difference.value == pytest.approx(after.mean() - before.mean())
    assert_alike(found.difference.interval, wanted)


def test_jobs_of_different_sizes_weigh_by_their_pictures() -> None:
    job, before, after = pairs(150)
    kept = np.random.default_rng(1).random(len(job)) < 0.6
    job, before, after = job[kept], before[kept], after[kept]
    found = paired_rates(job, before, after)
    wanted = reference_interval(job, (before, after), lambda one, other: other.mean() - one.mean())
    assert found.difference.value == pytest.approx(after.mean() - before.mean())
    assert_alike(found.difference.interval, wanted)


@pytest.mark.parametrize("jobs", [300, 2_500])
def test_jobs_that_all_differ_are_resampled_with_the_right_spread(jobs: int) -> None:
    rng = np.random.default_rng(2)
    whole = rng.uniform(1, 3, jobs)
    part = whole * rng.normal(0.5, 0.1, jobs)
    drawn = resampled_sums(np.stack([part, whole], axis=1))
    ratios, share = drawn[:, 0] / drawn[:, 1], part.sum() / whole.sum()
    wanted = np.sqrt(((part - share * whole) ** 2).sum()) / whole.sum()
    assert ratios.mean() == pytest.approx(share, abs=3 * wanted / np.sqrt(len(ratios)))
    assert ratios.std() == pytest.approx(wanted, rel=0.1)


def test_a_missing_side_leaves_the_pair_out() -> None:
    job, before, after = pairs(40)
    wanted = paired_rates(job[3:], before[3:], after[3:])
    before[:2], after[2] = np.nan, np.inf
    found = paired_rates(job, before, after)
    assert found == wanted


def test_mcnemar_counts_jobs_by_half_of_their_pairs() -> None:
    job = [1, 1, 1, 1, 2, 2, 2, 3, 4]
    before = [1, 1, 0, 0, 1, 0, 0, 1, 0]
    after = [0, 0, 0, 1, 1, 1, 0, 1, 1]
    found = paired_rates(job, before, after).mcnemar
    assert (found.only_before, found.only_after) == (1, 2)
    assert found.p_value == pytest.approx(references.stats.binomtest(1, 3).pvalue)


def test_every_job_moved_alike_is_still_an_answer() -> None:
    job = np.repeat(np.arange(50), 3)
    same = paired_rates(job, np.ones(150), np.ones(150)).difference
    turned = paired_rates(job, np.zeros(150), np.ones(150)).difference
    assert same.interval is not None
    assert turned.interval is not None
    assert same.interval.low == -same.interval.high
    assert 0.05 < same.interval.high < 0.1
    assert 0.85 < turned.interval.low < 0.95
    assert turned.interval.high == 1.0


@pytest.mark.parametrize(("jobs", "reason"), [(0, NoInterval.NO_DATA), (1, NoInterval.TOO_FEW_JOBS)])
def test_no_job_and_one_job_say_why(jobs: int, reason: NoInterval) -> None:
    job, before, after = np.zeros(3 * jobs), np.arange(3 * jobs) % 2, np.ones(3 * jobs)
    assert pass_rate(job, before).no_interval is reason
    assert paired_rates(job, before, after).difference.no_interval is reason
    assert paired_median(job, before, after).difference.no_interval is reason


@pytest.mark.parametrize("alike", [0.0, 1.0])
def test_median_difference_is_the_slow_bootstraps(alike: float) -> None:
    rng = np.random.default_rng(3)
    job = np.repeat(np.arange(400), 3)
    shift = alike * np.repeat(rng.normal(size=400), 3) + rng.normal(0.1, 0.3, 1_200)
    before = rng.normal(size=1_200)
    found = paired_median(job, before, before + shift)
    wanted = reference_interval(job, (shift,), lambda moved: float(np.median(moved)))
    assert found.difference.value == pytest.approx(np.median(shift))
    assert_alike(found.difference.interval, wanted, 0.15)
    assert (found.rose, found.fell) == ((shift > 0).sum(), (shift < 0).sum())


def test_sign_test_of_single_pairs_is_scipys() -> None:
    moved = np.random.default_rng(4).normal(0.2, 1, 90)
    moved[:10] = 0
    found = paired_median(np.arange(90), np.zeros(90), moved)
    rose = int((moved > 0).sum())
    assert found.p_value == pytest.approx(references.stats.binomtest(rose, 80).pvalue, rel=1e-6)


def test_a_score_that_never_moves_has_no_interval_and_no_test() -> None:
    found = paired_median(np.arange(30), np.ones(30), np.ones(30))
    assert (found.difference.value, found.difference.no_interval) == (0.0, NoInterval.NO_VARIATION)
    assert found.p_value is None


def test_the_seed_decides_the_resamples() -> None:
    rows = np.random.default_rng(6).normal(size=(300, 2))
    for kinds in (rows, np.round(rows)):
        one, again, other = (resampled_sums(kinds, seed=seed) for seed in (1, 1, 2))
        assert np.array_equal(one, again)
        assert not np.array_equal(one, other)
