"""The finished ads of a job, first and large, each with its verdict and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import streamlit as st

from feedly_core.db import own_schema
from feedly_core.domain.labels import object_label
from feedly_core.domain.scores import Grade, Limit, Unit, written
from feedly_core.i18n import N_
from feedly_core.images.assets import Unavailable
from feedly_core.images.overlay_view import covered
from feedly_core.results.image_checks import ImageChecks
from feedly_core.results.report_types import JobReport, VariantReport
from feedly_core.results.scoring import Finding, Score, findings, severity, variant_scores
from feedly_core.results.texts import difference
from feedly_core.reviews import verdicts, winners
from feedly_core.reviews.verdicts import StoredVerdict, Verdict
from feedly_core.reviews.winners import Winner
from pages.parts.results.gallery.filters import VERDICTS
from pages.parts.results.marks import CONTRASTS, DRAWN, OVERLAPS, evidence_marks
from pages.parts.results.panel import shown
from pages.parts.results.widgets import difference_html, grade_badge, limit_words, variant_name
from pages.shared.ask import ask
from pages.shared.badges import BAD, GOOD, WARN, badge
from pages.shared.language import _, _n
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.scripts import KEYS, module

_FOLDER = Path(__file__).parent
_HEIGHT = 400
"""Pixels. Three ads with their verdicts and worst findings fit a screen of 1440 × 900."""
_SENTENCES = 4
_SIGNS = {Grade.FAIL: "✕", Grade.WARN: "▲"}
_VERDICT_LOOKS = {Verdict.APPROVE: GOOD, Verdict.NEEDS_WORK: WARN, Verdict.REJECT: BAD}
_FILES = {
    "overlaid": N_("The finished picture cannot be shown: {reason}"),
    "picture": N_("The picture without text cannot be shown: {reason}"),
}
_evidence = st.components.v2.component(
    "feedly.evidence",
    html='<button aria-pressed="false"></button>',
    css=(_FOLDER / "evidence.css").read_text(encoding="utf-8"),
    js=module(KEYS, _FOLDER / "evidence.js"),
)
_OF_SCORES = "".join(
    f".fd-ad:has([data-score='{name}']:is(:hover, [open], :focus-within)) .fd-of-{name}{{visibility:visible}}"
    for name in DRAWN
)
"""A finding that is pointed at, or open, shows its own boxes."""


@dataclass(frozen=True)
class Opinions:
    """What people said of the job's pictures; nothing where our schema is not installed."""

    said: tuple[StoredVerdict, ...] = ()
    winner: Winner | None = None


def show_ads(report: JobReport, evidence: ImageChecks, known: dict[str, Limit]) -> None:
    """The variants beside each other, the most urgent first, with the evidence hidden."""
    if not report.variants:
        empty(_("This job has no variants yet"), _("They appear as soon as the background pictures exist."))
        return
    statuses = report.variant_statuses(datetime.now(UTC))
    found = {
        variant.order: (
            *_unreadable(variant, evidence),
            *findings(
                variant, known, evidence.legibility.get(variant.order), statuses.get(variant.variant_id)
            ),
        )
        for variant in report.variants
    }
    ordered = sorted(report.variants, key=lambda variant: -severity(found[variant.order]))
    said = _opinions(report)
    cards = (_ad(variant, found[variant.order], evidence, known, said) for variant in ordered)
    st.html(f"<style>{_OF_SCORES}</style><div class='fd-ads'>{''.join(cards)}</div>")
    _evidence(
        key="results-evidence",
        data={"words": _("Show the evidence (hold E)"), "shown": _("Hide the evidence (E)")},
    )


def _opinions(report: JobReport) -> Opinions:
    if not ask(own_schema.installed):
        return Opinions()
    said = verdicts.present(ask(verdicts.history, report.job.job_id))
    return Opinions(said, winners.present(ask(winners.history, report.job.job_id)))


def _unreadable(variant: VariantReport, evidence: ImageChecks) -> list[Finding]:
    problems = []
    for name, sentence in _FILES.items():
        asset = getattr(variant, name)
        file = evidence.files.get(asset.asset_id) if asset else None
        if isinstance(file, Unavailable):
            words = type(sentence)(sentence.msgid, {"reason": file.reason})
            problems.append(Finding(Grade.FAIL, words, name))
    return problems


