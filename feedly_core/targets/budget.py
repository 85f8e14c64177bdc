"""Compliance, error budget and burn rate of a target. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, Message

PERIOD = timedelta(days=28)
"""Four whole weeks, so that each weekday counts four times."""
WINDOWS = (timedelta(hours=1), timedelta(hours=6))
"""Of burn rates: the short one is quick to start and to end, the long one is steady."""
LONGEST_S = 86_400.0


class Measure(StrEnum):
    """What is counted as good.

    Of jobs: complete within the limit; not failed. Of variants with a measured contrast: it passes WCAG AA.
    """

    JOB_TIME = "job_time"
    NOT_FAILED = "not_failed"
    CONTRAST_AA = "contrast_aa"


@dataclass(frozen=True)
class NewTarget:
    """``share`` of good ones that is wanted, below 1. ``within_s`` for :attr:`Measure.JOB_TIME` alone."""

    measure: Measure
    share: float
    within_s: float | None = None
    tenant: str | None = None


USUAL = (
    NewTarget(Measure.JOB_TIME, 0.95, 360.0),
    NewTarget(Measure.NOT_FAILED, 0.98),
    NewTarget(Measure.CONTRAST_AA, 0.80),
)
"""Where a team has not agreed on its own yet."""


@dataclass(frozen=True)
class Tally:
    """How many were good, of how many that are decided."""

    good: int
    total: int

    @property
    def bad(self) -> int:
        return self.total - self.good

    @property
    def share(self) -> float | None:
        """Compliance; None of nothing."""
        return self.good / self.total if self.total else None


@dataclass(frozen=True)
class Budget:
    """A target's figures over :data:`PERIOD`. ``windows``: the tallies of :data:`WINDOWS`."""

    wanted: float
    whole: Tally
    windows: tuple[Tally, ...]

    @property
    def met(self) -> bool | None:
        return None if self.whole.share is None else self.whole.share >= self.wanted

    @property
    def allowed(self) -> float:
        """How many of those of the period may be bad."""
        return self.whole.total * (1 - self.wanted)

    @property
    def left(self) -> float | None:
        """Share of the error budget that is left, negative when it is overdrawn; None of nothing."""
        return budget_left(self.whole, self.wanted)

    @property
    def burn_rates(self) -> tuple[float | None, ...]:
        return tuple(burn_rate(window, self.wanted) for window in self.windows)


def budget_left(tally: Tally, wanted: float) -> float | None:
    """1 when nothing was bad, 0 when as much as may be; None of nothing."""
    return 1 - tally.bad / (tally.total * (1 - wanted)) if tally.total else None


def burn_rate(tally: Tally, wanted: float) -> float | None:
    """How fast the budget is spent: at 1 it lasts exactly the period, at 28 one day; None of nothing."""
    return tally.bad / tally.total / (1 - wanted) if tally.total else None


def check_target(target: NewTarget) -> None:
    """Raises :class:`InvalidInput` for what nobody can aim at."""
    if not 0.5 <= target.share <= 0.9999:
        raise InvalidInput(N_("A target's share lies between 50% and 99.99%."))
    if (target.measure is Measure.JOB_TIME) != (target.within_s is not None):
        raise InvalidInput(N_("A time is needed for the target of time, and for no other."))
    if target.within_s is not None and not 1 <= target.within_s <= LONGEST_S:
        raise InvalidInput(N_("The time lies between 1 second and 24 hours."))


def target_words(target: NewTarget) -> Message:
    """The target as a sentence."""
    share = f"{100 * target.share:.4g}"
    if target.measure is Measure.JOB_TIME:
        minutes = f"{(target.within_s or 0) / 60:.4g}"
        return N_("{share}% of jobs complete within {minutes} min", share=share, minutes=minutes)
    if target.measure is Measure.NOT_FAILED:
        return N_("Failed jobs below {share}%", share=f"{100 * (1 - target.share):.4g}")
    return N_("At least {share}% of variants pass contrast AA", share=share)
