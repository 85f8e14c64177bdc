"""Figures of one run or of two, with intervals over jobs: pass rate, its difference, median difference."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from feedly_core.statistics.clusters import (
    RESAMPLES,
    SEED,
    Floats,
    Jobs,
    bootstrap_estimate,
    known,
    resampled_sums,
)
from feedly_core.statistics.estimate import MIN_JOBS, Estimate, NoInterval
from feedly_core.statistics.proportions import (
    McNemar,
    mcnemar_exact,
    square_and_add,
    wilson_bounds,
)
from feedly_core.statistics.quantiles import student_quantile


def pass_rate(job: ArrayLike, passed: ArrayLike) -> Estimate:
    """The share of pictures that pass, each of a job.

    Missing values (None, NaN) are left out.
    """
    jobs, [flags] = known(job, passed)
    return rate_of_sums(jobs.sums(flags != 0, np.ones(len(flags))))


def rate_of_sums(per_job: Floats) -> Estimate:
    """The share of a count in another, from both per job: columns (part, whole).

    Wilson's interval of the effective number of trials: as many independent ones as vary as much as these
    jobs do (Korn and Graubard 1998). Never more than were counted; with no variation at 0 or 1, one per job.
    """
    counted = per_job[per_job[:, 1] > 0]
    jobs, (part, whole) = len(counted), counted.sum(axis=0)
    n = round(float(whole))
    if jobs == 0:
        return Estimate.without(NoInterval.NO_DATA, n=0, jobs=0)
    share = float(part / whole)
    if jobs == 1:
        return Estimate.without(NoInterval.TOO_FEW_JOBS, n=n, jobs=1, value=share)
    residuals = counted[:, 0] - share * counted[:, 1]
    variance = jobs / (jobs - 1) * float(residuals @ residuals) / n**2
    effective = float(jobs) if share in (0.0, 1.0) else float(n)
    if variance > 0:
        effective = min(effective, share * (1 - share) / variance)
    low, high = wilson_bounds(share, effective, student_quantile(jobs - 1))
    return Estimate.between(share, low, high, n=n, jobs=jobs)


@dataclass(frozen=True)
class PairedRates:
    """Pass rates of the same orders in two runs.

    ``difference`` is after minus before.

    ``spread`` is the mean square of a job's difference, for :func:`required_pairs`; NaN without a pair.
    ``mcnemar`` counts jobs: one passes when at least half of its paired variants do.
    """

    before: Estimate
    after: Estimate
    difference: Estimate
    spread: float
    mcnemar: McNemar


def paired_rates(
    job: ArrayLike, before: ArrayLike, after: ArrayLike, *, seed: int = SEED, resamples: int = RESAMPLES
) -> PairedRates:
    """Compare pass rates over pairs.

    A pair with a missing side is left out.

    ``job`` is the key of the order that both runs share; ``before`` and ``after`` are flags of each pair.
    """
    jobs, [first, second] = known(job, before, after)
    first, second = first != 0, second != 0
    per_job = jobs.sums(first, second, np.ones(len(first)))
    difference, spread = _rate_difference(per_job, seed, resamples)
    passes = 2 * per_job[:, :2] >= per_job[:, 2:]
    return PairedRates(
        rate_of_sums(per_job[:, [0, 2]]),
        rate_of_sums(per_job[:, [1, 2]]),
        difference,
        spread,
        mcnemar_exact(int((passes[:, 0] & ~passes[:, 1]).sum()), int((~passes[:, 0] & passes[:, 1]).sum())),
    )


def _rate_difference(per_job: Floats, seed: int, resamples: int) -> tuple[Estimate, float]:
    jobs, n = len(per_job), round(float(per_job[:, 2].sum()))
    if jobs == 0:
        return Estimate.without(NoInterval.NO_DATA, n=0, jobs=0), math.nan
    moved = np.stack([per_job[:, 1] - per_job[:, 0], per_job[:, 2]], axis=1)
    value = float(moved[:, 0].sum() / n)
    influence = (moved[:, 0] - value * moved[:, 1]) * jobs / n
    spread = float(np.mean(influence**2)) + value**2
    if (
        jobs >= MIN_JOBS and float(np.abs(influence).max()) < 1e-9
    ):  # Every job moved alike: resamples would all be equal.
        sides = rate_of_sums(per_job[:, [0, 2]]), rate_of_sums(per_job[:, [1, 2]])
        return square_and_add(*sides, n=n, jobs=jobs), spread
    drawn = resampled_sums(moved, seed=seed, resamples=resamples)
    return bootstrap_estimate(value, drawn[:, 0] / drawn[:, 1], n=n, jobs=jobs), spread


@dataclass(frozen=True)
class PairedMedian:
    """By how much a score moved.

    ``difference`` is the median of after minus before.

    ``rose`` and ``fell`` count pairs. ``p_value`` is that of the exact sign test over jobs: a job rises
    or falls as most of its pairs do; None where no job moved.
    """

    difference: Estimate
    rose: int
    fell: int
    p_value: float | None


def paired_median(job: ArrayLike, before: ArrayLike, after: ArrayLike) -> PairedMedian:
    """Compare one score over pairs.

    A pair with a missing or infinite side is left out.
    """
    jobs, [first, second] = known(job, before, after)
    moved = second - first
    signs = np.sign(moved)
    per_job = np.sign(np.bincount(jobs.codes, signs, jobs.count))
    rising, falling = int((per_job > 0).sum()), int((per_job < 0).sum())
    p_value = mcnemar_exact(falling, rising).p_value if rising + falling else None
    return PairedMedian(
        clustered_median(moved, jobs), int((signs > 0).sum()), int((signs < 0).sum()), p_value
    )


def clustered_median(values: Floats, jobs: Jobs) -> Estimate:
    """The median with an interval over jobs, in closed form (Woodruff 1952).

    The share of values below the median varies with the jobs; the values at both ends of that share's
    interval are the ends of the median's. It costs one sort, at any number of jobs.
    """
    n = len(values)
    if n == 0:
        return Estimate.without(NoInterval.NO_DATA, n=0, jobs=0)
    ordered = np.sort(values)
    median = float(np.median(ordered))
    if jobs.count < MIN_JOBS:
        return Estimate.without(NoInterval.TOO_FEW_JOBS, n=n, jobs=jobs.count, value=median)
    below = (values < median) + 0.5 * (values == median)
    below -= below.mean()
    between_jobs = np.bincount(jobs.codes, below, jobs.count)
    variance = max(float(between_jobs @ between_jobs), float(below @ below)) / n**2
    reach = student_quantile(jobs.count - 1) * math.sqrt(variance * jobs.count / (jobs.count - 1))
    low = max(0, math.floor(n * (0.5 - reach)) - 1)
    high = min(n - 1, math.ceil(n * (0.5 + reach)))
    return Estimate.between(median, float(ordered[low]), float(ordered[high]), n=n, jobs=jobs.count)
