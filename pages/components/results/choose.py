"""No job is chosen: the newest ones, of everybody or of one tenant, and a place for an id."""

from __future__ import annotations

from html import escape

import streamlit as st

from feedly_core.domain import pipeline
from feedly_core.results.recent import RecentJob, recent_jobs
from feedly_core.results.scores import Unit, written
from pages.components.app import ask, page_errors
from pages.components.navigation import page_href, picture_url, section
from pages.components.states import empty
from pages.components.times import age
from pages.components.words import _

SHOWN = 24


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
    """The newest jobs as cards, without and with finished pictures."""
    section(_("Newest jobs"))
    wanted = st.text_input(
        _("Tenant"),
        key="results-tenant",
        placeholder=_("All tenants"),
        icon=":material/storefront:",
        width=420,
    ).strip()
    with page_errors():
        jobs = ask(recent_jobs, wanted or None, SHOWN)
        if jobs:
            st.html(f"<div class='fd-gallery'>{''.join(_card(job) for job in jobs)}</div>")
        elif wanted:
            empty(_("This tenant has no jobs"), _("Check the name: it must be written exactly."))
        else:
            empty(_("There are no jobs yet"), _("Make one on the page Create jobs."))


def _open() -> None:
    st.query_params["job"] = st.session_state["results-job"]


def _card(job: RecentJob) -> str:
    words = job.description or _("(no description)")
    no_picture = _("No finished picture yet")
    state = f"{_(pipeline.title(job.step))}: {_(pipeline.status_words(job.status))}"
    scores = " · ".join(
        f"{escape(name)} {written(value, unit)}"
        for name, value, unit in (
            ("OCR", job.ocr_accuracy, Unit.SHARE),
            (_("Contrast"), job.contrast, Unit.CONTRAST),
            ("IoU", job.iou_with_food, Unit.SHARE),
        )
        if value is not None
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
