"""A figure with its uncertainty: how many, which interval, or why none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

CONFIDENCE = 0.95
"""The share of intervals that hold the true figure, everywhere in this package."""

POWER = 0.8
"""The share of repetitions that find a true difference, in every plan of this package."""

MIN_JOBS = 6
"""Fewer jobs decide nothing at 95 %: five all move one way by chance in 2 · 0.5⁵ = 6 %, six in 3 %."""


class NoInterval(StrEnum):
    """Why a figure has no interval.

    Pages say it in words.
    """

    NO_DATA = "no_data"
    TOO_FEW_JOBS = "too_few_jobs"
    NO_VARIATION = "no_variation"
    UNDEFINED = "undefined"
    """The figure divides by nothing, as recall does where no picture is bad."""
    ONE_CLASS = "one_class"
    """All verdicts are the same, so that no limit can separate them."""


@dataclass(frozen=True)
class Interval:
    """The 95 % interval, both ends included."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether ``value`` lies in the interval."""
        return self.low <= value <= self.high

    def overlaps(self, other: Interval) -> bool:
        """Whether both intervals share a value."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True)
class Estimate:
    """A figure from ``n`` observations of ``jobs`` jobs.

    Exactly one of ``interval`` and ``no_interval`` is set. ``value`` is None where the figure is not defined.
    """

    value: float | None
    interval: Interval | None
    no_interval: NoInterval | None
    n: int
    jobs: int

    @classmethod
    def between(cls, value: float, low: float, high: float, *, n: int, jobs: int) -> Estimate:
        """The estimate with an interval that holds its value.

        One without width is none.
        """
        if not (math.isfinite(value) and math.isfinite(low) and math.isfinite(high)):
            return cls.without(NoInterval.UNDEFINED, n=n, jobs=jobs, value=value)
        if math.isclose(low, high, rel_tol=1e-9, abs_tol=1e-12):
            return cls.without(NoInterval.NO_VARIATION, n=n, jobs=jobs, value=value)
        return cls(value, Interval(min(low, value), max(high, value)), None, n, jobs)

    @classmethod
    def without(cls, reason: NoInterval, *, n: int, jobs: int, value: float | None = None) -> Estimate:
        """The estimate that has no interval, for ``reason``."""
        known = value if value is not None and math.isfinite(value) else None
        return cls(known, None, reason, n, jobs)
