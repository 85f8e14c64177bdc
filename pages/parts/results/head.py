"""One job's head: what was ordered, status, facts."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

import streamlit as st

from feedly_core.domain import labels
from feedly_core.domain.scores import Limit
from feedly_core.images.assets import Unavailable
from feedly_core.results.image_checks import ImageChecks
from feedly_core.results.report_types import JobReport
from pages.parts.results import pictures
from pages.parts.results.golden import add_to_golden_set
from pages.parts.results.widgets import image_html
from pages.shared.actions import job_row
from pages.shared.badges import status_badge
from pages.shared.formatting import moment, shortened
from pages.shared.language import _, _n, language
from pages.shared.lightbox import opener
from pages.shared.navigation import name_tab, page_href


def show_head(report: JobReport, evidence: ImageChecks, known: dict[str, Limit]) -> None:
    """Input picture, description, facts; links and downloads to the right."""
    name_tab(report.job.desc_kor or str(report.job.job_id)[:8], _("Results"))
    facts, actions = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with facts:
        st.html(f"<div class='fd-results-head'>{_input(report, evidence)}<div>{_lines(report)}</div></div>")
    with actions, st.container(horizontal=True, horizontal_alignment="right"):
        st.page_link("pages/results.py", label=_("All jobs"), icon=":material/arrow_back:")
        pictures.archive_button(report, evidence, known)
        add_to_golden_set("job-golden", [variant.variant_id for variant in report.variants])
    st.html(job_row(report.job.job_id, [one.variant_id for one in report.variants if one.overlaid]))
    for sentence in report.not_in_schema:
        st.caption(_("This database does not record: {what}.", what=_(sentence)))


def _input(report: JobReport, evidence: ImageChecks) -> str:
    asset = report.input_picture
    if asset is None or isinstance(evidence.files.get(asset.asset_id), Unavailable):
        return image_html(None, _("No input picture"))
    name = _("Input picture")
    return f"<a {opener(asset.asset_id, name)}>{image_html(asset, name, pixels=72)}</a>"


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
    status = report.status(datetime.now(UTC))
    remark = labels.remark(status)
    beside = f" <small>{escape(_(remark))}</small>" if remark else ""
    state = f"{status_badge(status).html()}{beside}"
    watch = escape(_("Watch it in the live monitor"))
    monitor = page_href("live_monitor", job=job.job_id)
    return (
        f"<h1>{title}</h1>"
        f"<p class='fd-results-facts'><span>{state}</span>{cells}{retries}"
        f"<span class='fd-results-quiet'><code>{str(job.job_id)[:8]}</code> · "
        f"<a href='{monitor}'>{watch}</a></span></p>"
    )
