"""Reasons of the text's place."""

from __future__ import annotations

from html import escape

import streamlit as st

from feedly_core.i18n import N_
from feedly_core.results.attribution import Certainty, Used
from feedly_core.results.planner_choice import Contender
from feedly_core.results.planner_explanation import (
    CERTAINTY_LABELS,
    GROUP_LABELS,
    steps,
    used_words,
    would_another_have_won,
)
from feedly_core.results.report_types import JobReport, VariantReport
from pages.parts.results.widgets import html_table, variant_name
from pages.shared.badges import GOOD, ODD, WARN, badge
from pages.shared.language import _
from pages.shared.navigation import section

_LOOKS = {Certainty.EXACT: GOOD, Certainty.BY_PICTURE: GOOD, Certainty.SHARED: WARN, Certainty.NONE: ODD}


def show_planner(report: JobReport) -> None:
    """A tab a variant."""
    drawn = [
        variant
        for variant in report.variants
        if variant.planner.run or variant.overlay or variant.planner_picture
    ]
    if not drawn:
        return
    section(
        _("Why this place"), _("The rule of the overlay step, applied to the planner's stored candidates.")
    )
    for tab, variant in zip(st.tabs([variant_name(variant) for variant in drawn]), drawn, strict=True):
        with tab:
            _variant(variant)


def _variant(variant: VariantReport) -> None:
    planner = variant.planner
    used = badge(N_("default rectangle"), WARN).html() + " " if planner.used is Used.DEFAULT else ""
    sure = badge(CERTAINTY_LABELS[planner.certainty], _LOOKS[planner.certainty]).html()
    run = escape(_("Planner run"))
    st.html(
        f"<div class='fd-results-why'><p>{used}<strong>{escape(_(used_words(planner)))}</strong></p>"
        f"<p>{run}: {sure} {escape(_(planner.why))}</p>{_guessed(variant)}</div>"
    )
    if variant.choice is None:
        return
    told, table = st.columns([1, 1.4], gap="medium")
    with told:
        items = "".join(f"<li>{escape(_(step))}</li>" for step in steps(variant.choice))
        st.html(f"<ol class='fd-results-steps'>{items}</ol>")
        asked = escape(_("Could another box have won?"))
        st.html(f"<p><strong>{asked}</strong> {escape(_(would_another_have_won(variant)))}</p>")
    with table:
        heads = (_("Group"), _("Best candidate"), _("Score"), _("Adjusted"), _("Chance"))
        rows = [_row(item, variant) for item in variant.choice.contenders]
        html_table([escape(head) for head in heads], rows, _("Why this place"))


def _guessed(variant: VariantReport) -> str:
    if not variant.planner_picture_guessed:
        return ""
    words = _("Which stored planner picture is this variant's is only a guess, by the time they were made.")
    guess = badge(N_("a guess"), ODD).html()
    return f"<p>{guess} {escape(words)}</p>"


def _row(item: Contender, variant: VariantReport) -> list[str]:
    star = "★ " if item.proposal == variant.planner.item else ""
    return [
        escape(_(GROUP_LABELS[item.group])),
        f"{star}{escape(item.proposal.source)}",
        f"{item.score:.2f}",
        f"{item.adjusted:.2f}",
        f"{100 * item.probability:.0f}%",
    ]
