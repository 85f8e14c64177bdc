"""Head of one job, and its variants by how much attention they need."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

import streamlit as st

from feedly_core.domain import labels
from feedly_core.domain.scores import Grade, Limit
from feedly_core.i18n import N_
from feedly_core.images.assets import Unavailable
from feedly_core.results.image_checks import ImageChecks
from feedly_core.results.report_types import JobReport, VariantReport
from feedly_core.results.scoring import Finding, findings, severity
from pages.parts.results import pictures
from pages.parts.results.widgets import grade_badge, image_html, variant_name
from pages.shared.badges import status_badge
from pages.shared.formatting import moment, shortened
from pages.shared.language import _, _n, language
from pages.shared.navigation import name_tab, page_href, picture_url, section


def show_head(report: JobReport, evidence: ImageChecks, known: dict[str, Limit]) -> None:
    """Input picture, description, facts; links and downloads to the right."""
    name_tab(report.job.desc_kor or str(report.job.job_id)[:8], _("Results"))
    facts, actions = st.columns([3.2, 1], gap="medium", vertical_alignment="center")
    with facts:
        st.html(f"<div class='fd-results-head'>{_input(report, evidence)}<div>{_lines(report)}</div></div>")
    with actions:
        st.page_link("pages/results.py", label=_("All jobs"), icon=":material/arrow_back:")
        pictures.archive_button(report, evidence, known)
    for sentence in report.not_in_schema:
        st.caption(_("This database does not record: {what}.", what=_(sentence)))


def _input(report: JobReport, evidence: ImageChecks) -> str:
    asset = report.input_picture
    if asset is None or isinstance(evidence.files.get(asset.asset_id), Unavailable):
        return image_html(None, _("No input picture"))
    picture = image_html(asset, _("Input picture"), pixels=112)
    return f"<a href='{picture_url(asset.asset_id, 'full')}' target='_blank'>{picture}</a>"


def _lines(report: JobReport) -> str:
    job = report.job
    tone = job.tone.get("kor_name" if language() == "ko" else "eng_name") or next(
        iter(job.tone.values()), None
    )
    facts = (
        (_("Tenant"), job.tenant_name or job.tenant_id),
        (_("Store"), " · ".join(filter(None, (job.store, job.store_category)))),
        (_("Tone"), tone),
        (_("Release"), job.version),
        (_("Made"), moment(job.created_at)),
    )
    cells = "".join(
        f"<span><small>{escape(name)}</small> {escape(shortened(str(value)), quote=True)}</span>"
        for name, value in facts
        if value
    )
    again = _n("{n} retry", "{n} retries", job.retry_count) if job.retry_count else ""
    retries = f"<span>{escape(again)}</span>" if again else ""
    title = escape(shortened(job.desc_kor or _("(no description)")))
    english = f"<p class='fd-results-quiet'>{escape(shortened(job.desc_eng))}</p>" if job.desc_eng else ""
    status = report.status(datetime.now(UTC))
    remark = labels.remark(status)
    beside = f" <small>{escape(_(remark))}</small>" if remark else ""
    state = f"{status_badge(status).html()}{beside}"
    watch = escape(_("Watch it in the live monitor"))
    monitor = page_href("live_monitor", job=job.job_id)
    return (
        f"<h2>{title}</h2>{english}<p>{state}</p>"
        f"<p class='fd-results-facts'>{cells}{retries}</p>"
        f"<p class='fd-results-quiet'><code>{job.job_id}</code> · "
        f"<a href='{monitor}' target='_self'>{watch}</a></p>"
    )


_SENTENCES = 4
_FILES = {
    "overlaid": N_("The finished picture cannot be shown: {reason}"),
    "picture": N_("The picture without text cannot be shown: {reason}"),
}


def show_attention(report: JobReport, evidence: ImageChecks, known: dict[str, Limit]) -> None:
    """A card a variant, the most urgent first."""
    if not report.variants:
        return
    section(_("What needs attention first"))
    statuses = report.variant_statuses(datetime.now(UTC))
    found = {
        variant.order: (
            *_files(variant, evidence),
            *findings(
                variant,
                known,
                evidence.legibility.get(variant.order),
                statuses.get(variant.variant_id),
            ),
        )
        for variant in report.variants
    }
    ordered = sorted(report.variants, key=lambda variant: -severity(found[variant.order]))
    st.html(
        "<div class='fd-results-eyes'>"
        + "".join(_card(variant, found[variant.order], evidence) for variant in ordered)
        + "</div>"
    )


def _files(variant: VariantReport, evidence: ImageChecks) -> list[Finding]:
    problems = []
    for name, sentence in _FILES.items():
        asset = getattr(variant, name)
        file = evidence.files.get(asset.asset_id) if asset else None
        if isinstance(file, Unavailable):
            words = type(sentence)(sentence.msgid, {"reason": file.reason})
            problems.append(Finding(Grade.FAIL, words, name))
    return problems


def _card(variant: VariantReport, found: tuple[Finding, ...], evidence: ImageChecks) -> str:
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


def _picture(variant: VariantReport, evidence: ImageChecks) -> str:
    asset = variant.overlaid or variant.picture
    if asset is None or isinstance(evidence.files.get(asset.asset_id), Unavailable):
        return image_html(None, _("No picture"))
    return image_html(asset, variant_name(variant), pixels=96)
