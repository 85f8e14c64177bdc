"""The decision between two runs in one sentence, and its figures as they are written."""

from __future__ import annotations

from feedly_core.domain.scores import SCORES, Unit
from feedly_core.i18n import N_, Message
from feedly_core.reviews.decision import RunDecision
from feedly_core.statistics.comparison import Decision
from feedly_core.statistics.estimate import Estimate, NoInterval

DECISIONS = {
    Decision.BETTER: N_("Better"),
    Decision.WORSE: N_("Worse"),
    Decision.NOT_DECIDED: N_("Not decided"),
}
RULE = N_(
    "Better or worse when the 95% interval of the pass rates' difference leaves 0, else not decided."
    " Intervals are over orders, because the variants of a job are alike."
)
WHY_NO_INTERVAL = {
    NoInterval.NO_DATA: N_("no interval: nothing is known on both sides"),
    NoInterval.TOO_FEW_JOBS: N_("no interval: fewer than six orders"),
    NoInterval.NO_VARIATION: N_("no interval: all orders are alike"),
    NoInterval.UNDEFINED: N_("no interval: it is not defined here"),
    NoInterval.ONE_CLASS: N_("no interval: all verdicts are the same"),
}


def sentence(found: RunDecision, before: str, after: str) -> Message:
    """Decision, both pass rates and their difference, each with its interval or why it has none."""
    rates = found.comparison.rates
    told = {
        "decision": DECISIONS[found.comparison.decision],
        "after": after,
        "before": before,
        "after_rate": rate(rates.after),
        "before_rate": rate(rates.before),
        "difference": points(rates.difference),
    }
    if rates.difference.interval is None:
        return N_(
            "{decision}. {after} passes {after_rate}, {before} {before_rate}; the difference {difference}.",
            **told,
        )
    if found.comparison.decision is Decision.NOT_DECIDED:
        return N_(
            "{decision}. {after} passes {after_rate}, {before} {before_rate};"
            " the difference {difference} includes 0.",
            **told,
        )
    return N_(
        "{decision}. {after} passes {after_rate}, {before} {before_rate};"
        " the difference {difference} leaves out 0.",
        **told,
    )


def plan(found: RunDecision) -> Message | None:
    """How many more orders would decide it; None once it is decided, and without any pair."""
    more = found.comparison.more
    if more is None:
        return None
    return N_(
        "About {n} more orders would decide it, if the difference is {points} points or more.",
        n=more.orders,
        points=f"{abs(100 * more.difference):.0f}",
    )


def counts(found: RunDecision) -> Message:
    """What the figures stand on."""
    rates = found.comparison.rates
    test = rates.mcnemar
    return N_(
        "{pairs} pairs of pictures of {orders} orders, {judged} judged by people; {same} of the very same"
        " order, the others of the same description. By orders: {fell} pass only before, {rose} only after"
        " (McNemar p = {p}).",
        pairs=rates.difference.n,
        orders=rates.difference.jobs,
        judged=found.by_people,
        same=found.same_order,
        fell=test.only_before,
        rose=test.only_after,
        p=f"{test.p_value:.3f}",
    )


def rate(estimate: Estimate) -> Message | str:
    """``84 % [76–90]``."""
    if estimate.value is None:
        return "–"
    value = f"{100 * estimate.value:.0f}%"
    if estimate.interval is None:
        return value
    return f"{value} [{100 * estimate.interval.low:.0f}–{100 * estimate.interval.high:.0f}]"


def points(estimate: Estimate) -> Message:
    """``+5 points [−3, +13]``."""
    reason = WHY_NO_INTERVAL[estimate.no_interval or NoInterval.UNDEFINED]
    if estimate.value is None:
        return N_("is not known ({reason})", reason=reason)
    if estimate.interval is None:
        return N_("{value} points ({reason})", value=signed(100 * estimate.value), reason=reason)
    ends = (signed(100 * end) for end in (estimate.interval.low, estimate.interval.high))
    return N_(
        "{value} points {interval}", value=signed(100 * estimate.value), interval=f"[{', '.join(ends)}]"
    )


def change(name: str, estimate: Estimate) -> Message | str:
    """The median difference of one score in its unit, with its interval or why it has none."""
    if estimate.value is None:
        return WHY_NO_INTERVAL[estimate.no_interval or NoInterval.UNDEFINED]
    share = SCORES[name].unit is Unit.SHARE
    scale, digits = (100.0, 1) if share else (1.0, 2)
    value = signed(scale * estimate.value, digits)
    if estimate.interval is None:
        return N_(
            "{value} ({reason})",
            value=value,
            reason=WHY_NO_INTERVAL[estimate.no_interval or NoInterval.UNDEFINED],
        )
    ends = (signed(scale * end, digits) for end in (estimate.interval.low, estimate.interval.high))
    return f"{value} [{', '.join(ends)}]"


def signed(value: float, digits: int = 0) -> str:
    """``+5``, ``−3``, ``0``: with one digit more where rounding would write a difference as none."""
    shown = f"{abs(value):.{digits}f}"
    if float(shown) == 0 and value:
        shown = f"{abs(value):.{digits + 1}f}"
    if float(shown) == 0:
        return "0"
    return f"{'+' if value > 0 else '−'}{shown}"
