"""What the vision model said before the text was drawn: whether picture and copy fit, and which font."""

from __future__ import annotations

from html import escape

import streamlit as st

from feedly_core.domain.payloads.vlm_traces import FontRecommendation
from feedly_core.i18n import N_, Message
from feedly_core.images.contrast import parse_color
from feedly_core.results.report_types import JobReport, VariantReport
from pages.parts.results.widgets import answer_note, full_answer, heading, repeated
from pages.shared.language import _

_COLUMNS = 3
_SIZES: dict[str, Message] = {"small": N_("small"), "medium": N_("medium"), "large": N_("large")}


def show(report: JobReport) -> None:
    """A block a variant; nothing before the check has run."""
    looked = [variant for variant in report.variants if variant.analysis is not None]
    if not looked:
        return
    heading(_("AI check before the text is drawn"))
    columns = st.columns(_COLUMNS, gap="medium")
    for place, variant in enumerate(looked):
        with columns[place % _COLUMNS]:
            _block(variant)


def _block(variant: VariantReport) -> None:
    if variant.analysis is None:
        return
    said = variant.analysis.value
    answers = _answer(said.valid, _("Picture and copy fit")) + _answer(said.quality_ok, _("Picture is good"))
    answer_note(
        variant,
        answers,
        said.issues,
        _font(said.font) if said.font else "",
        full_answer(said.text),
        escape(repeated(variant.analysis.rows)),
        of_variant=variant.analysis.of_variant,
    )


def _answer(value: bool | None, words: str) -> str:
    shape, said = {True: ("●", _("yes")), False: ("▲", _("no"))}.get(value, ("–", _("not recorded")))
    return f"<li>{shape} {escape(words)}: {escape(said)}</li>"


def _font(font: FontRecommendation) -> str:
    """The recommended font with its colour as a dot, and why."""
    size = _SIZES.get(font.size_category or "")
    facts = " · ".join(filter(None, (font.name, font.style, _(size) if size else font.size_category)))
    why = f"<br><small>{escape(font.reasoning)}</small>" if font.reasoning else ""
    name = escape(_("Recommended font"))
    return f"<p>{name}: {_dot(font.color)}{escape(facts)}{why}</p>"


def _dot(color: str | None) -> str:
    try:
        shown = parse_color(color or "")
    except ValueError:
        return ""
    return f"<i class='fd-results-dot' style='background:rgb{shown}'></i>"
