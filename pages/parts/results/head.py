"""Who ordered what: the job in a few lines, its state, and what can be taken along."""

from __future__ import annotations

from html import escape

import streamlit as st

from feedly_core.domain import pipeline
from feedly_core.domain.scores import Limit
from feedly_core.images.assets import Unavailable
from feedly_core.results.image_checks import Evidence
from feedly_core.results.report_types import JobReport
from pages.parts.results import downloads
from pages.parts.results.widgets import image_html
from pages.shared.badges import row_badge
from pages.shared.formatting import moment
from pages.shared.language import _, _n, language
from pages.shared.navigation import page_href, picture_url

_SHOWN_CHARACTERS = 300


def show(report: JobReport, evidence: Evidence, known: dict[str, Limit]) -> None:
    """Input picture, description, facts; links and downloads to the right."""
    facts, actions = st.columns([3.2, 1], gap="medium", vertical_alignment="center")
    with facts:
        st.html(f"<div class='fd-results-head'>{_input(report, evidence)}<div>{_lines(report)}</div></div>")
    with actions:
        st.page_link("pages/results.py", label=_("All jobs"), icon=":material/arrow_back:")
        downloads.archive_button(report, evidence, known)
    for sentence in report.not_in_schema:
        st.caption(_("This database does not record: {what}.", what=_(sentence)))


def _input(report: JobReport, evidence: Evidence) -> str:
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
        f"<span><small>{escape(name)}</small> {escape(_short(str(value)), quote=True)}</span>"
        for name, value in facts
        if value
    )
    again = _n("{n} retry", "{n} retries", job.retry_count) if job.retry_count else ""
    retries = f"<span>{escape(again)}</span>" if again else ""
    title = escape(_short(job.desc_kor or _("(no description)")))
    english = f"<p class='fd-results-quiet'>{escape(_short(job.desc_eng))}</p>" if job.desc_eng else ""
    state = f"{row_badge(job.status).html()} {escape(_(pipeline.title(job.step)))}"
    watch = escape(_("Watch it in the live monitor"))
    monitor = page_href("live_monitor", job=job.job_id)
    return (
        f"<h3>{title}</h3>{english}<p>{state}</p>"
        f"<p class='fd-results-facts'>{cells}{retries}</p>"
        f"<p class='fd-results-quiet'><code>{job.job_id}</code> · "
        f"<a href='{monitor}' target='_self'>{watch}</a></p>"
    )


def _short(text: str) -> str:
    """Heads are for a glance: the whole text stands in its own section."""
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
