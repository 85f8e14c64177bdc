"""Live monitor: the board of all jobs, or one job closely."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

import streamlit as st

from feedly_core.audit.lines import history_of_job
from feedly_core.domain.labels import STATE_LABELS
from feedly_core.domain.pipeline import STEPS, title
from feedly_core.domain.status import State
from feedly_core.i18n import N_
from feedly_core.live.board import STUCK, BoardFilters
from feedly_core.live.problems import find_problems
from pages.parts.live_monitor import board, job, timeline
from pages.shared import end_notification, url_state
from pages.shared.ask import ask, dashboard, page_errors, sections
from pages.shared.audit_table import audit_table
from pages.shared.english_copy import offer_english_copy
from pages.shared.filter_chips import Chip, filter_chips
from pages.shared.language import _
from pages.shared.live import live
from pages.shared.navigation import page_title, section
from pages.shared.person import current_person
from pages.shared.saved_views import offer_to_save


def _close_job() -> None:
    """Back to the board, with its filters."""
    st.query_params.pop("job", None)


_AGES = {
    "15m": (timedelta(minutes=15), N_("15 minutes")),
    "1h": (timedelta(hours=1), N_("1 hour")),
    "24h": (timedelta(hours=24), N_("24 hours")),
}
_STATES = (STUCK, *(state.value for state in State))


def _board_filters() -> BoardFilters:
    """A row of choices above the board."""
    hub = dashboard().hub
    known = hub.board() if hub else None
    with st.container(key="monitor-filters"):
        columns = st.columns([2.2, 1.3, 1.2, 1.3, 1.3, 1.1], gap="small")
        with columns[0]:
            hint = _("Description, tenant or job id")
            text = url_state.written("q", _("Search"), placeholder=hint, icon=":material/search:")
        with columns[1]:
            tenant = _known("tenant", _("Tenant"), known.tenants if known else ())
        with columns[2]:
            campaign = _known("campaign", _("Campaign"), known.campaigns if known else ())
        with columns[3]:
            state = url_state.maybe("state", _("State"), _STATES, _state_name)
        with columns[4]:
            step = url_state.maybe("step", _("Step"), STEPS, lambda name: _(title(name)))
        with columns[5]:
            age = url_state.maybe("age", _("Created"), _AGES, lambda name: _(_AGES[name][1]))
    with st.container(horizontal=True, vertical_alignment="center"):
        filter_chips(_chosen())
        offer_to_save("live_monitor")
    return BoardFilters(tenant, campaign, state or "", step or "", _AGES[age][0] if age else None, text)


def _chosen() -> list[Chip]:
    """The board's filters in force, each to be taken away."""
    known: tuple[tuple[str, str, object, Callable[[str], str]], ...] = (
        ("q", _("Search"), "", str),
        ("tenant", _("Tenant"), None, str),
        ("campaign", _("Campaign"), None, str),
        ("state", _("State"), None, _state_name),
        ("step", _("Step"), None, lambda name: _(title(name))),
        ("age", _("Created"), None, lambda name: _(_AGES[name][1]) if name in _AGES else name),
    )
    asked = st.query_params
    return [
        Chip(key, label, words(asked[key]), empty) for key, label, empty, words in known if asked.get(key)
    ]


def _known(name: str, label: str, in_flight: Iterable[str]) -> str:
    """One choice, or all. What the address names stays a choice though nothing in flight has it."""
    options = dict.fromkeys([*in_flight, st.query_params.get(name, "")])
    return url_state.maybe(name, label, filter(None, options)) or ""


def _state_name(state: str) -> str:
    if state == STUCK:
        return _("Needs attention")
    return _(STATE_LABELS[State(state)]) if state in set(State) else state


def _show_job(job_id: UUID) -> None:
    """Everything about one job; redraws itself when the job moves."""
    job.forget(job_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("All jobs"), icon=":material/arrow_back:", on_click=_close_job, type="tertiary")
        end_notification.switches(job_id)
        st.page_link(
            "pages/results.py",
            label=_("Results"),
            icon=":material/photo_library:",
            query_params={"job": str(job_id)},
        )

    @live(f"job-{job_id}", job=job_id, pulse=15)
    def draw() -> None:
        _draw_job(job_id)

    draw()


def _draw_job(job_id: UUID) -> None:
    history = job.read_history(job_id)
    view = end_notification.present_job(job_id, lambda: history.tracked)
    events = job.all_events(history)
    rows = cache(lambda: job.timeline_rows(view, events, history))
    durations = end_notification.past_durations()
    sections(
        lambda: job.show_head(view),
        lambda: offer_english_copy(view.job_id, view.status),
        lambda: job.show_problems(view, find_problems(view, datetime.now(UTC), durations)),
        lambda: timeline.show_matrix(view, rows(), durations),
        lambda: _show_outputs(job_id),
        lambda: section(_("Timeline")),
        lambda: timeline.show_timeline(view, rows()),
        lambda: section(_("Events")),
        lambda: timeline.show_events(view, events),
        lambda: _show_acts(job_id),
    )


def _show_acts(job_id: UUID) -> None:
    """What people did to the job, if anything."""
    acts = ask(history_of_job, current_person(), job_id)
    if acts:
        section(_("What people did"))
        audit_table(acts, targets=False)


def _show_outputs(job_id: UUID) -> None:
    section(_("Pictures"))
    report = job.read_report(job_id)
    sections(
        lambda: job.show_actions(report), lambda: job.show_pictures(report), lambda: job.show_texts(report)
    )


page_title("live_monitor")
job_id = None
with page_errors():  # an unknown job: said above the board to choose from
    board.style()
    job_id = url_state.chosen_job()
with page_errors():
    if job_id is None:
        board.show_board(_board_filters())
    else:
        _show_job(job_id)
