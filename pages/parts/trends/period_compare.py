"""Two periods or two tenants beside each other."""

from __future__ import annotations

import streamlit as st

from feedly_core.analytics.gallery import Filters
from feedly_core.analytics.trends import Difference, compare
from feedly_core.analytics.variant_source import FactSource
from feedly_core.domain import pipeline
from feedly_core.domain.scores import SCORES
from feedly_core.i18n import N_
from feedly_core.reviews.pictures import choices
from pages.parts.trends.filters import Question
from pages.shared import url_state
from pages.shared.ask import ask
from pages.shared.language import _
from pages.shared.navigation import section
from pages.shared.scores import score_title, score_words

MEASURES = {
    "jobs": N_("Jobs"),
    "complete": N_("Complete"),
    "failed": N_("Failed"),
    "wcag_aa": N_("Contrast passes WCAG AA"),
    "cost_usd": N_("Cost (USD)"),
}
AS_SHARE = ("complete", "failed", "wcag_aa")


def show(source: FactSource, question: Question) -> None:
    """This period against the one before, or against another tenant."""
    section(_("Compare"))
    tenants, _tones = ask(choices)
    others = [tenant for tenant in tenants if tenant != question.tenant]
    other = url_state.maybe("against", _("With"), others, none=_("the same time before"))
    here = question.filters
    there = Filters(tenant=other, since=here.since) if other else question.before
    found = ask(compare, source, here, there)
    st.dataframe(
        {
            _("Measure"): [_name(item) for item in found],
            _("This period"): [_written(item.name, item.first) for item in found],
            other or _("The same time before"): [_written(item.name, item.second) for item in found],
            _("Change"): [_change(item) for item in found],
        },
        hide_index=True,
        height="content",
    )


def _name(item: Difference) -> str:
    if item.name in MEASURES:
        return _(MEASURES[item.name])
    if item.name in SCORES:
        return score_title(item.name)
    return _("{step}, median", step=pipeline.title(item.name.removesuffix("_ms")))


def _written(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    if name in AS_SHARE:
        return f"{100 * value:.1f} %"
    if name in SCORES:
        return score_words(name, value)
    if name.endswith("_ms"):
        return f"{value / 1000:.2f} s"
    return f"{value:.4f}" if name == "cost_usd" else f"{value:.2f}".removesuffix(".00")


def _change(item: Difference) -> str:
    if item.first is None or not item.second:
        return "–"
    change = item.first / item.second - 1
    arrow = "▲" if change > 0 else "▼" if change < 0 else "="
    return f"{arrow} {abs(change):.0%}"
