"""The noise floor against a published example and a slow reference."""

from __future__ import annotations

import numpy as np
import pytest

from feedly_core.statistics.estimate import NoInterval
from feedly_core.statistics.noise import noise_floor
from tests.unit.statistics.simulated import assert_alike, reference_interval

FIRST = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
SECOND = [490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421]


def limit_by_hand(repeated: np.ndarray, score: np.ndarray) -> float:
    groups = [score[repeated == one] for one in np.unique(repeated)]
    squares = sum(((group - group.mean()) ** 2).sum() for group in groups)
    return float(1.959964 * np.sqrt(2 * squares / sum(len(group) - 1 for group in groups)))


def test_floor_is_the_repeatability_of_bland_and_altman() -> None:
    """Peak flow of 17 people, twice each (Lancet 1986): standard deviation within a person 15.3."""
    rater = np.tile(np.arange(17), 2)
    found = noise_floor(rater, rater, FIRST + SECOND)
    assert found.value is not None
    assert found.value / (1.959964 * np.sqrt(2)) == pytest.approx(15.3, abs=0.05)
    assert (found.n, found.jobs) == (34, 17)


def test_floor_over_orders_is_the_slow_bootstraps() -> None:
    rng = np.random.default_rng(14)
    order, slot = np.repeat(np.arange(60), 6), np.tile([0, 0, 1, 1, 2, 2], 60)
    score = rng.normal(0, np.repeat(rng.uniform(0.01, 0.1, 60), 6))
    score[::12] = np.nan
    found = noise_floor(order, 3 * order + slot, score)
    groups = (3 * order + slot).astype(float)
    again = ~np.isnan(score) & (np.bincount(groups.astype(int), ~np.isnan(score))[groups.astype(int)] > 1)
    deviation = score - np.array([np.nanmean(score[groups == one]) for one in groups])

    def limit(squares: np.ndarray, freedom: np.ndarray) -> float:
        return float(1.959964 * np.sqrt(2 * squares.sum() / freedom.sum()))

    wanted = reference_interval(order[again], (deviation[again] ** 2, np.full(again.sum(), 0.5)), limit)
    assert found.value == pytest.approx(limit_by_hand(groups[again], score[again]), abs=1e-6)
    assert_alike(found.interval, wanted)


def test_two_repeats_differ_by_more_in_one_of_twenty() -> None:
    rng = np.random.default_rng(15)
    order = np.tile(np.arange(2_000), 2)
    score = rng.normal(0, 0.03, 4_000)
    found = noise_floor(order, order, score).value or 0.0
    assert (np.abs(score[:2_000] - score[2_000:]) > found).mean() == pytest.approx(0.05, abs=0.01)


def test_orders_that_ran_once_or_repeat_exactly_have_no_interval() -> None:
    once = noise_floor(np.arange(30), np.arange(30), np.arange(30) / 30)
    assert (once.value, once.no_interval, once.n) == (None, NoInterval.NO_DATA, 0)
    order = np.tile(np.arange(30), 2)
    exact = noise_floor(order, order, order / 7)
    assert exact.value == pytest.approx(0, abs=1e-12)
    assert exact.no_interval is NoInterval.NO_VARIATION
