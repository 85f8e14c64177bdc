"""How much a score moves by itself: repeats of one order under one release."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from feedly_core.statistics.clusters import (
    RESAMPLES,
    SEED,
    Floats,
    bootstrap_estimate,
    known,
    numbered_jobs,
    numbers,
    resampled_sums,
)
from feedly_core.statistics.estimate import Estimate
from feedly_core.statistics.quantiles import Z


def noise_floor(
    order: ArrayLike, repeated: ArrayLike, score: ArrayLike, *, seed: int = SEED, resamples: int = RESAMPLES
) -> Estimate:
    """The difference that two repeats exceed in 5 % of cases: ISO 5725's repeatability limit, 2.77 · s.

    ``order`` is the unit of resampling. ``repeated`` is the key of what was made more than once: the same
    order, release and place in the job. Missing scores are left out, and so is what was made once. ``n``
    counts scores.
    """
    kept = ~np.isnan(numbers(score))
    jobs, [values] = known(np.asarray(order).ravel()[kept], numbers(score)[kept])
    groups = numbered_jobs(np.asarray(repeated).ravel()[kept])
    size = np.bincount(groups.codes, minlength=groups.count)
    mean = np.bincount(groups.codes, values, groups.count) / np.maximum(size, 1)
    again = size[groups.codes] >= 2
    squares = ((values - mean[groups.codes]) ** 2)[again]
    freedom = (1 - 1 / np.maximum(size, 1))[groups.codes][again]
    orders = numbered_jobs(jobs.codes[again])
    per_order = orders.sums(squares, freedom)
    drawn = resampled_sums(per_order, seed=seed, resamples=resamples)
    n = int(again.sum())
    floor = float(_limit(per_order.sum(axis=0))) if n else math.nan
    return bootstrap_estimate(floor, _limit(drawn), n=n, jobs=orders.count)


def _limit(sums: Floats) -> Floats:
    return np.asarray(Z * np.sqrt(2 * sums[..., 0] / np.maximum(sums[..., 1], 1e-300)))
