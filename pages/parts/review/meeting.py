"""Meetings: the running ones to follow, and a new one with its agenda."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from feedly_core.domain.contract import MEETINGS_TOPIC
from feedly_core.i18n import N_
from feedly_core.permissions import Person
from feedly_core.reviews import meetings
from feedly_core.reviews.agenda import proposed
from feedly_core.reviews.meetings import MAX_AGENDA
from feedly_core.reviews.pictures import Filters, Picture, pictures
from feedly_core.reviews.queue import Order, items, ordered
from feedly_core.reviews.winners import winners
from pages.parts.review import agenda, choose, screen
from pages.parts.review.who import may_judge
from pages.shared.ask import ask, dashboard
from pages.shared.formatting import clock
from pages.shared.language import _, _n
from pages.shared.live import live
from pages.shared.navigation import section
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.reliable_button import pressed

_DRAFT = "agenda-draft"
_MEETING = "meeting"
_ORDERS = {_MEETING: N_("Disputed, worst, winners"), **choose.ORDERS}


def show(person: Person) -> None:
    """The meeting named in the address (or its agenda), else the list of meetings and a new one."""
    asked = st.query_params.get("meeting")
    if asked and st.query_params.get("agenda") and may_judge(person):
        agenda.edit_running(person, _id(asked))
    elif asked:
        screen.show(person, _id(asked))
    else:
        live("meetings", job=MEETINGS_TOPIC, pulse=screen.deaf_pulse())(_running)(person)
        if may_judge(person):
            _new(person)


def _id(asked: str) -> UUID:
    """The id in the address; what is none becomes the id of no meeting."""
    try:
        return UUID(asked)
    except ValueError:
        return UUID(int=0)


def _running(person: Person) -> None:
    """Who waits here sees a meeting as soon as it begins."""
    section(_("Running meetings"))
    running = [meeting for meeting in ask(meetings.recent) if meeting.ended_at is None]
    if not running:
        empty(_("No meeting is running."), _("Whoever starts one is followed by everybody else here."))
    for meeting in running:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            mine = meeting.presenter == person.name
            count = _n("{n} picture", "{n} pictures", len(meeting.agenda))
            st.text(f"{meeting.title or '–'} · {meeting.presenter} · {clock(meeting.started_at)} · {count}")
            words = _("Go on") if mine else _("Follow")
            if pressed(words, key=f"open-{meeting.meeting_id}", type="primary"):
                _open(meeting.meeting_id)
                st.rerun(scope="app")


def _new(person: Person) -> None:
    section(
        _("New meeting"),
        _("The agenda begins with what the filters choose; then add, take off and move by hand."),
    )
    filters = choose.filters()
    head = st.container(horizontal=True, vertical_alignment="bottom")
    with head:
        title = st.text_input(_("Title"), key="meeting-title")
        order = choose.one_order("agenda-order", _ORDERS, _MEETING, labelled=True)
        size = st.number_input(_("Pictures at most"), 1, MAX_AGENDA, 20, key="agenda-size", width=170)
    first, offered = _offered(filters, order, int(size))
    if not first:
        empty(_("No finished picture fits."), _("Choose other filters, or wait until a job has finished."))
        return
    chosen = st.session_state.get(_DRAFT) or [picture.variant_id for picture in first]
    with head:
        begun = pressed(
            _n("Start with {n} picture", "Start with {n} pictures", len(chosen)),
            type="primary",
            icon=":material/present_to_all:",
            key="start-meeting",
        )
    if begun:
        here = dashboard()
        _open(meetings.start(here.engine, here.settings, person, title, chosen))
        st.session_state.pop(_DRAFT, None)
        st.rerun()
    agenda.lists(chosen, offered, _keep_draft)
    if _DRAFT in st.session_state:
        st.button(_("Begin again from the filters"), on_click=_keep_draft, args=([],), key="agenda-again")


def _offered(filters: Filters, order: str, size: int) -> tuple[list[Picture], list[Picture]]:
    """The agenda to begin with, and everything that can be added, in the same order."""
    found = ask(items, ask(pictures, filters))
    if order == _MEETING:
        made = ask(winners, {item.picture.job_id for item in found})
        first = proposed(found, {winner.best for winner in made.values() if winner.best}, size)
        listed = ordered(found, Order.DISPUTED)
    else:
        listed = ordered(found, Order(order))
        first = listed[:size]
    return [item.picture for item in first], [item.picture for item in listed]


def _open(meeting_id: UUID) -> None:
    st.query_params["meeting"] = str(meeting_id)


def _keep_draft(wanted: object) -> None:
    """Changed by hand: from then on the filters only say what can be added. Empty: it follows them again."""
    if isinstance(wanted, list) and wanted:
        st.session_state[_DRAFT] = [UUID(str(variant_id)) for variant_id in wanted]
    else:
        st.session_state.pop(_DRAFT, None)
