"""The best limit of a score against brute force, and on jobs that it was not fitted on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedly_core.statistics.agreement import judge_agreement
from feedly_core.statistics.estimate import NoInterval
from feedly_core.statistics.thresholds import Criterion, best_limit, limit_curve
from tests import references
from tests.unit.statistics.simulated import assert_alike, reference_interval

QUALITY = {
    Criterion.ACCURACY: "accuracy_score",
    Criterion.BALANCED_ACCURACY: "balanced_accuracy_score",
    Criterion.F1: "f1_score",
}


def scored(jobs: int, seed: int = 11) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores in steps of 0.05; the lower, the more often people call it bad; jobs share half of it."""
    rng = np.random.default_rng(seed)
    job = np.repeat(np.arange(jobs), 3)
    score = np.clip(0.6 + 0.2 * np.repeat(rng.normal(size=jobs), 3) + 0.1 * rng.normal(size=3 * jobs), 0, 1)
    bad = rng.random(3 * jobs) < 1 / (1 + np.exp(15 * (score - 0.5)))
    return job, np.round(score * 20) / 20, bad.astype(float)


def best_by_hand(score: np.ndarray, bad: np.ndarray) -> float:
    limits = [*np.unique(score), np.nextafter(score.max(), np.inf)]
    return float(limits[int(np.argmax([((score < limit) == bad).sum() for limit in limits]))])


@settings(max_examples=25)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=40), st.booleans())
def test_curve_is_that_of_scikit_learn(rows: list[tuple[bool, int]], higher: bool) -> None:
    bad, score = np.array([row[0] for row in rows]), np.array([row[1] for row in rows], dtype=float)
    curve = limit_curve(score, bad, higher_is_better=higher)
    claimed = [score < limit if higher else score > limit for limit in curve.limits]
    for place, claim in enumerate(claimed):
        wanted = references.metrics.confusion_matrix(bad, claim, labels=[False, True]).ravel().tolist()
        matrix = curve.at(float(curve.limits[place]))
        assert [
            matrix.true_negative,
            matrix.false_positive,
            matrix.false_negative,
            matrix.true_positive,
        ] == wanted
    if bad.any():
        precision, recall, _ = references.metrics.precision_recall_curve(bad, -score if higher else score)
        ours = {
            (round(r, 9), round(p, 9)) for r, p in zip(curve.recall[1:], curve.precision[1:], strict=True)
        }
        theirs = {(round(r, 9), round(p, 9)) for r, p in zip(recall[:-1], precision[:-1], strict=True)}
        assert ours == theirs


def test_a_limit_between_two_scores_claims_what_lies_below_it() -> None:
    curve = limit_curve([0.2, 0.4, 0.6], [1, 0, 1])
    assert curve.at(0.5) == curve.at(0.6)
    assert curve.at(0.5).false_positive == 1
    assert curve.at(-1).true_negative == 1
    assert curve.at(9).true_positive == 2


@pytest.mark.parametrize("criterion", Criterion)
def test_the_best_limit_is_that_of_brute_force(criterion: Criterion) -> None:
    job, score, bad = scored(60)
    found = best_limit(job, score, bad, criterion=criterion, resamples=50).limit.value
    quality = getattr(references.metrics, QUALITY[criterion])
    best = max(quality(bad, score < limit) for limit in [*np.unique(score), 2.0])
    assert found is not None
    assert quality(bad, score < found) == pytest.approx(best)


def test_where_lower_is_better_the_limit_is_mirrored() -> None:
    job, score, bad = scored(60)
    higher, lower = best_limit(job, score, bad), best_limit(job, -score, bad, higher_is_better=False)
    assert lower.limit.value == -(higher.limit.value or 0)
    assert lower.limit.interval is not None
    assert higher.limit.interval is not None
    assert lower.limit.interval.low == pytest.approx(-higher.limit.interval.high)
    assert lower.held_out == higher.held_out


def test_the_limits_interval_is_the_slow_bootstraps() -> None:
    job, score, bad = scored(100)
    found = best_limit(job, score, bad).limit
    wanted = reference_interval(job, (score, bad), best_by_hand, 400)
    assert_alike(found.interval, wanted, 0.26)


def known(found: list[float | None]) -> list[float]:
    values = [value for value in found if value is not None]
    assert len(values) == len(found)
    return values


def test_a_score_that_says_nothing_is_seen_through_on_held_out_jobs() -> None:
    """Fitted and scored on the same verdicts, noise looks useful; on other jobs it is a coin."""
    rng = np.random.default_rng(12)
    inside: list[float | None] = []
    outside: list[float | None] = []
    for seed in range(30):
        job = np.repeat(np.arange(40), 3)
        score, bad = np.repeat(rng.random(40), 3), np.repeat(rng.random(40) < 0.5, 3)
        found = best_limit(job, score, bad, resamples=20, seed=seed)
        inside.append(judge_agreement(job, score < (found.limit.value or 0), bad, resamples=1).accuracy.value)
        outside.append(found.held_out.accuracy.value)
    assert np.mean(known(inside)) > 0.57
    assert np.mean(known(outside)) < 0.52


def test_the_held_out_figures_of_a_good_score_are_near_the_fitted_ones() -> None:
    job, score, bad = scored(300)
    found = best_limit(job, score, bad)
    fitted = judge_agreement(job, score < (found.limit.value or 0), bad).accuracy.value
    assert found.held_out.accuracy.interval is not None
    assert found.held_out.accuracy.value == pytest.approx(fitted, abs=0.03)
    assert found.held_out.matrix.n == 900


def test_one_class_of_verdicts_and_no_verdict_say_so() -> None:
    assert best_limit(np.arange(30), np.arange(30), np.zeros(30)).limit.no_interval is NoInterval.ONE_CLASS
    assert best_limit([], [], []).limit.no_interval is NoInterval.NO_DATA
    assert (
        best_limit(np.arange(30), np.arange(30), np.arange(30) < 2).limit.no_interval
        is NoInterval.TOO_FEW_JOBS
    )
    assert len(limit_curve([], []).limits) == 0
    assert limit_curve([], []).at(0.5).n == 0
