"""Comparison of runs: better, worse or not decided."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from numpy.typing import ArrayLike

from feedly_core.statistics.clustered import PairedMedian, PairedRates, paired_median, paired_rates
from feedly_core.statistics.clusters import RESAMPLES, SEED, numbered_jobs
from feedly_core.statistics.estimate import MIN_JOBS, POWER, Estimate
from feedly_core.statistics.multiplicity import holm
from feedly_core.statistics.proportions import required_pairs

WORTH_FINDING = 0.05
"""The smallest difference of pass rates that a plan measures for: five points."""


class Decision(StrEnum):
    """What the pairs say about the later run."""

    BETTER = "better"
    WORSE = "worse"
    NOT_DECIDED = "not_decided"


@dataclass(frozen=True)
class MoreOrders:
    """How many more orders show a ``difference`` of pass rates in 8 of 10 repetitions, about."""

    orders: int
    difference: float


@dataclass(frozen=True)
class ScoreChange:
    """One score of the pairs.

    ``p_value`` is Holm's, over all scores shown; None where nothing moved.
    """

    name: str
    median: PairedMedian
    p_value: float | None


@dataclass(frozen=True)
class RunComparison:
    """Two runs of the same orders.

    ``more`` is None once it is decided and without any pair.
    """

    decision: Decision
    rates: PairedRates
    more: MoreOrders | None
    scores: tuple[ScoreChange, ...]


def compare_runs(
    job: ArrayLike,
    before: ArrayLike,
    after: ArrayLike,
    scores: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    worth_finding: float = WORTH_FINDING,
    seed: int = SEED,
    resamples: int = RESAMPLES,
) -> RunComparison:
    """Decide from pairs of pictures of the same order.

    ``job`` is the key of the order that both runs share, ``before`` and ``after`` are the flags "passes",
    ``scores`` the values before and after by name; all with one entry per pair, missing where unknown.
    """
    job = numbered_jobs(job).codes  # Once: keys are long, and each score would sort them again.
    rates = paired_rates(job, before, after, seed=seed, resamples=resamples)
    decision = decide(rates.difference)
    medians = {name: paired_median(job, *sides) for name, sides in scores.items()}
    adjusted = holm([median.p_value for median in medians.values()])
    changes = (ScoreChange(name, medians[name], p) for name, p in zip(medians, adjusted, strict=True))
    more = more_orders(rates, worth_finding) if decision is Decision.NOT_DECIDED else None
    return RunComparison(decision, rates, more, tuple(changes))


def decide(difference: Estimate) -> Decision:
    """Better or worse when the 95 % interval of the pass rates' difference leaves 0, else not decided."""
    if difference.interval is None or difference.interval.holds(0.0):
        return Decision.NOT_DECIDED
    return Decision.BETTER if difference.interval.low > 0 else Decision.WORSE


def more_orders(
    rates: PairedRates, worth_finding: float = WORTH_FINDING, *, power: float = POWER
) -> MoreOrders | None:
    """Plan the orders to add so that the observed difference, or ``worth_finding`` if larger, is shown.

    None without any pair. The spread is that of the orders seen, and at least as if one more had moved.
    """
    observed, jobs = rates.difference.value, rates.difference.jobs
    if observed is None or math.isnan(rates.spread):
        return None
    difference = math.copysign(max(abs(observed), worth_finding), observed)
    variance = max(rates.spread - observed * observed, 1 / (jobs + 2))
    needed = required_pairs(difference, variance + difference * difference, power=power)
    return None if needed is None else MoreOrders(max(needed, MIN_JOBS, jobs + 1) - jobs, difference)
