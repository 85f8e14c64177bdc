"""No job is chosen: the newest ones, of everybody or of one tenant, and a place for an id."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from uuid import UUID

import streamlit as st

from feedly_core.analytics.recent import TREND_SCORES, RecentJob, recent_jobs, score_trends
from feedly_core.db.job_lookup import find_job
from feedly_core.domain import labels, pipeline
from feedly_core.domain.scores import SCORES, Unit
from feedly_core.reviews.pictures import choices
from pages.shared import url_state
from pages.shared.ask import ask, page_errors
from pages.shared.formatting import age
from pages.shared.language import _
from pages.shared.navigation import page_href, picture_url, section
from pages.shared.placeholders import empty
from pages.shared.scores import score_title, score_words

LIMITS = (24, 48, 96, 200)


def chosen_job() -> UUID | None:
    """The job that the address names by id or prefix. Raises NotFound."""
    prefix = st.query_params.get("job", "")
    return ask(find_job, prefix) if prefix else None


def job_field() -> None:
    """A place for an id that somebody has written down."""
    st.text_input(
        _("Job id"),
        key="results-job",
        placeholder=_("Id, or its first characters"),
        icon=":material/search:",
        on_change=_open,
        width=420,
    )


def newest() -> None:
    """The newest jobs, of everybody or of one tenant, with how their scores moved."""
    section(_("Newest jobs"))
    with page_errors():
        tenants, _tones = ask(choices)
        left, right, _rest = st.columns([2, 1, 3])
        with left:
            tenant = url_state.maybe("of", _("Tenant"), tenants, none=_("All tenants"))
        with right:
            limit = url_state.one("newest", _("Jobs shown"), LIMITS)
        jobs = ask(recent_jobs, tenant, limit)
        if not jobs and tenant:
            empty(_("This tenant has no jobs"), _("Choose another tenant, or make a job for this one."))
        elif not jobs:
            empty(_("There are no jobs yet"), _("Make one on the page Create jobs."))
        else:
            _movement(jobs)
            st.html(f"<div class='fd-gallery'>{''.join(_card(job) for job in jobs)}</div>")


def _movement(jobs: Sequence[RecentJob]) -> None:
    """Each main score over the jobs: its median now, and the difference to the older half of them."""
    moved = [trend for trend in score_trends(jobs) if trend.change is not None]
    for column, trend in zip(st.columns(len(TREND_SCORES)), moved, strict=False):
        kind = SCORES[trend.name]
        column.metric(
            score_title(trend.name),
            score_words(trend.name, trend.now),
            _difference(trend.change, kind.unit),
            delta_color="normal" if kind.higher_is_better else "inverse",
            border=True,
            chart_data=trend.values,
            chart_type="line",
            help=_("Median of the newer half of these jobs, and what it differs from the older half by."),
        )


def _difference(change: float | None, unit: Unit) -> str | None:
    """Nothing for a change too small to be written."""
    written_change = f"{change or 0.0:+.1f}" if unit is Unit.CONTRAST else f"{100 * (change or 0.0):+.0f}"
    if not float(written_change):
        return None
    return written_change if unit is Unit.CONTRAST else _("{n} points", n=written_change)


def _open() -> None:
    st.query_params["job"] = st.session_state["results-job"]


def _card(job: RecentJob) -> str:
    words = job.description or _("(no description)")
    no_picture = _("No finished picture yet")
    state = f"{_(pipeline.title(job.step))}: {_(labels.status_label(job.status))}"
    scores = " · ".join(
        f"{escape(score_title(name, short=True))} {score_words(name, value)}"
        for name in TREND_SCORES
        if (value := getattr(job, name)) is not None
    )
    picture = (
        f"<img src='{picture_url(job.pictures[0])}' alt='{escape(words, quote=True)}'"
        " width='320' height='320' loading='lazy'>"
        if job.pictures
        else f"<div class='fd-results-nopicture'>{escape(no_picture)}</div>"
    )
    facts = " · ".join(filter(None, (job.tenant_id, age(job.created_at))))
    return (
        f"<a class='fd-card' href='{page_href('results', job=job.job_id)}' target='_self'>{picture}"
        f"<p>{escape(words)}</p><small>{escape(facts)}</small><small>{escape(scores or state)}</small></a>"
    )