def _ad(
    variant: VariantReport,
    found: Sequence[Finding],
    evidence: ImageChecks,
    known: dict[str, Limit],
    said: Opinions,
) -> str:
    measured = evidence.legibility.get(variant.order)
    scores = {score.name: score for score in variant_scores(variant, known, measured)}
    worst = found[0].grade if found else Grade.PASS
    judged = grade_badge(worst).html() if found or variant.iou else ""
    lines = [_finding(item, scores.get(item.score), variant, evidence) for item in found]
    shown, rest = lines[:_SENTENCES], lines[_SENTENCES:]
    if rest:
        more = escape(_n("{n} more", "{n} more", len(rest)))
        shown.append(f"<li><details><summary>{more}</summary><ul>{''.join(rest)}</ul></details></li>")
    if not found:
        shown = [f"<li>{escape(_nothing(variant))}</li>"]
    return (
        f"<article class='fd-ad'>{_picture(variant, evidence)}"
        f"<p class='fd-ad-head'><strong>{escape(variant_name(variant))}</strong> {judged}"
        f"{_verdicts(variant, said)}</p><ul>{''.join(shown)}</ul></article>"
    )


def _picture(variant: VariantReport, evidence: ImageChecks) -> str:
    """The finished picture; before it, the one without text."""
    marks = tuple(evidence_marks(variant, evidence.legibility.get(variant.order)))
    name = variant_name(variant)
    if variant.overlaid is None and variant.picture is not None:
        return shown("input", variant, variant.picture, evidence, name, ()).html(_HEIGHT)
    return shown("overlay", variant, variant.overlaid, evidence, name, marks).html(_HEIGHT)


def _verdicts(variant: VariantReport, said: Opinions) -> str:
    """What people decided: the team's word, else how many said what; a star for what was chosen."""
    mine = [one for one in said.said if one.variant_id == variant.variant_id]
    team = verdicts.team_verdict(mine)
    counts = Counter(one.verdict for one in ([team] if team else mine))
    badges = [
        badge(_(words) if team or number == 1 else f"{_(words)} {number}", _VERDICT_LOOKS[verdict]).html()
        for verdict, words in VERDICTS.items()
        if (number := counts[verdict])
    ]
    winner = said.winner
    if winner and winner.team and winner.team.variant_id == variant.variant_id:
        badges.insert(0, badge(_("Winner of the team"), ("★", "good")).html())
    if not badges and variant.overlaid:
        nobody = escape(_("No verdict"))
        return f"<small class='fd-results-quiet'>{nobody}</small>"
    return " ".join(badges)


def _nothing(variant: VariantReport) -> str:
    return _("Nothing stands out.") if variant.iou else _("Not judged yet: the pipeline is still at work.")


def _finding(item: Finding, score: Score | None, variant: VariantReport, evidence: ImageChecks) -> str:
    """The sentence; where the picture shows why, it opens with the numbers, and its boxes appear."""
    sentence = f"{_SIGNS.get(item.grade, '')} {escape(_(item.sentence))}"
    if score is None or score.name not in DRAWN:
        return f"<li>{sentence}</li>"
    words = "".join(_words(variant, score, evidence))
    return (
        f"<li><details data-score='{score.name}'><summary>{sentence}</summary>"
        f"<p>{_numbers(score)}</p>{words}</details></li>"
    )


def _numbers(score: Score) -> str:
    """The value beside the limit that it misses."""
    limit = limit_words(score.limit, score.unit)
    return f"<b>{escape(score.shown)}</b> " + escape(_("asked: {limit}", limit=limit))


def _words(variant: VariantReport, score: Score, evidence: ImageChecks) -> Iterable[str]:
    """The evidence in words: shares of the objects, the two colours, the text that was read."""
    if score.name in OVERLAPS:
        return _covered(variant)
    if score.name in CONTRASTS:
        measured = evidence.legibility.get(variant.order)
        if measured is None:
            return []
        sample = f"color:#{measured.text_color};background:rgb{measured.contrast.worst_background}"
        words = escape(_("Letters and ground where it is worst"))
        return [f"<p><i class='fd-results-sample' style='{sample}'>가나</i> {words}</p>"]
    ocr = variant.ocr.value if variant.ocr else None
    if ocr is None or ocr.original_text is None or ocr.recognized_text is None:
        missing = escape(_("The texts are not recorded."))
        return [f"<p>{missing}</p>"]
    return [f"<p>{difference_html(difference(ocr.original_text, ocr.recognized_text, 'character'))}</p>"]


def _covered(variant: VariantReport) -> Iterable[str]:
    box = variant.overlay.layout.box if variant.overlay else None
    for thing in variant.detections.boxes if box else ():
        if box and thing.box.intersection(box):
            line = _(
                "The text covers {percent} of this object: {label}.",
                percent=written(covered(thing.box, box), Unit.SHARE),
                label=_(object_label(thing.label)),
            )
            yield f"<p>{escape(line)}</p>"
