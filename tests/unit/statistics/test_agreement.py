"""Agreement with people against scikit-learn, and between people against published examples."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from feedly_core.statistics.agreement import cohen_kappa, judge_agreement
from feedly_core.statistics.estimate import NoInterval
from feedly_core.statistics.reliability import krippendorff_alpha, pairwise_kappa
from tests import references
from tests.unit.statistics.simulated import Simulation, assert_alike, reference_interval

nan = np.nan
TABLE = Simulation((0.55, 0.1, 0.15, 0.2))
"""Cells of (truth, claim): neither, claimed only, true only, both."""


def kappa_by_hand(one: np.ndarray, other: np.ndarray) -> float:
    by_chance = sum((one == category).mean() * (other == category).mean() for category in np.unique(one))
    return float(((one == other).mean() - by_chance) / (1 - by_chance))


def judged(jobs: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    job, cell = TABLE.draw(np.random.default_rng(seed), jobs)
    return job, (cell % 2).astype(float), (cell // 2).astype(float)


@pytest.mark.parametrize("seed", range(5))
def test_every_figure_is_that_of_scikit_learn(seed: int) -> None:
    job, claimed, true = judged(30, seed)
    found = judge_agreement(job, claimed, true, resamples=100)
    wanted = {
        "precision": references.metrics.precision_score(true, claimed),
        "recall": references.metrics.recall_score(true, claimed),
        "specificity": references.metrics.recall_score(true, claimed, pos_label=0),
        "accuracy": references.metrics.accuracy_score(true, claimed),
        "f1": references.metrics.f1_score(true, claimed),
        "kappa": references.metrics.cohen_kappa_score(true, claimed),
        "majority": max(true.mean(), 1 - true.mean()),
    }
    assert {name: getattr(found, name).value for name in wanted} == pytest.approx(wanted, abs=1e-9)
    matrix = [found.matrix.true_negative, found.matrix.false_positive]
    matrix += [found.matrix.false_negative, found.matrix.true_positive]
    assert matrix == references.metrics.confusion_matrix(true, claimed).ravel().tolist()
    assert found.matrix.n == len(job)


@pytest.mark.parametrize(
    ("name", "score"),
    [
        ("f1", lambda true, claimed: 2 * (true * claimed).sum() / (true.sum() + claimed.sum())),
        ("kappa", kappa_by_hand),
    ],
)
def test_clustered_intervals_are_the_slow_bootstraps(name: str, score: Callable[..., float]) -> None:
    job, claimed, true = judged(120)
    found = getattr(judge_agreement(job, claimed, true), name)
    assert_alike(found.interval, reference_interval(job, (true, claimed), score), 0.12)


def test_recall_varies_with_the_jobs_that_hold_bad_pictures() -> None:
    job, claimed, true = judged(200)
    found = judge_agreement(job, claimed, true).recall
    wanted = reference_interval(job, (true, claimed), lambda t, c: (t * c).sum() / t.sum())
    assert found.interval is not None
    assert found.n == true.sum()
    assert found.interval.high - found.interval.low == pytest.approx(wanted[1] - wanted[0], rel=0.15)


def test_a_figure_that_divides_by_nothing_says_so() -> None:
    job = np.arange(40)
    nothing_bad = judge_agreement(job, job % 3 == 0, np.zeros(40))
    assert nothing_bad.recall.no_interval is NoInterval.NO_DATA
    assert (nothing_bad.f1.value, nothing_bad.f1.no_interval) == (0.0, NoInterval.NO_VARIATION)
    silent = judge_agreement(job, np.zeros(40), np.zeros(40))
    assert {silent.f1.no_interval, silent.kappa.no_interval} == {NoInterval.UNDEFINED}
    assert silent.accuracy.interval is not None


def test_two_jobs_with_bad_pictures_are_too_few_for_kappa() -> None:
    job = np.arange(100)
    found = judge_agreement(job, job < 2, job < 2).kappa
    assert (found.value, found.no_interval) == (1.0, NoInterval.TOO_FEW_JOBS)


def test_kappa_of_several_categories_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(8)
    one = rng.integers(0, 4, 300)
    other = np.where(rng.random(300) < 0.6, one, rng.integers(0, 4, 300))
    found = cohen_kappa(np.arange(300), one, other)
    assert found.value == pytest.approx(references.metrics.cohen_kappa_score(one, other), abs=1e-9)
    assert_alike(
        found.interval,
        reference_interval(np.arange(300), (one.astype(float), other.astype(float)), kappa_by_hand),
        0.12,
    )


KRIPPENDORFF = {
    0.095: [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]],
    0.692: [[1, 1, 2, 2, 4, 3, 3, 3, 5, 4, 4, 1], [2, 1, 2, 2, 2, 3, 3, 3, 5, 4, 4, 4]],
    0.743: [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
        [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan],
    ],
}
"""By α: the nominal examples of Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011)."""


def alpha_by_pairs(unit: np.ndarray, value: np.ndarray) -> float:
    """α from its definition: disagreement within units over disagreement between any two values."""
    groups = [value[unit == one] for one in np.unique(unit)]
    groups = [group for group in groups if len(group) > 1]
    pool = np.concatenate(groups)
    within = sum((group[:, None] != group).sum() / (len(group) - 1) for group in groups) / len(pool)
    return float(1 - within / ((pool[:, None] != pool).sum() / (len(pool) * (len(pool) - 1))))


@pytest.mark.parametrize("alpha", KRIPPENDORFF)
def test_alpha_is_krippendorffs(alpha: float) -> None:
    grid = np.array(KRIPPENDORFF[alpha], dtype=float)
    unit = np.tile(np.arange(grid.shape[1]), len(grid))
    found = krippendorff_alpha(unit, unit, grid.ravel())
    assert found.value is not None
    assert round(found.value, 3) == alpha
    known = ~np.isnan(grid.ravel())
    assert found.value == pytest.approx(alpha_by_pairs(unit[known], grid.ravel()[known]), abs=1e-9)


def rated(jobs: int) -> tuple[np.ndarray, ...]:
    """Three people, each of whom judges about two of three pictures: job, picture, person, verdict."""
    rng = np.random.default_rng(9)
    job = np.repeat(np.arange(jobs), 3)
    good = np.repeat(rng.random(jobs) < 0.7, 3)
    verdict = np.concatenate([np.where(rng.random(3 * jobs) < 0.8, good, ~good) for _ in range(3)])
    rater = np.repeat(["Kim", "Lee", "Park"], 3 * jobs)
    kept = rng.random(9 * jobs) < 0.7
    return tuple(
        column[kept] for column in (np.tile(job, 3), np.tile(np.arange(3 * jobs), 3), rater, 1.0 * verdict)
    )


def test_alphas_interval_is_the_slow_bootstraps() -> None:
    job, picture, _, verdict = rated(60)
    found = krippendorff_alpha(job, picture, verdict)
    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(250):
        rows = [(np.flatnonzero(job == one), copy) for copy, one in enumerate(rng.choice(60, 60))]
        unit = np.concatenate([picture[row] + 1_000 * copy for row, copy in rows])
        drawn.append(alpha_by_pairs(unit, np.concatenate([verdict[row] for row, _ in rows])))
    low, high = np.quantile(drawn, [0.02, 0.98])
    assert_alike(found.interval, (low, high), 0.15)


def test_pairwise_kappas_are_those_of_scikit_learn_and_their_mean_is_weighed() -> None:
    job, picture, rater, verdict = rated(80)
    found = pairwise_kappa(job, picture, rater, verdict)
    assert [(pair.first, pair.second) for pair in found.pairs] == [
        ("Kim", "Lee"), ("Kim", "Park"), ("Lee", "Park"),
    ]  # fmt: skip
    said = {name: dict(zip(picture[rater == name], verdict[rater == name], strict=True)) for name in rater}
    for pair in found.pairs:
        both = sorted(said[pair.first].keys() & said[pair.second].keys())
        sides = [[said[name][one] for one in both] for name in (pair.first, pair.second)]
        assert pair.kappa.value == pytest.approx(references.metrics.cohen_kappa_score(*sides), abs=1e-9)
        assert pair.kappa.n == len(both)
    weights = [pair.kappa.n for pair in found.pairs]
    values = [pair.kappa.value or 0.0 for pair in found.pairs]
    assert found.mean.value == pytest.approx(np.average(values, weights=weights))
    assert found.mean.interval is not None
    assert all(
        found.mean.interval.high - found.mean.interval.low
        < pair.kappa.interval.high - pair.kappa.interval.low
        for pair in found.pairs
        if pair.kappa.interval
    )


def test_people_without_a_common_picture_are_no_pair() -> None:
    found = pairwise_kappa([1, 2, 3], [1, 2, 3], ["a", "b", "a"], [1, 0, 1])
    assert found.pairs == ()
    assert found.mean.no_interval is NoInterval.NO_DATA


def test_a_pair_without_a_kappa_does_not_weigh_in_the_mean() -> None:
    """Kim and Lee both approve all they share; Lee and Park share other pictures."""
    job = np.arange(60)
    verdict = np.concatenate(
        [np.ones(30), np.ones(30), np.arange(60, 90) % 2, (np.arange(60, 90) + 1) % 4 < 2]
    )
    person = np.repeat(["Kim", "Lee", "Lee", "Park"], 30)
    found = pairwise_kappa(
        np.tile(job, 2), np.concatenate([job[:30], job[:30], job[30:], job[30:]]), person, verdict
    )
    undefined, known = found.pairs
    assert undefined.kappa.no_interval is NoInterval.UNDEFINED
    assert known.kappa.value is not None
    assert found.mean.value == known.kappa.value != 0


def test_more_agreement_is_a_higher_alpha() -> None:
    picture = np.tile(np.arange(300), 2)
    first = np.arange(300) % 2
    alphas = []
    for wrong in (0.4, 0.2, 0.05):
        flips = np.random.default_rng(0).random(300) < wrong
        alphas.append(krippendorff_alpha(picture, picture, np.append(first, first ^ flips)).value or 0.0)
    assert all(lower < higher for lower, higher in pairwise(alphas))
