"""A compared period in words: name, value and change of each measure."""

from __future__ import annotations

from feedly_core.analytics.trends import Difference
from feedly_core.domain import pipeline
from feedly_core.domain.labels import duration_words
from feedly_core.domain.scores import SCORES, Limits, write_score
from feedly_core.i18n import N_, Message, verbatim

_TITLES = {
    "jobs": N_("Jobs"),
    "complete": N_("Complete"),
    "failed": N_("Failed"),
    "wcag_aa": N_("Contrast passes WCAG AA"),
    "cost_usd": N_("Cost (USD)"),
}
_SHARES = ("complete", "failed", "wcag_aa")


def measure_title(name: str) -> Message:
    """The measure's name: a rate, a score, or the median time of a step."""
    if name in _TITLES:
        return _TITLES[name]
    if name in SCORES:
        return SCORES[name].title
    return N_("{step}, median", step=pipeline.title(name.removesuffix("_ms")))


def measure_words(name: str, value: float | None, known: Limits) -> Message:
    """The value with its unit, a dash for None; scores are not rounded against their limits."""
    if value is None:
        return verbatim("–")
    if name in _SHARES:
        return verbatim(f"{100 * value:.1f}%")
    if name in SCORES:
        return verbatim(write_score(name, value, known))
    if name.endswith("_ms"):
        return duration_words(value / 1000)
    return verbatim(f"{value:.4f}" if name == "cost_usd" else f"{value:.2f}".removesuffix(".00"))


def change_words(item: Difference) -> str:
    """``▲ 12%``: from the second value to the first. A dash where one is unknown, or the second is 0."""
    if item.first is None or not item.second:
        return "–"
    change = item.first / item.second - 1
    arrow = "▲" if change > 0 else "▼" if change < 0 else "="
    return f"{arrow} {abs(change):.0%}"
