"""How well a judge agrees with people: confusion matrix, precision, recall, F1, κ."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import numpy as np
from numpy.typing import ArrayLike

from feedly_core.statistics.clustered import rate_of_sums
from feedly_core.statistics.clusters import (
    RESAMPLES,
    SEED,
    Floats,
    bootstrap_estimate,
    known,
    resampled_sums,
)
from feedly_core.statistics.estimate import Estimate


@dataclass(frozen=True)
class ConfusionMatrix:
    """Counts of what was claimed against what is true."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @property
    def n(self) -> int:
        """All counts together."""
        return self.true_positive + self.false_positive + self.false_negative + self.true_negative


@dataclass(frozen=True)
class JudgeAgreement:
    """A judge against people.

    ``majority`` is the share right of always saying what is true most often.
    """

    matrix: ConfusionMatrix
    precision: Estimate
    recall: Estimate
    specificity: Estimate
    accuracy: Estimate
    f1: Estimate
    kappa: Estimate
    majority: Estimate


def judge_agreement(
    job: ArrayLike, claimed: ArrayLike, true: ArrayLike, *, seed: int = SEED, resamples: int = RESAMPLES
) -> JudgeAgreement:
    """Compare flags of a judge with those of people, per picture; missing ones are left out.

    The positive class is what the flags say yes to: pass "is bad" to read how many bad pictures are missed.
    """
    jobs, [said, truth] = known(job, claimed, true)
    actual = truth != 0
    per_job = jobs.cells(2 * actual.astype(np.int64) + (said != 0), 4)
    tn, fp, fn, tp = per_job.T
    every = per_job.sum(axis=1)
    most_often = tp + fn if 2 * actual.sum() >= len(actual) else tn + fp
    drawn = resampled_sums(per_job, seed=seed, resamples=resamples)
    return JudgeAgreement(
        ConfusionMatrix(*(int(count.sum()) for count in (tp, fp, fn, tn))),
        precision=rate_of_sums(np.stack([tp, tp + fp], axis=1)),
        recall=rate_of_sums(np.stack([tp, tp + fn], axis=1)),
        specificity=rate_of_sums(np.stack([tn, tn + fp], axis=1)),
        accuracy=rate_of_sums(np.stack([tp + tn, every], axis=1)),
        f1=_f1_estimate(per_job, drawn),
        kappa=kappa_estimate(per_job, drawn),
        majority=rate_of_sums(np.stack([most_often, every], axis=1)),
    )


def cohen_kappa(
    job: ArrayLike, first: ArrayLike, second: ArrayLike, *, seed: int = SEED, resamples: int = RESAMPLES
) -> Estimate:
    """Cohen's κ of two people's numeric categories, per picture.

    Missing ones are left out.
    """
    jobs, [one, other] = known(job, first, second)
    categories, codes = np.unique(np.concatenate([one, other]), return_inverse=True)
    size = max(1, len(categories))
    per_job = jobs.cells(codes[: len(one)] * size + codes[len(one) :], size * size)
    return kappa_estimate(per_job, resampled_sums(per_job, seed=seed, resamples=resamples))


def kappa_estimate(per_job: Floats, drawn: Floats) -> Estimate:
    """Cohen's κ of flat square tables, one per job, with the sums of their resamples.

    Where fewer than six jobs hold anything but the most common answer, the interval is withheld: resamples
    without those jobs would have no κ at all.
    """
    total = per_job.sum(axis=0)
    size = isqrt(len(total))
    table = total.reshape(size, size)
    common = int((table.sum(axis=0) + table.sum(axis=1)).argmax())
    return _resampled(kappas(total), kappas(drawn), per_job, common * size + common)


def kappas(tables: Floats) -> Floats:
    """Cohen's κ of each flat square table along the last axis; NaN where both sides know one answer only."""
    size = isqrt(tables.shape[-1])
    square = tables.reshape(*tables.shape[:-1], size, size)
    n = tables.sum(axis=-1)
    agreed = np.trace(square, axis1=-2, axis2=-1) * n
    by_chance = (square.sum(axis=-1) * square.sum(axis=-2)).sum(axis=-1)
    return ratio(agreed - by_chance, n * n - by_chance)


def ratio(part: Floats, whole: Floats) -> Floats:
    """``part / whole``; NaN where ``whole`` is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(whole == 0, np.nan, np.divide(part, whole)))


def _f1_estimate(per_job: Floats, drawn: Floats) -> Estimate:
    def f1(sums: Floats) -> Floats:
        return ratio(2 * sums[..., 3], 2 * sums[..., 3] + sums[..., 1] + sums[..., 2])

    return _resampled(f1(per_job.sum(axis=0)), f1(drawn), per_job, 0)


def _resampled(value: Floats, draws: Floats, per_job: Floats, quiet: int) -> Estimate:
    """``quiet``: the cell that a figure can be without; jobs with nothing else do not count as evidence."""
    others = np.delete(per_job, quiet, axis=1).any(axis=1)
    return bootstrap_estimate(
        float(value), draws, n=round(float(per_job.sum())), jobs=len(per_job), telling=int(others.sum())
    )
