"""Reasons of failed checks and of the text's place."""

from __future__ import annotations

from html import escape

import streamlit as st

from feedly_core.domain.boxes import Box
from feedly_core.domain.labels import object_label
from feedly_core.domain.scores import Grade, Limit, Unit, written
from feedly_core.i18n import N_
from feedly_core.images.assets import Unavailable
from feedly_core.images.marks import DETECTION, OVERLAP, TEXT_BOX
from feedly_core.images.overlay_view import covered
from feedly_core.results.attribution import Certainty, Used
from feedly_core.results.image_checks import ImageChecks
from feedly_core.results.planner_choice import Contender
from feedly_core.results.planner_explanation import (
    CERTAINTY_LABELS,
    GROUP_LABELS,
    steps,
    used_words,
    would_another_have_won,
)
from feedly_core.results.report_types import JobReport, VariantReport
from feedly_core.results.scoring import Score, variant_scores
from feedly_core.results.texts import difference
from pages.parts.results.figure import Mark, Panel, picture_figure
from pages.parts.results.widgets import difference_html, html_table, limit_words, note, variant_name
from pages.shared.ask import fragment
from pages.shared.badges import GOOD, ODD, WARN, badge
from pages.shared.language import _
from pages.shared.navigation import picture_url, section

_HEIGHT = 420
_OVERLAPS = ("iou_with_food", "covered")
_CONTRASTS = ("contrast", "contrast_worst")
_DRAWN = (*_OVERLAPS, *_CONTRASTS, "ocr_accuracy")
_SIGNS = {Grade.FAIL: "✕", Grade.WARN: "▲"}

Failure = tuple[VariantReport, Score]


def show_failures(report: JobReport, evidence: ImageChecks, known: dict[str, Limit]) -> None:
    """The chips of all variants.

    Nothing when every check that can be drawn has passed.
    """
    failures = {
        f"{variant.order}.{score.name}": (variant, score)
        for variant in report.variants
        for score in variant_scores(variant, known, evidence.legibility.get(variant.order))
        if score.name in _DRAWN and score.grade in _SIGNS
    }
    if failures:
        _chips(failures, evidence)


@fragment
def _chips(failures: dict[str, Failure], evidence: ImageChecks) -> None:
    chosen = st.pills(
        _("Show the evidence"),
        list(failures),
        format_func=lambda name: _chip(failures[name]),
        key="results-why",
    )
    if chosen is None:
        return
    variant, score = failures[chosen]
    picture, words = st.columns([1, 1.2], gap="medium")
    with picture:
        _picture(variant, score, evidence)
    with words:
        note(
            f"{variant_name(variant)} · {_(score.title)}",
            f"<p>{_numbers(score)}</p>",
            *_words(variant, score, evidence),
        )


def _chip(failure: Failure) -> str:
    variant, score = failure
    return f"{_SIGNS[score.grade]} {variant_name(variant)} · {_(score.title)} {score.shown}"


def _numbers(score: Score) -> str:
    """The value beside the limit that it misses."""
    limit = limit_words(score.limit, score.unit)
    return f"<b>{escape(score.shown)}</b> " + escape(_("asked: {limit}", limit=limit))


def _picture(variant: VariantReport, score: Score, evidence: ImageChecks) -> None:
    asset = variant.overlaid
    file = evidence.files.get(asset.asset_id) if asset else None
    if asset is None or file is None or isinstance(file, Unavailable):
        st.caption(_("No picture"))
        return
    panel = Panel(
        picture_url(asset.asset_id, "full"), (file.width, file.height), _marks(variant, score, evidence)
    )
    figure = picture_figure(
        {"": [panel]},
        zoom=None,
        panel_height=_HEIGHT,
        ink="#e8eaed" if st.context.theme.type == "dark" else "#1f2933",
    )
    st.plotly_chart(
        figure, key="results-why-figure", config={"scrollZoom": True, "displaylogo": False}, theme=None
    )


def _marks(variant: VariantReport, score: Score, evidence: ImageChecks) -> list[Mark]:
    box = variant.overlay.layout.box if variant.overlay else None
    if box is None:
        return []
    marks = [Mark(box, TEXT_BOX, escape(_("Text box")), "text", dash="dash")]
    if score.name in _OVERLAPS:
        marks += _overlaps(variant, box)
    if score.name in _CONTRASTS and (measured := evidence.legibility.get(variant.order)):
        ratio = written(measured.contrast.patch_ratio, Unit.CONTRAST)
        words = escape(_("The worst place around the letters: {ratio}", ratio=ratio))
        marks.append(Mark(measured.contrast.patch, OVERLAP, words, "patch", width=3, caption=ratio))
    return marks


def _overlaps(variant: VariantReport, box: Box) -> list[Mark]:
    """Each object that the text covers, and what they share filled in red with its IoU."""
    marks = []
    for thing in variant.detections.boxes:
        shared = thing.box.intersection(box)
        if shared is not None:
            iou = f"IoU {written(thing.box.iou(box), Unit.SHARE)}"
            marks.append(
                Mark(thing.box, DETECTION, escape(_(object_label(thing.label))), "detections", dash="dot")
            )
            marks.append(Mark(shared, OVERLAP, iou, "overlap", fill=0.45, caption=iou))
    return marks


def _words(variant: VariantReport, score: Score, evidence: ImageChecks) -> list[str]:
    """The evidence in words: shares of the objects, the two colours, the text that was read."""
    if score.name in _OVERLAPS:
        return _covered(variant)
    if score.name in _CONTRASTS:
        measured = evidence.legibility.get(variant.order)
        if measured is None:
            return []
        sample = f"color:#{measured.text_color};background:rgb{measured.contrast.worst_background}"
        words = escape(_("Letters and ground where it is worst"))
        return [f"<p><i class='fd-results-sample' style='{sample}'>가나</i> {words}</p>"]
    ocr = variant.ocr.value if variant.ocr else None
    if ocr is None or ocr.original_text is None or ocr.recognized_text is None:
        return [escape(_("The texts are not recorded."))]
    return [f"<p>{difference_html(difference(ocr.original_text, ocr.recognized_text, 'character'))}</p>"]


def _covered(variant: VariantReport) -> list[str]:
    box = variant.overlay.layout.box if variant.overlay else None
    lines = [
        escape(
            _(
                "The text covers {percent} of this object: {label}.",
                percent=written(covered(thing.box, box), Unit.SHARE),
                label=_(object_label(thing.label)),
            )
        )
        for thing in (variant.detections.boxes if box else ())
        if box and thing.box.intersection(box)
    ]
    return [f"<p>{line}</p>" for line in lines]


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
