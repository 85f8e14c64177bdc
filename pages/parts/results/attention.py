"""What needs eyes first: the variants by severity, each with plain sentences why."""

from __future__ import annotations

from html import escape

import streamlit as st

from feedly_core.domain.scores import Grade, Limit
from feedly_core.i18n import N_
from feedly_core.images.assets import Unavailable
from feedly_core.results.image_checks import Evidence
from feedly_core.results.report_types import JobReport, VariantReport
from feedly_core.results.scoring import Finding, findings, severity
from pages.parts.results.widgets import grade_badge, image_html, variant_name
from pages.shared.language import _
from pages.shared.navigation import section

_SENTENCES = 4
_FILES = {
    "overlaid": N_("The finished picture cannot be shown: {reason}"),
    "picture": N_("The picture without text cannot be shown: {reason}"),
}


def show(report: JobReport, evidence: Evidence, known: dict[str, Limit]) -> None:
    """A card a variant, the most urgent first."""
    if not report.variants:
        return
    section(_("What needs eyes first"))
    found = {
        variant.order: (
            *_files(variant, evidence),
            *findings(variant, known, evidence.legibility.get(variant.order)),
        )
        for variant in report.variants
    }
    ordered = sorted(report.variants, key=lambda variant: -severity(found[variant.order]))
    st.html(
        "<div class='fd-results-eyes'>"
        + "".join(_card(variant, found[variant.order], evidence) for variant in ordered)
        + "</div>"
    )


def _files(variant: VariantReport, evidence: Evidence) -> list[Finding]:
    problems = []
    for name, sentence in _FILES.items():
        asset = getattr(variant, name)
        file = evidence.files.get(asset.asset_id) if asset else None
        if isinstance(file, Unavailable):
            words = type(sentence)(sentence.msgid, {"reason": file.reason})
            problems.append(Finding(Grade.FAIL, words, name))
    return problems


def _card(variant: VariantReport, found: tuple[Finding, ...], evidence: Evidence) -> str:
    worst = found[0].grade if found else Grade.PASS
    name = escape(variant_name(variant))
    rest = len(found) - _SENTENCES
    items = "".join(
        f"<li>{'✕' if item.grade is Grade.FAIL else '▲'} {escape(_(item.sentence))}</li>"
        for item in found[:_SENTENCES]
    )
    if rest > 0:
        more = escape(_("and {n} more below", n=rest))
        items += f"<li class='fd-results-quiet'>{more}</li>"
    if not found:
        items = f"<li>{escape(_nothing(variant))}</li>"
    return (
        f"<article>{_picture(variant, evidence)}<div><p><strong>{name}</strong> "
        f"{grade_badge(worst).html() if found or variant.iou else ''}</p><ul>{items}</ul></div></article>"
    )


def _nothing(variant: VariantReport) -> str:
    return _("Nothing stands out.") if variant.iou else _("Not judged yet: the pipeline is still at work.")


def _picture(variant: VariantReport, evidence: Evidence) -> str:
    asset = variant.overlaid or variant.picture
    if asset is None or isinstance(evidence.files.get(asset.asset_id), Unavailable):
        return image_html(None, _("No picture"))
    return image_html(asset, variant_name(variant), pixels=96)
