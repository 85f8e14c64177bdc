"""One job closely: steps, time left, pictures, timeline, events, and what can be done."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

import streamlit as st

from feedly_core.domain.status import ACTIVE, State
from feedly_core.live.events import Event
from feedly_core.live.job_history import Story, read_story
from feedly_core.live.job_view import JobView
from feedly_core.live.problems import troubles
from feedly_core.live.timeline import Lane, fold, lanes
from feedly_core.results.report import job_report
from feedly_core.results.report_types import JobReport
from pages.parts.live_monitor import event_feed, gantt, head, matrix, pictures, texts, trouble_cards
from pages.parts.live_monitor.selection import close_job
from pages.shared import attention, present
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.language import _
from pages.shared.latest_cache import Newest
from pages.shared.live import live
from pages.shared.navigation import section

KEPT_SECONDS = 3600
"""A version of a job is read once for all its viewers, and again for each who opens it: fifty people on
fifty quiet jobs must not add up to a statement a second."""
_stories: Newest[UUID, Story] = Newest(100)
_reports: Newest[UUID, JobReport] = Newest(100)
GOING_ON = ACTIVE | {State.RETRYING}
"""States in which a step's bar has no end yet."""


def show(job_id: UUID) -> None:
    """Everything about one job; redraws itself when the job moves."""
    _stories.forget(job_id)
    _reports.forget(job_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("All jobs"), icon=":material/arrow_back:", on_click=close_job, type="tertiary")
        attention.switches(job_id)
        st.page_link(
            "pages/results.py",
            label=_("Results"),
            icon=":material/photo_library:",
            query_params={"job": str(job_id)},
        )

    @live(f"job-{job_id}", job=job_id, pulse=15)
    def job() -> None:
        _draw(job_id)

    job()


def _draw(job_id: UUID) -> None:
    version = (_version(job_id), int(monotonic() / KEPT_SECONDS))
    story = _stories.get(job_id, version, lambda: ask(read_story, job_id))
    view = present.view(job_id, lambda: story.followed)
    events = fold([*story.events, *_unrecorded(story)])
    rows = _lanes(view, events, story)
    head.show(view)
    trouble_cards.show(view, troubles(view, datetime.now(UTC), present.history()))
    matrix.show(view, rows, present.history())
    with page_errors():
        report = _reports.get(job_id, version, lambda: ask(job_report, job_id))
        section(_("Pictures"))
        pictures.show(report)
        texts.show(report)
    section(_("Timeline"))
    gantt.show(view, rows)
    section(_("Events"))
    event_feed.show(view, events)


def _version(job_id: UUID) -> int:
    hub = dashboard().hub
    return hub.job_version(job_id) if hub else int(datetime.now(UTC).timestamp())


def _unrecorded(story: Story) -> list[Event]:
    """What this process heard and nobody has written down (yet)."""
    hub = dashboard().hub
    known = {event.key for event in story.events}
    heard = hub.recent(story.followed.facts.job_id, 1000) if hub else ()
    return [event for event in heard if event.key not in known]


def _lanes(view: JobView, events: list[Event], story: Story) -> list[Lane]:
    told = [(None, view.status), *((v.facts.variant_id, v.status) for v in view.variants)]
    doing = {row: status.step for row, status in told if status.step and status.state in GOING_ON}
    return lanes([v.facts.variant_id for v in view.variants], events, story.works, doing)
