"""Figures over jobs as pages and commands write them: value, interval, n, or why there is no interval."""

from __future__ import annotations

from collections.abc import Callable

from feedly_core.i18n import N_, Message
from feedly_core.statistics.agreement import JudgeAgreement
from feedly_core.statistics.estimate import Estimate, NoInterval

NO_INTERVAL = {
    NoInterval.NO_DATA: N_("nothing was judged"),
    NoInterval.TOO_FEW_JOBS: N_("fewer than six jobs"),
    NoInterval.NO_VARIATION: N_("all jobs are alike"),
    NoInterval.UNDEFINED: N_("it is not defined here"),
    NoInterval.ONE_CLASS: N_("all verdicts are the same"),
}


def share(estimate: Estimate) -> Message:
    """``84% [76–90], n = 120``; without an interval the reason stands in its place."""
    return _figure(estimate, lambda value: f"{100 * value:.0f}", "%")


def kappa(estimate: Estimate) -> Message:
    """``0.62 [0.48–0.74], n = 120``."""
    return _figure(estimate, lambda value: f"{value:.2f}".replace("-", "−"), "")


def of_ten(estimate: Estimate) -> Message:
    """``6 to 7 of 10`` from the interval; ``6 of 10`` where there is none."""
    if estimate.value is None:
        return N_("nobody knows how many of 10")
    if estimate.interval is None:
        return N_("{n} of 10", n=f"{10 * estimate.value:.0f}")
    low, high = (f"{10 * end:.0f}" for end in (estimate.interval.low, estimate.interval.high))
    return N_("{n} of 10", n=low) if low == high else N_("{low} to {high} of 10", low=low, high=high)


def judge_sentence(figures: JudgeAgreement) -> Message:
    """The bad pictures that the judge misses, in one sentence."""
    missed = figures.recall
    if missed.value is None:
        return N_("People called no picture bad yet, so that nobody knows what the judge misses.")
    if missed.interval is None:
        return N_(
            "The judge misses {n} of {bad} bad pictures ({reason}).",
            n=figures.matrix.false_negative,
            bad=missed.n,
            reason=NO_INTERVAL[missed.no_interval or NoInterval.UNDEFINED],
        )
    low, high = (f"{10 * (1 - end):.0f}" for end in (missed.interval.high, missed.interval.low))
    return N_(
        "The judge misses {n} of 10 bad pictures ({low} to {high} with 95% confidence; {bad} bad pictures of"
        " {jobs} jobs).",
        n=f"{10 * (1 - missed.value):.0f}",
        low=low,
        high=high,
        bad=missed.n,
        jobs=missed.jobs,
    )


def false_alarm_sentence(figures: JudgeAgreement) -> Message | None:
    """How many good pictures it calls bad; None without a good one."""
    if figures.specificity.value is None:
        return None
    return N_(
        "It calls {n} of 10 good pictures bad ({false} of {good}).",
        n=f"{10 * (1 - figures.specificity.value):.0f}",
        false=figures.matrix.false_positive,
        good=figures.specificity.n,
    )


def _figure(estimate: Estimate, write: Callable[[float], str], unit: str) -> Message:
    value = "–" if estimate.value is None else f"{write(estimate.value)}{unit}"
    if estimate.interval is None:
        reason = NO_INTERVAL[estimate.no_interval or NoInterval.UNDEFINED]
        return N_("{value} (no interval: {reason}), n = {n}", value=value, reason=reason, n=estimate.n)
    ends = "–".join(write(end) for end in (estimate.interval.low, estimate.interval.high))
    return N_("{value} [{ends}], n = {n}", value=value, ends=ends, n=estimate.n)
