"""Every score of every variant with its verdict and limit, and the judge's answers."""

from __future__ import annotations

from html import escape

from feedly_core.domain.scores import Grade, Limit
from feedly_core.results.image_checks import Evidence
from feedly_core.results.report_types import JobReport
from feedly_core.results.scoring import Score, variant_scores
from pages.parts.results import judge
from pages.parts.results.widgets import grade_badge, html_table, limit_words, variant_name
from pages.shared.language import _
from pages.shared.navigation import section
from pages.shared.placeholders import empty


def show(report: JobReport, evidence: Evidence, known: dict[str, Limit]) -> None:
    """The table of scores, then what the machine read, the contrast, and the judge."""
    section(
        _("Scores"), _("The limit of “pass” stands beside each score. Limits are set by FEEDLY_THRESHOLDS.")
    )
    if not any(variant.ocr or variant.readability or variant.iou for variant in report.variants):
        empty(_("Nothing has been scored yet"), _("Scores appear after the text is drawn."))
        return
    _table(report, evidence, known)
    judge.show(report, evidence)


def _table(report: JobReport, evidence: Evidence, known: dict[str, Limit]) -> None:
    columns = [
        variant_scores(variant, known, evidence.legibility.get(variant.order)) for variant in report.variants
    ]
    rows, family = [], ""
    for scores in zip(*columns, strict=True):
        first = scores[0]
        name = escape(_(first.title))
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
