"""Results: the gallery, or one job: its finished ads, then what is known of them, part by part."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import streamlit as st

from feedly_core.analytics.choices import choices
from feedly_core.analytics.recent import recent_scores, score_trends
from feedly_core.domain.scores import SCORES, Limit, Unit
from feedly_core.i18n import N_
from feedly_core.results.image_checks import ImageChecks, fingerprint, gather, on_measured_pictures
from feedly_core.results.report import job_report
from feedly_core.results.report_types import JobReport
from feedly_core.settings import Settings
from pages.parts.results import ads, compare, cost, head, pictures, planner, scores, texts, widgets
from pages.parts.results.gallery import gallery
from pages.shared import url_state
from pages.shared.ask import ask, dashboard, page_errors, sections
from pages.shared.english_copy import offer_english_copy
from pages.shared.language import _
from pages.shared.live import live
from pages.shared.navigation import page_title
from pages.shared.scores import limits, score_title, score_words

JOBS_OF_THE_STRIP = 24
"""Scores are compared between the newer and the older half of so many jobs."""


def _job_field() -> None:
    """A place for an id that somebody has written down: beside the title, so that the pictures come first."""
    st.text_input(
        _("Job id"),
        key="results-job",
        placeholder=_("Job id, or its first characters"),
        icon=":material/search:",
        on_change=_open,
        label_visibility="collapsed",
    )


def _movement() -> None:
    """Each main score over the newest jobs of the chosen tenant: its median, and how it moved."""
    tenant = st.query_params.get("tenant")
    jobs = ask(recent_scores, tenant, JOBS_OF_THE_STRIP)
    if tenant and not jobs and tenant not in ask(choices)[0]:  # the gallery's filter says so
        jobs = ask(recent_scores, None, JOBS_OF_THE_STRIP)
    moved = [trend for trend in score_trends(jobs) if trend.change is not None]
    if not moved:
        return
    with st.container(key="results-movement", horizontal=True):
        for trend in moved:
            kind = SCORES[trend.name]
            st.metric(
                score_title(trend.name),
                score_words(trend.name, trend.now),
                _difference(trend.change, kind.unit),
                delta_color="normal" if kind.higher_is_better else "inverse",
                help=_("Median of the newer half of these jobs, and what it differs from the older half by."),
                width="content",
            )


def _difference(change: float | None, unit: Unit) -> str | None:
    """Nothing for a change too small to be written."""
    written_change = f"{change or 0.0:+.1f}" if unit is Unit.CONTRAST else f"{100 * (change or 0.0):+.0f}"
    if not float(written_change):
        return None
    return written_change if unit is Unit.CONTRAST else _("{n} points", n=written_change)


def _open() -> None:
    st.query_params["job"] = st.session_state["results-job"]


_MINUTES_REMEMBERED = 10
_TABS = {
    "pictures": N_("Pictures"),
    "scores": N_("Scores"),
    "texts": N_("Texts"),
    "cost": N_("Time and cost"),
}


def _show_job(job_id: UUID) -> None:
    """The page of one job; redrawn by itself while the job moves."""
    live("results", job=job_id, delay=1.0)(_draw_job)(job_id)


def _draw_job(job_id: UUID) -> None:
    report = ask(job_report, job_id)
    known = limits()
    evidence = _evidence(fingerprint(report), report, dashboard().settings)
    report = on_measured_pictures(report, evidence)
    sections(
        lambda: head.show_head(report, evidence, known),
        lambda: ads.show_ads(report, evidence, known),
        lambda: offer_english_copy(job_id, report.status(datetime.now(UTC))),
        lambda: _show_tab(report, evidence, known),
    )


def _show_tab(report: JobReport, evidence: ImageChecks, known: dict[str, Limit]) -> None:
    """Only the open tab is computed and drawn."""
    with st.container(key="results-tabs"):
        tab = url_state.switch("tab", _("Part of the page"), _TABS, lambda name: _(_TABS[name]))
    if tab == "scores":
        sections(
            lambda: scores.show_scores(report, evidence, known),
            lambda: scores.show_reviews(report),
        )
    elif tab == "texts":
        sections(lambda: texts.show_texts(report, evidence))
    elif tab == "cost":
        sections(lambda: cost.show_cost(report))
    else:
        sections(
            lambda: pictures.show_pictures(report, evidence),
            lambda: compare.show_compare(report, evidence),
            lambda: planner.show_planner(report),
        )


@st.cache_resource(ttl=60 * _MINUTES_REMEMBERED, max_entries=50, show_spinner=False)
def _evidence(key: tuple[object, ...], _report: JobReport, _settings: Settings) -> ImageChecks:
    """Files are read again when the report's pictures change, or after ten minutes."""
    return gather(_report, _settings)


widgets.style()
job_id = None
with page_errors():  # an unknown job: said above the list to choose from
    job_id = url_state.chosen_job()
with page_errors():
    if job_id is None:
        title, field = st.columns([3, 1], vertical_alignment="bottom")
        with title:
            page_title("results")
        with field:
            _job_field()
        sections(_movement, gallery.show_gallery)
    else:
        _show_job(job_id)
