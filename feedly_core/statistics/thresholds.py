"""Which limit of a score agrees best with people, and how well on pictures it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from feedly_core.statistics.agreement import ConfusionMatrix, JudgeAgreement, judge_agreement, ratio
from feedly_core.statistics.clusters import (
    RESAMPLES,
    SEED,
    Bools,
    Floats,
    Ints,
    Jobs,
    bootstrap_estimate,
    known,
    resampled_sums,
)
from feedly_core.statistics.estimate import Estimate, NoInterval

FOLDS = 10
_MOST_CANDIDATES = 128


class Criterion(StrEnum):
    """What the best limit has the most of."""

    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    """The mean of recall and specificity: fair where few pictures are bad."""
    F1 = "f1"


@dataclass(frozen=True, eq=False)
class LimitCurve:
    """The confusion matrix at every possible limit, the most lenient first. Positive means bad.

    Arrays of equal length. A picture is claimed to be bad when its score does not reach the limit.
    """

    limits: Floats
    true_positive: Ints
    false_positive: Ints
    false_negative: Ints
    true_negative: Ints
    higher_is_better: bool

    @property
    def precision(self) -> Floats:
        """How many of the claimed are bad, per limit.

        NaN where none is claimed.
        """
        return ratio(
            self.true_positive.astype(float), (self.true_positive + self.false_positive).astype(float)
        )

    @property
    def recall(self) -> Floats:
        """How many of the bad are claimed, per limit.

        NaN where none is bad.
        """
        return ratio(
            self.true_positive.astype(float), (self.true_positive + self.false_negative).astype(float)
        )

    def at(self, limit: float) -> ConfusionMatrix:
        """The matrix at any ``limit``, also between the listed ones."""
        sign = 1 if self.higher_is_better else -1
        place = min(int(np.searchsorted(sign * self.limits, sign * limit)), len(self.limits) - 1)
        counts = (self.true_positive, self.false_positive, self.false_negative, self.true_negative)
        return ConfusionMatrix(*(int(count[place]) if len(count) else 0 for count in counts))


def limit_curve(score: ArrayLike, bad: ArrayLike, *, higher_is_better: bool = True) -> LimitCurve:
    """The curve over all scores.

    Pictures without score or verdict are left out.

    The limits are the scores that occur, and one beyond the best that claims all.
    """
    sign = 1.0 if higher_is_better else -1.0
    _, [scores, verdicts] = known(np.zeros(np.size(score)), score, bad)
    candidates = _candidates(sign * scores, len(scores) + 1)
    histogram = _histogram(sign * scores, verdicts != 0, candidates)
    tp, fp, fn, tn = (count.astype(np.int64) for count in _counts(histogram))
    return LimitCurve(sign * candidates, tp, fp, fn, tn, higher_is_better)


@dataclass(frozen=True)
class BestLimit:
    """The limit fitted on all verdicts, its interval over jobs, and its worth on jobs it was not fitted on.

    ``held_out``: each job was judged by the limit that the other folds chose. Positive means bad.
    """

    limit: Estimate
    held_out: JudgeAgreement


def best_limit(
    job: ArrayLike,
    score: ArrayLike,
    bad: ArrayLike,
    *,
    higher_is_better: bool = True,
    criterion: Criterion = Criterion.ACCURACY,
    seed: int = SEED,
    resamples: int = RESAMPLES,
) -> BestLimit:
    """Fit the limit and cross-validate it over jobs.

    Pictures without score or verdict are left out.

    Of equally good limits the most lenient is taken. More than 128 different scores are tried at 128 of them.
    """
    sign = 1.0 if higher_is_better else -1.0
    jobs, [scores, verdicts] = known(job, score, bad)
    values, is_bad = sign * scores, verdicts != 0
    n = len(values)
    if n == 0 or is_bad.all() or not is_bad.any():
        reason = NoInterval.ONE_CLASS if n else NoInterval.NO_DATA
        nothing = judge_agreement([], [], [], seed=seed, resamples=1)
        return BestLimit(Estimate.without(reason, n=n, jobs=jobs.count), nothing)
    candidates = _candidates(values, _MOST_CANDIDATES)
    grouped = jobs.grouped(seed)
    per_job = grouped.cells(_cell(values, is_bad, candidates), 2 * len(candidates))
    drawn = candidates[_best(resampled_sums(per_job, seed=seed, resamples=resamples), criterion)]
    fitted = float(candidates[_best(per_job.sum(axis=0), criterion)])
    rarer = is_bad if 2 * is_bad.sum() <= n else ~is_bad
    telling = jobs.holding(rarer)
    limit = bootstrap_estimate(sign * fitted, sign * drawn, n=n, jobs=jobs.count, telling=telling)
    claimed = _held_out(jobs, values, is_bad, candidates, criterion, seed)
    return BestLimit(limit, judge_agreement(jobs.codes, claimed, is_bad, seed=seed, resamples=resamples))


def _held_out(
    jobs: Jobs, values: Floats, bad: Bools, candidates: Floats, criterion: Criterion, seed: int
) -> Floats:
    """What each picture is claimed to be by the limit that the other folds chose; NaN with a single job."""
    folds = min(FOLDS, jobs.count)
    if folds < 2:
        return np.full(len(values), np.nan)
    fold = (np.random.default_rng(seed).permutation(jobs.count) % folds)[jobs.codes]
    per_fold = Jobs(fold, folds).cells(_cell(values, bad, candidates), 2 * len(candidates))
    chosen = candidates[_best(per_fold.sum(axis=0) - per_fold, criterion)]
    return (values < chosen[fold]).astype(float)


def _candidates(values: Floats, most: int) -> Floats:
    """The limits to try: scores that occur, ascending, and one that no score reaches."""
    occurring = np.unique(values)
    if not len(occurring):
        return occurring
    if len(occurring) >= most:
        occurring = occurring[np.linspace(0, len(occurring) - 1, most - 1).astype(int)]
    return np.append(occurring, np.nextafter(values.max(), np.inf))


def _cell(values: Floats, bad: Bools, candidates: Floats) -> Ints:
    """Good or bad, and the last candidate that the score reaches, as one number."""
    reached = np.searchsorted(candidates, values, side="right") - 1
    return np.asarray(bad * len(candidates) + reached, dtype=np.int64)


def _histogram(values: Floats, bad: Bools, candidates: Floats) -> Floats:
    return np.bincount(_cell(values, bad, candidates), minlength=2 * len(candidates)).astype(float)


def _counts(histogram: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """True positives, false positives, false negatives, true negatives per candidate, along the last axis."""
    good, bad = np.split(histogram, 2, axis=-1)
    fp, tp = np.cumsum(good, axis=-1) - good, np.cumsum(bad, axis=-1) - bad
    return tp, fp, bad.sum(axis=-1, keepdims=True) - tp, good.sum(axis=-1, keepdims=True) - fp


def _best(histogram: Floats, criterion: Criterion) -> Ints:
    """The place of the best candidate along the last axis."""
    tp, fp, fn, tn = _counts(histogram)
    if criterion is Criterion.F1:
        quality = ratio(2 * tp, 2 * tp + fp + fn)
    elif criterion is Criterion.BALANCED_ACCURACY:
        quality = ratio(tp, tp + fn) + ratio(tn, tn + fp)
    else:
        quality = tp + tn
    return np.asarray(np.nan_to_num(quality).argmax(axis=-1))
