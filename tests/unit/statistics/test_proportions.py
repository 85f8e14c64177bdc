"""Closed forms against SciPy and published examples."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedly_core.statistics.estimate import MIN_JOBS, Estimate, Interval, NoInterval
from feedly_core.statistics.multiplicity import holm
from feedly_core.statistics.proportions import (
    mcnemar_exact,
    more_jobs_for,
    power_of_pairs,
    required_pairs,
    square_and_add,
    wilson,
)
from feedly_core.statistics.quantiles import percentile_levels, student_quantile, student_to_normal
from tests import references


@settings(max_examples=40)
@given(st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_that_of_scipy(trials: tuple[int, int]) -> None:
    found = wilson(*trials)
    wanted = references.stats.binomtest(*trials).proportion_ci(method="wilson")
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((wanted.low, wanted.high), abs=1e-6)


def test_no_trial_has_no_interval_and_impossible_counts_are_refused() -> None:
    assert wilson(0, 0).no_interval is NoInterval.NO_DATA
    with pytest.raises(ValueError, match="3 successes in 2 trials"):
        wilson(3, 2)


def test_difference_of_shares_is_newcombes_example() -> None:
    """Newcombe 1998, table II (a): 56/70 − 48/80, method 10."""
    found = square_and_add(wilson(48, 80), wilson(56, 70), n=150, jobs=150).interval
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


@settings(max_examples=60)
@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_is_the_exact_binomial_test(only_before: int, only_after: int) -> None:
    n = only_before + only_after
    wanted = references.stats.binomtest(only_before, n).pvalue if n else 1.0
    assert mcnemar_exact(only_before, only_after).p_value == pytest.approx(wanted, rel=1e-6, abs=1e-12)


def test_mcnemar_holds_for_very_many_pairs() -> None:
    wanted = references.stats.binomtest(149_000, 300_000).pvalue
    assert mcnemar_exact(149_000, 151_000).p_value == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(("only_after", "only_before", "pairs"), [(0.45, 0.05, 23), (0.30, 0.15, 155)])
def test_required_pairs_are_those_of_connor(only_after: float, only_before: float, pairs: int) -> None:
    assert required_pairs(only_after - only_before, only_after + only_before) == pairs


@given(st.floats(0.02, 0.4), st.floats(0.0, 0.5), st.floats(0.5, 0.95))
def test_required_pairs_reach_the_power_and_one_less_does_not(
    difference: float, back: float, power: float
) -> None:
    spread = difference + 2 * back
    pairs = required_pairs(difference, spread, power=power)
    assert pairs is not None
    assert power_of_pairs(pairs, difference, spread) >= power - 1e-6
    far_side = references.stats.norm.cdf(-difference * math.sqrt(pairs) - 1)
    assert pairs < 5 or power_of_pairs(pairs - 1, difference, spread) < power + far_side + 1e-6


@pytest.mark.parametrize("impossible", [(0.0, 0.1), (0.5, 0.1), (math.nan, 0.1), (0.1, math.inf)])
def test_no_number_of_pairs_shows_what_is_not_there(impossible: tuple[float, float]) -> None:
    assert required_pairs(*impossible) is None


def test_four_times_the_jobs_halve_an_interval() -> None:
    known = Estimate(0.5, Interval(0.4, 0.6), None, 50, 50)
    assert more_jobs_for(known, 0.05) == 150
    assert more_jobs_for(known, 0.2) == 0
    assert more_jobs_for(Estimate.without(NoInterval.TOO_FEW_JOBS, n=2, jobs=2), 0.05) == MIN_JOBS - 2
    assert more_jobs_for(Estimate.without(NoInterval.ONE_CLASS, n=90, jobs=90), 0.05) is None


@pytest.mark.parametrize("degrees", [5, 10, 30, 199, 5_000])
def test_students_t_is_near_that_of_scipy(degrees: int) -> None:
    t = student_quantile(degrees)
    assert t == pytest.approx(references.stats.t.ppf(0.975, degrees), rel=3e-3)
    assert student_to_normal(t, degrees) == pytest.approx(references.stats.norm.ppf(0.975), abs=1e-9)


@pytest.mark.parametrize("jobs", [6, 10, 30, 200])
def test_few_jobs_have_wider_percentiles(jobs: int) -> None:
    """Hesterberg (2015): the normal tail of Student's t, times √(n / (n − 1))."""
    low, high = percentile_levels(jobs)
    wanted = references.stats.norm.cdf(references.stats.t.ppf(0.025, jobs - 1) * math.sqrt(jobs / (jobs - 1)))
    assert low == pytest.approx(wanted, rel=0.05)
    assert high == 1 - low


def test_holm_is_the_textbooks() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


@given(st.lists(st.one_of(st.none(), st.just(math.nan), st.floats(0, 1)), max_size=12))
def test_holm_rejects_what_stepping_down_rejects(p_values: list[float | None]) -> None:
    known = sorted(p for p in p_values if p is not None and not math.isnan(p))
    rejected = 0
    while rejected < len(known) and known[rejected] * (len(known) - rejected) <= 0.05:
        rejected += 1
    adjusted = holm(p_values)
    assert sum(p is not None and p <= 0.05 for p in adjusted) == rejected
    assert [p is None for p in adjusted] == [p is None or math.isnan(p) for p in p_values]
