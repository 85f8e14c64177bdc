"""One job closely: steps, time left, pictures, timeline, events, and what can be done."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import streamlit as st

from feedly_core.monitor.history import History
from feedly_core.monitor.snapshot import Followed
from feedly_core.monitor.standing import Standing, stand
from feedly_core.monitor.story import Story, read_story
from feedly_core.results.facts import JobReport
from feedly_core.results.report import job_report
from pages.components.app import ask, dashboard, page_errors
from pages.components.live import live
from pages.components.monitor import head, matrix, pictures
from pages.components.monitor.selection import close_job
from pages.components.navigation import section
from pages.components.words import _


def show(job_id: UUID) -> None:
    """Everything about one job; redraws itself when the job moves."""
    st.button(_("All jobs"), icon=":material/arrow_back:", on_click=close_job, type="tertiary")

    @live(f"job-{job_id}", job=job_id, pulse=15)
    def job() -> None:
        with page_errors():
            version = _version(job_id)
            story = _story(job_id, version)
            standing = _standing(job_id, story)
            head.show(standing)
            matrix.show(standing, story)
            section(_("Pictures"))
            pictures.show(_report(job_id, version))

    job()


def _version(job_id: UUID) -> int:
    hub = dashboard().hub
    return hub.job_version(job_id) if hub else int(datetime.now(UTC).timestamp())


@st.cache_resource(ttl=60, max_entries=200, show_spinner=False)
def _story(job_id: UUID, version: int) -> Story:
    """Shared by all who look at this version of the job."""
    return ask(read_story, job_id)


@st.cache_resource(ttl=60, max_entries=200, show_spinner=False)
def _report(job_id: UUID, version: int) -> JobReport:
    return ask(job_report, job_id)


def _standing(job_id: UUID, story: Story) -> Standing:
    hub = dashboard().hub
    followed: Followed | None = hub.snapshot.jobs.get(job_id) if hub else None
    return stand(followed or story.followed, datetime.now(UTC), hub.history if hub else History())
