"""Scores of every variant, their evidence, and verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st

from feedly_core.db import own_schema
from feedly_core.domain.labels import object_label
from feedly_core.domain.payloads.vlm_traces import FontRecommendation
from feedly_core.domain.scores import Grade, Limit, Unit, written
from feedly_core.i18n import N_, Message
from feedly_core.images.contrast import parse_color
from feedly_core.images.overlay_view import covered
from feedly_core.results.image_checks import ImageChecks
from feedly_core.results.legibility import Legibility, disagree, wcag_level
from feedly_core.results.report_types import JobReport, VariantReport
from feedly_core.results.scoring import Score, variant_scores
from feedly_core.results.texts import difference
from feedly_core.reviews import verdicts, winners
from feedly_core.reviews.verdicts import Mark, StoredVerdict
from feedly_core.reviews.winners import Choice
from pages.parts.results.widgets import (
    answer_note,
    difference_html,
    full_answer,
    grade_badge,
    heading,
    html_table,
    limit_words,
    note,
    repeated,
    variant_name,
)
from pages.parts.review.figures import SHAPES, judgement_line, pins_html
from pages.shared.ask import ask
from pages.shared.formatting import moment
from pages.shared.language import _
from pages.shared.lightbox import opener
from pages.shared.navigation import picture_url, section
from pages.shared.placeholders import empty
from pages.shared.scores import score_title
from pages.shared.terms import score_link, term_link


def show_scores(report: JobReport, evidence: ImageChecks, known: dict[str, Limit]) -> None:
    """The table of scores, then what the machine read, the contrast, and the judge."""
    st.caption(_("The limit of “pass” stands beside each score. An operator sets limits on the review page."))
    if not any(variant.ocr or variant.readability or variant.iou for variant in report.variants):
        empty(_("Nothing has been scored yet"), _("Scores appear after the text is drawn."))
        return
    _table(report, evidence, known)
    _show_evaluations(report, evidence)


def _table(report: JobReport, evidence: ImageChecks, known: dict[str, Limit]) -> None:
    columns = [
        variant_scores(variant, known, evidence.legibility.get(variant.order)) for variant in report.variants
    ]
    rows, family = [], ""
    for scores in zip(*columns, strict=True):
        first = scores[0]
        name = score_link(first.name, _(first.title))
        if _(first.family) != family:
            family = _(first.family)
            name = f"<small>{escape(family)}</small>{name}"
        limits = dict.fromkeys(limit_words(score.limit, score.unit) for score in scores)
        rows.append([name, escape(" / ".join(limits)), *(_cell(score) for score in scores)])
    heads = [escape(_("Score")), escape(_("Limit"))]
    heads += [escape(variant_name(variant)) for variant in report.variants]
    html_table(heads, rows, _("Scores"))


def _cell(score: Score) -> str:
    if score.value is None:
        return "<span class='fd-results-quiet'>" + escape(_("not recorded")) + "</span>"
    if score.grade is Grade.UNKNOWN:
        return f"<b>{score.shown}</b>"
    return f"<b>{score.shown}</b> {grade_badge(score.grade).html()}"


_ANSWERS = (
    ("on_brief", N_("Fits the order"), True),
    ("occlusion", N_("Something is covered"), False),
    ("contrast_ok", N_("Contrast is fine"), True),
    ("cta_present", N_("Call to action present"), True),
)


def _show_evaluations(report: JobReport, evidence: ImageChecks) -> None:
    """Three columns, each with one block per variant."""
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
    _show_vlm_check(report)
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
        if box is None:
            continue
        for thing in variant.detections.boxes:
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
        linked = [term_link("iou", head) if head == "IoU" else escape(head) for head in heads]
        html_table(linked, rows, title)


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
        _ratio(_("Worst 5%"), found.worst, found.worst_background, measured),
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
    answers = "".join(
        _judge_answer(getattr(said, name), _(words), good=good) for name, words, good in _ANSWERS
    )
    answer = full_answer(said.text or said.reasoning)
    answer_note(variant, answers, said.issues, answer, of_variant=variant.judgement.of_variant)


def _judge_answer(value: bool | None, words: str, *, good: bool) -> str:
    if value is None:
        return f"<li>– {escape(words)}: " + escape(_("not recorded")) + "</li>"
    shape = "●" if value is good else "▲" if good else "✕"
    said = _("yes") if value else _("no, or not stated")
    return f"<li>{shape} {escape(words)}: {escape(said)}</li>"


_COLUMNS = 3
_SIZES: dict[str, Message] = {"small": N_("small"), "medium": N_("medium"), "large": N_("large")}


def _show_vlm_check(report: JobReport) -> None:
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
    answers = _vlm_answer(said.valid, _("Picture and copy fit")) + _vlm_answer(
        said.quality_ok, _("Picture is good")
    )
    answer_note(
        variant,
        answers,
        said.issues,
        _font(said.font) if said.font else "",
        full_answer(said.text),
        escape(repeated(variant.analysis.rows)),
        of_variant=variant.analysis.of_variant,
    )


def _vlm_answer(value: bool | None, words: str) -> str:
    shape, said = ("–", _("not recorded")) if value is None else ("●", _("yes")) if value else ("▲", _("no"))
    return f"<li>{shape} {escape(words)}: {escape(said)}</li>"


def _font(font: FontRecommendation) -> str:
    """The recommended font, its colour as a dot, and why."""
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


def show_reviews(report: JobReport) -> None:
    """Nothing without a verdict: the review page is the start."""
    if not ask(own_schema.installed):
        return
    said = ask(verdicts.history, report.job.job_id)
    chosen = ask(winners.history, report.job.job_id)
    if not said and not chosen:
        return
    section(_("What people said"), _("Verdicts and winners of the review page; nothing is ever overwritten."))
    columns = st.columns(max(3, min(4, len(report.variants))), gap="medium")
    for place, variant in enumerate(report.variants):
        with columns[place % len(columns)]:
            _variant(variant, said, chosen)
    with st.expander(_("Every change"), icon=":material/history:"):
        for line in _changes(report, said, chosen):
            st.text(line)


def _variant(variant: VariantReport, said: Sequence[StoredVerdict], chosen: Sequence[Choice]) -> None:
    mine = [one for one in verdicts.present(said) if one.variant_id == variant.variant_id]
    winner = winners.present(chosen)
    lines = []
    for choice in (*winner.people, *([winner.team] if winner.team else [])):
        if choice.variant_id == variant.variant_id:
            words = _("{name} chose it", name=_who(choice.person, team=choice.team))
            lines.append(f"<p>★ {escape(words)}</p>")
    marks: list[Mark] = []
    for one in mine:
        shape = escape(SHAPES[one.verdict])
        line = judgement_line(one, start=len(marks))
        lines.append(f"<p>{shape} {escape(f'{_who(one.reviewer, team=one.team)}: {line}')}</p>")
        marks += one.marks
    if marks:
        name, picture = variant_name(variant), mine[-1].picture_id
        image = f"<img src='{picture_url(picture)}' alt='{escape(name, quote=True)}'>"
        large = f"<a {opener(picture, name)}>{image}</a>"
        lines.insert(0, f"<figure class='fd-pinned'>{large}{pins_html(marks)}</figure>")
    note(variant_name(variant), *(lines or [escape(_("No verdict"))]))


def _changes(report: JobReport, said: Iterable[StoredVerdict], chosen: Iterable[Choice]) -> list[str]:
    """Everything in the order of time, the newest first."""
    names = {variant.variant_id: variant_name(variant) for variant in report.variants}
    told = [
        (one.at, one.reviewer, one.team, f"{names.get(one.variant_id, '–')} · {judgement_line(one)}")
        for one in said
    ]
    for choice in chosen:
        what = names.get(choice.variant_id, "–") if choice.variant_id else _("Taken back")
        told.append((choice.at, choice.person, choice.team, "★ " + what))
    return [f"{moment(at)}  {_who(name, team=team)}: {what}" for at, name, team, what in sorted(told)[::-1]]


def _who(name: str, *, team: bool) -> str:
    return _("{name} for the team", name=name) if team else name
