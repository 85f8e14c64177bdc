"""Behind the scores: what the machine read, the contrast as drawn, the judge's answers."""

from __future__ import annotations

import json
from html import escape

import streamlit as st

from feedly_core.domain.labels import object_label
from feedly_core.domain.scores import Grade, Unit, written
from feedly_core.i18n import N_
from feedly_core.images.overlay_view import covered
from feedly_core.results.image_checks import Evidence
from feedly_core.results.legibility import Legibility, disagree, wcag_level
from feedly_core.results.report_types import JobReport, VariantReport
from feedly_core.results.texts import difference
from pages.parts.results import vlm_check
from pages.parts.results.widgets import (
    answer_note,
    difference_html,
    full_answer,
    grade_badge,
    heading,
    html_table,
    note,
    repeated,
    variant_name,
)
from pages.shared.language import _
from pages.shared.scores import score_title

_ANSWERS = (
    ("on_brief", N_("Fits the order"), True),
    ("occlusion", N_("Something is covered"), False),
    ("contrast_ok", N_("Contrast is fine"), True),
    ("cta_present", N_("Call to action present"), True),
)


def show(report: JobReport, evidence: Evidence) -> None:
    """Three columns, each with a block a variant."""
    read, contrast, judge = st.columns(3, gap="medium")
    with read:
        heading(_("What the machine read"))
        for variant in report.variants:
            _recognised(variant)
    with contrast:
        heading(score_title("contrast"))
        for variant in report.variants:
            _contrast(variant, evidence.legibility.get(variant.order))
    with judge:
        heading(_("AI judge"))
        for variant in report.variants:
            _judge(variant)
    vlm_check.show(report)
    _objects(report)
    _others(report)


def _others(report: JobReport) -> None:
    """Evaluations of types that are new to this page, as they are stored."""
    rows = [
        [
            escape(variant_name(variant)),
            escape(kind),
            f"<code>{escape(json.dumps(metrics, ensure_ascii=False))}</code>",
        ]
        for variant in report.variants
        for kind, metrics in variant.other_evaluations.items()
    ]
    if rows:
        heading(_("Other evaluations"))
        heads = (_("Variant"), _("Type"), _("Stored values"))
        html_table([escape(head) for head in heads], rows, _("Other evaluations"))


def _objects(report: JobReport) -> None:
    """Each detected object against the text box of its variant."""
    rows = []
    for variant in report.variants:
        box = variant.overlay.layout.box if variant.overlay else None
        for thing in variant.detections.boxes if box is not None else ():
            rows.append(
                [
                    escape(variant_name(variant)),
                    escape(_(object_label(thing.label))),
                    written(thing.score, Unit.SHARE),
                    written(thing.box.iou(box), Unit.SHARE),
                    written(covered(thing.box, box), Unit.SHARE),
                ]
            )
    if not rows:
        return
    title = _("Overlap, object by object")
    heads = (_("Variant"), _("Object"), _("Confidence"), "IoU", _("Covered by the text"))
    with st.expander(title, icon=":material/select_all:"):
        html_table([escape(head) for head in heads], rows, title)


def _recognised(variant: VariantReport) -> None:
    """Original against recognised text, character by character."""
    if variant.ocr is None:
        return
    ocr = variant.ocr.value
    if ocr.original_text is None or ocr.recognized_text is None:
        body = escape(_("The texts are not recorded."))
    else:
        body = difference_html(difference(ocr.original_text, ocr.recognized_text, "character"))
    note(variant_name(variant), f"<p>{body}</p>", escape(repeated(variant.ocr.rows)))


def _contrast(variant: VariantReport, measured: Legibility | None) -> None:
    if measured is None:
        missing = _("Not measured: the finished picture or the place of the text is missing.")
        note(variant_name(variant), escape(missing))
        return
    found, needed = measured.contrast, measured.required
    size = "" if measured.font_size is None else f" ({measured.font_size} px)"
    asked = _("AA needs {aa}:1, AAA {aaa}:1 at this font size", aa=needed.aa, aaa=needed.aaa)
    note(
        variant_name(variant),
        _ratio(_("Mean"), found.mean, found.mean_background, measured),
        _ratio(_("Worst 5 %"), found.worst, found.worst_background, measured),
        f"<small>{escape(asked)}{size}</small>",
        _disagreement(variant, measured),
    )


def _ratio(name: str, ratio: float, background: tuple[int, int, int], measured: Legibility) -> str:
    """The figure with its two colours as letters on ground, so that it can be seen."""
    sample = f"color:#{measured.text_color};background:rgb{background}"
    shown = written(ratio, Unit.CONTRAST)
    return (
        f"<p>{escape(name)} <b>{shown}</b> <i class='fd-results-sample' style='{sample}'>가나</i>"
        f" WCAG {wcag_level(ratio, measured.required)}</p>"
    )


def _disagreement(variant: VariantReport, measured: Legibility) -> str:
    if variant.readability is None or not disagree(variant, measured):
        return ""
    sentence = _(
        "The stored figure says {stored}: it compares the requested colour with a few middle pixels.",
        stored=written(variant.readability.value.contrast_ratio, Unit.CONTRAST),
    )
    return f"<p>{grade_badge(Grade.WARN).html()} {escape(sentence)}</p>"


def _judge(variant: VariantReport) -> None:
    if variant.judgement is None:
        return
    said = variant.judgement.value
    answers = "".join(_answer(getattr(said, name), _(words), good=good) for name, words, good in _ANSWERS)
    answer = full_answer(said.text or said.reasoning)
    answer_note(variant, answers, said.issues, answer, of_variant=variant.judgement.of_variant)


def _answer(value: bool | None, words: str, *, good: bool) -> str:
    if value is None:
        return f"<li>– {escape(words)}: " + escape(_("not recorded")) + "</li>"
    shape = "●" if value is good else "▲" if good else "✕"
    said = _("yes") if value else _("no, or not stated")
    return f"<li>{shape} {escape(words)}: {escape(said)}</li>"
