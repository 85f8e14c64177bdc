"""What a job will write, what it lacks to run, and writing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from uuid import UUID

import streamlit as st

from feedly_core.i18n import N_, Message
from feedly_core.jobs.create import CreatedJob, Preview, create_job
from feedly_core.jobs.request import JobRequest
from feedly_core.jobs.storage import assets_folder
from pages.shared.ask import dashboard
from pages.shared.badges import GOOD, IDLE, WARN, badge
from pages.shared.language import _
from pages.shared.person import current_person

_HOLDS: dict[str, Message] = {
    "tenants": N_("Tenant"),
    "jobs": N_("Job"),
    "image_assets": N_("Picture"),
    "job_inputs": N_("What was ordered"),
    "txt_ad_copy_generations": N_("Ad copy"),
    "jobs_variants": N_("Variant"),
    "renders": N_("Rendered picture"),
    "instagram_feeds": N_("Feed post"),
    "evaluations": N_("Score"),
    "llm_traces": N_("Language model call"),
    "vlm_traces": N_("Vision model call"),
    "overlay_layouts": N_("Text overlay"),
    "planner_proposals": N_("Layout proposal"),
    "detections": N_("Detected object"),
    "yolo_runs": N_("Detection run"),
    "gen_variants": N_("Generated background"),
    "gen_runs": N_("Background generation"),
}


def table_rows(counts: Mapping[str, str]) -> None:
    """One line per table: content, database name, and ``counts``."""
    lines = "".join(
        f"<tr><td>{escape(_holds(name), quote=True)} <code>{escape(name)}</code></td>"
        f"<td>{escape(count, quote=True)}</td></tr>"
        for name, count in counts.items()
    )
    st.html(f'<table class="fd-jobs-rows">{lines}</table>')


def _holds(name: str) -> str:
    return _(_HOLDS[name]) if name in _HOLDS else ""


def show_missing(preview: Preview, *, starts: bool) -> None:
    """The good news, or each missing part.

    ``starts``: whether the job is meant to start at once.
    """
    if preview.missing:
        look, word = (WARN, N_("Would not run to the end")) if starts else (IDLE, N_("Rests"))
        st.html(badge(word, look).html() + reasons(preview.missing))
        if starts:
            st.caption(_("The job is written, but not started until this is there."))
            diagnostics_link()
    elif starts and not preview.heard:
        st.html(badge(N_("No service is seen listening"), WARN).html())
        st.caption(_("The start is sent all the same; without a listener the job stays where it is."))
        diagnostics_link()
    else:
        st.html(badge(N_("All prerequisites met"), GOOD).html())


def reasons(missing: Sequence[Message]) -> str:
    """The parts as a list in HTML."""
    return "<ul>" + "".join(f"<li>{escape(_(reason), quote=True)}</li>" for reason in missing) + "</ul>"


def diagnostics_link() -> None:
    """The way to the page that finds out why."""
    st.page_link(
        "pages/trigger_diagnostics.py", label=_("See what is broken"), icon=":material/troubleshoot:"
    )


def write_job(request: JobRequest, key: UUID) -> CreatedJob:
    """Write it as the person who looks.

    Raises what :func:`create_job` raises. One ``key`` makes one job.
    """
    here = dashboard()
    return create_job(
        here.engine,
        request,
        key=key,
        assets_dir=assets_folder(here.settings),
        person=current_person(),
        settings=here.settings,
        now=datetime.now(UTC),
    )
