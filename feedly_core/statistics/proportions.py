"""Closed forms for shares: Wilson's interval, McNemar's exact test, required pairs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from feedly_core.statistics.estimate import MIN_JOBS, POWER, Estimate, NoInterval
from feedly_core.statistics.quantiles import Z, normal_cdf, normal_quantile


def wilson(successes: int, n: int) -> Estimate:
    """The share of ``successes`` among ``n`` independent trials (Wilson 1927).

    Raises ValueError unless 0 ≤ successes ≤ n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes in {n} trials")
    if n == 0:
        return Estimate.without(NoInterval.NO_DATA, n=0, jobs=0)
    low, high = wilson_bounds(successes / n, n)
    return Estimate.between(successes / n, low, high, n=n, jobs=n)


def wilson_bounds(share: float, n: float, z: float = Z) -> tuple[float, float]:
    """The ends of Wilson's interval for a share of ``n`` trials; ``n`` may be an effective number."""
    if not math.isfinite(z):
        return 0.0, 1.0
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def square_and_add(before: Estimate, after: Estimate, *, n: int, jobs: int) -> Estimate:
    """The difference after − before of two shares, with Newcombe's interval (1998) from both of theirs."""
    one, other = before.interval, after.interval
    if before.value is None or after.value is None or one is None or other is None:
        return Estimate.without(NoInterval.UNDEFINED, n=n, jobs=jobs)
    difference = after.value - before.value
    fall = math.hypot(after.value - other.low, one.high - before.value)
    rise = math.hypot(other.high - after.value, before.value - one.low)
    low, high = max(-1.0, difference - fall), min(1.0, difference + rise)
    return Estimate.between(difference, low, high, n=n, jobs=jobs)


@dataclass(frozen=True)
class McNemar:
    """Jobs that pass on one side only, and the chance of so uneven a split without a difference."""

    only_before: int
    only_after: int
    p_value: float


def mcnemar_exact(only_before: int, only_after: int) -> McNemar:
    """McNemar's exact test: two-sided binomial of the discordant pairs.

    1 without any.

    It is the sign test as well, of jobs that fell and jobs that rose.
    """
    n, fewer = only_before + only_after, min(only_before, only_after)
    k = np.arange(fewer, 0, -1)
    tail = 1.0 + float(np.cumprod(k / (n - k + 1.0)).sum())  # In units of its last and largest term.
    largest = math.lgamma(n + 1) - math.lgamma(fewer + 1) - math.lgamma(n - fewer + 1) - n * math.log(2)
    return McNemar(only_before, only_after, min(1.0, 2 * tail * math.exp(largest)))


def required_pairs(difference: float, spread: float, *, power: float = POWER) -> int | None:
    """How many pairs show a ``difference`` of paired pass rates with ``power`` (Connor 1987).

    ``spread`` is the mean square of the difference within a pair: for single pictures the share of discordant
    pairs, for jobs of several variants the mean of each job's squared difference. None where no number of
    pairs shows it: a difference of 0, or figures that no data can have.
    """
    if not (math.isfinite(difference) and math.isfinite(spread)) or difference == 0:
        return None
    rest = spread - difference * difference
    if rest < -1e-9:
        return None
    root = Z * math.sqrt(spread) + normal_quantile(power) * math.sqrt(max(rest, 0.0))
    return math.ceil((root / difference) ** 2 - 1e-9)


def power_of_pairs(n: int, difference: float, spread: float) -> float:
    """The chance that ``n`` pairs show a difference, either way.

    The inverse of :func:`required_pairs`.
    """
    rest = spread - difference * difference
    if rest <= 0:
        return float(abs(difference) * math.sqrt(n) >= Z * math.sqrt(spread)) if spread > 0 else 0.0
    shift, edge = difference * math.sqrt(n), Z * math.sqrt(spread)
    return normal_cdf((shift - edge) / math.sqrt(rest)) + normal_cdf((-shift - edge) / math.sqrt(rest))


def more_jobs_for(estimate: Estimate, half_width: float) -> int | None:
    """How many more jobs narrow the interval to plus or minus ``half_width``, about; 0 where it is narrower.

    An interval narrows with the root of the jobs. Without an interval: the jobs that one needs at least, or
    None where more of the same would not give one.
    """
    if estimate.interval is None:
        few = estimate.no_interval in (NoInterval.NO_DATA, NoInterval.TOO_FEW_JOBS)
        return max(1, MIN_JOBS - estimate.jobs) if few else None
    half = (estimate.interval.high - estimate.interval.low) / 2
    return max(0, math.ceil(estimate.jobs * ((half / half_width) ** 2 - 1)))
