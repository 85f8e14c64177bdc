"""Quantiles of the normal and Student's t distribution, without SciPy."""

from __future__ import annotations

import math
from statistics import NormalDist

from feedly_core.statistics.estimate import CONFIDENCE, MIN_JOBS

_NORMAL = NormalDist()


def normal_cdf(z: float) -> float:
    """The share of a standard normal variable below ``z``."""
    return _NORMAL.cdf(z)


def normal_quantile(share: float) -> float:
    """The standard normal value with ``share`` below it.

    ``share`` strictly between 0 and 1.
    """
    return _NORMAL.inv_cdf(share)


Z = normal_quantile(0.5 + CONFIDENCE / 2)
"""1.96: half the width of the 95 % interval in standard errors."""


def student_quantile(degrees: int, z: float = Z) -> float:
    """Student's t with the same tail as the normal ``z``.

    Infinite without a degree of freedom.

    Wallace's transformation (1959), within 0.3 % of the exact quantile from five degrees on.
    """
    if degrees < 1:
        return math.inf
    return math.sqrt(degrees * math.expm1((z / _wallace(degrees)) ** 2 / degrees))


def student_to_normal(t: float, degrees: int) -> float:
    """The inverse of :func:`student_quantile`, for ``t`` of at least 0."""
    return _wallace(degrees) * math.sqrt(degrees * math.log1p(t * t / degrees))


def _wallace(degrees: int) -> float:
    return (8 * degrees + 1) / (8 * degrees + 3)


def median_levels(jobs: int) -> tuple[float, float] | None:
    """The quantiles of ``jobs`` values between which their median lies in 95 of 100 samples.

    From the ranks alone, whatever the values' distribution. None for fewer than six.
    """
    if jobs < MIN_JOBS:
        return None
    half = Z / (2 * math.sqrt(jobs))
    return 0.5 - half, 0.5 + half


def percentile_levels(jobs: int) -> tuple[float, float]:
    """The percentiles of a bootstrap over ``jobs`` jobs that make its 95 % interval.

    Resampling ``jobs`` jobs varies by ``(jobs − 1) / jobs`` too little and knows no Student's t. The wider
    percentiles make up for both ("expanded percentile interval", Hesterberg 2015).
    """
    low = normal_cdf(-student_quantile(jobs - 1) * math.sqrt(jobs / (jobs - 1)))
    return low, 1 - low
