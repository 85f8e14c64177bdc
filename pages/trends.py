"""Trends: quality, speed and cost, with the jobs behind each point."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from feedly_core.analytics.choices import choices
from feedly_core.analytics.differences import change_words, measure_title, measure_words
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery_address import PERIODS
from feedly_core.analytics.trends import By, compare, compared_with
from feedly_core.analytics.variant_source import VariantSource, variant_source
from feedly_core.i18n import N_
from pages.parts.results.gallery import cards
from pages.parts.trends import charts, targets
from pages.parts.trends.charts import Question
from pages.shared import url_state
from pages.shared.ask import ask, page_errors, sections
from pages.shared.filter_chips import Chip, filter_chips
from pages.shared.language import _
from pages.shared.navigation import page_title, section
from pages.shared.on_sight import on_sight
from pages.shared.saved_views import offer_to_save
from pages.shared.scores import limits

GROUPS = {By.DAY: N_("By day"), By.RELEASE: N_("By release")}
SUBJECTS = {
    "quality": N_("Quality"),
    "speed": N_("Speed"),
    "cost": N_("Runs and cost"),
    "targets": N_("Targets"),
}
DEFAULT_DAYS = 30
_TABLE_HEIGHT = 730
"""Of the comparison, in pixels: twenty-one measures and a head."""


def _asked_question() -> Question:
    """The row of controls."""
    tenants, _tones = ask(choices)
    with st.container(horizontal=True, vertical_alignment="bottom", key="trends-controls"):
        tenant = url_state.maybe("tenant", _("Tenant"), tenants)
        days = url_state.one(
            "days", _("Period"), PERIODS, lambda number: _(PERIODS[number]), default=DEFAULT_DAYS
        )
        by = url_state.one("by", _("Group by"), GROUPS, lambda name: _(GROUPS[name]))
        subject = url_state.switch(
            "subject", _("Topic"), SUBJECTS, lambda name: _(SUBJECTS[name]), label_visibility="visible"
        )
        zoomed = url_state.flag(
            "zoom", _("Zoom to data"), help=_("The axes begin where the data do, not at 0.")
        )
        offer_to_save("trends")
    chips = [
        Chip("tenant", _("Tenant"), tenant or ""),
        Chip("days", _("Period"), _(PERIODS[days]), DEFAULT_DAYS),
        Chip("against", _("Compare"), st.query_params.get("against", "")),
    ]
    filter_chips([chip for chip in chips if chip.key in st.query_params])
    return Question(tenant, days, by, subject, zoomed)


def _show_comparison(source: VariantSource, question: Question) -> None:
    """This period against the one before, or against another tenant."""
    section(_("Compare"))
    tenants, _tones = ask(choices)
    others = [tenant for tenant in tenants if tenant != question.tenant]
    other = url_state.maybe("against", _("With"), others, none=_("the same time before"))
    since = question.since
    here = PictureFilters(tenant=question.tenant, since=since)
    there = compared_with(question.tenant, since, question.days, other)
    on_sight("comparison", _TABLE_HEIGHT, partial(_draw_comparison, source, here, there, other))


def _draw_comparison(
    source: VariantSource, here: PictureFilters, there: PictureFilters, other: str | None
) -> None:
    found, known = ask(compare, source, here, there), limits()
    st.dataframe(
        {
            _("Measure"): [_(measure_title(item.name)) for item in found],
            _("This period"): [_(measure_words(item.name, item.first, known)) for item in found],
            other or _("The same time before"): [
                _(measure_words(item.name, item.second, known)) for item in found
            ],
            _("Change"): [change_words(item) for item in found],
        },
        hide_index=True,
        height="content",
    )


page_title("trends")
with page_errors():
    source = ask(variant_source, datetime.now(UTC))
    question = _asked_question()
    if question.subject == "targets":
        sections(lambda: cards.show_freshness(source), lambda: targets.show_targets(source, question.tenant))
    else:
        sections(
            lambda: cards.show_freshness(source),
            lambda: charts.show_charts(source, question),
            lambda: _show_comparison(source, question),
        )
