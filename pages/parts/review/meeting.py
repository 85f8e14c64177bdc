"""Meetings: the running ones to follow, a new one, and its agenda."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import streamlit as st

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import Card, cards_of
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.own_schema import review_drafts
from feedly_core.domain.contract import MEETINGS_TOPIC
from feedly_core.i18n import N_
from feedly_core.permissions import Person
from feedly_core.reviews import agenda, meetings
from feedly_core.reviews.meetings import MAX_AGENDA
from feedly_core.reviews.queue import QueueOrder, agenda_for, candidates
from pages.parts.review import screen
from pages.parts.review.filters import ORDERS, one_order, review_filters
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.formatting import clock
from pages.shared.language import _, _n
from pages.shared.live import live
from pages.shared.navigation import picture_url, section
from pages.shared.not_understood import not_understood
from pages.shared.own_schema import has_own_schema
from pages.shared.placeholders import empty
from pages.shared.reviewer import may_judge
from pages.shared.streamlit_workarounds.reliable_button import pressed

_MEETING = "meeting"
_ORDERS = {_MEETING: N_("Disputed, worst, winners"), **ORDERS}


def show_meetings(person: Person) -> None:
    """The meeting named in the address (or its agenda), else the list of meetings and a new one."""
    asked = st.query_params.get("meeting")
    if (agenda := st.query_params.get("agenda")) and agenda != "edit":
        not_understood("agenda", agenda)
    if asked and agenda == "edit" and may_judge(person):
        _edit_running(person, _id(asked))
    elif asked:
        screen.show_screen(person, _id(asked))
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
        empty(_("No meeting is running."), _("When someone starts a meeting, join it here."))
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
    asked = review_filters()
    head = st.container(horizontal=True, vertical_alignment="bottom")
    with head:
        title = st.text_input(_("Title"), key="meeting-title")
        order = one_order("agenda-order", _ORDERS, _MEETING, labelled=True)
        size = st.number_input(_("Max pictures"), 1, MAX_AGENDA, 20, key="agenda-size", width=170)
    first, offered = _offered(asked, order, int(size))
    collected = ask(agenda.collected, person.name)
    if not first and not collected:
        empty(_("No finished picture fits."), _("Choose other filters, or wait until a job has finished."))
        return
    chosen = list(collected) or [picture.variant_id for picture in first]
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
        if collected:
            agenda.keep(here.engine, here.settings, person, [])
        st.rerun()
    if not has_own_schema(_("An agenda that is changed by hand needs one more table."), [review_drafts]):
        return
    _agenda_lists(chosen, offered, partial(_keep_draft, person))
    if collected:
        st.button(
            _("Begin again from the filters"), on_click=_keep_draft, args=(person, []), key="agenda-again"
        )


def _offered(filters: PictureFilters, order: str, size: int) -> tuple[list[Card], list[Card]]:
    """The agenda to begin with, and what can be added, in the same order."""
    source = ask(variant_source, datetime.now(UTC))
    if order == _MEETING:
        first = [item.picture for item in ask(agenda_for, source, filters, size)]
        return first, list(ask(candidates, source, filters, QueueOrder.DISPUTED).cards)
    listed = list(ask(candidates, source, filters, QueueOrder(order)).cards)
    return listed[:size], listed


def _open(meeting_id: UUID) -> None:
    st.query_params["meeting"] = str(meeting_id)


def _keep_draft(person: Person, wanted: object) -> None:
    """Changed by hand: from then on the filters only say what can be added. Empty: it follows them again."""
    here = dashboard()
    listed = [UUID(str(variant_id)) for variant_id in wanted] if isinstance(wanted, list) else []
    with page_errors():
        agenda.keep(here.engine, here.settings, person, listed)


_FOLDER = Path(__file__).parent
_OFFERED = 60
_lists_component = st.components.v2.component(
    "feedly.agenda",
    html='<div class="agenda"><section><h3></h3><ol></ol></section>'
    "<section><h3></h3><div></div></section></div>",
    css=(_FOLDER / "agenda.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "agenda.js").read_text(encoding="utf-8"),
)


def _edit_running(person: Person, meeting_id: UUID) -> None:
    """The agenda of a running meeting: every change is on all screens at once."""
    meeting = ask(meetings.find, meeting_id)
    section(_("Agenda of {title}", title=meeting.title or "–"), _("Followers see each change at once."))
    st.button(_("Back to the screen"), icon=":material/arrow_back:", on_click=_back, key="agenda-back")
    asked = review_filters()
    order = QueueOrder(one_order("offered-order", ORDERS, QueueOrder.DISPUTED))
    offered = ask(candidates, ask(variant_source, datetime.now(UTC)), asked, order).cards

    def keep(wanted: object) -> None:
        with page_errors():
            screen.arrange(person, meeting_id, wanted)

    _agenda_lists(meeting.agenda, offered, keep)


def _agenda_lists(
    listed_ids: Sequence[UUID], offered: Iterable[Card], keep: Callable[[object], None]
) -> None:
    """The agenda beside what can be added; ``keep`` gets the new list of ids after each change."""
    known = {
        card.variant_id: card
        for card in ask(cards_of, ask(variant_source, datetime.now(UTC)), listed_ids)
        if card.picture_id
    }
    listed = [picture for variant_id in listed_ids if (picture := known.get(variant_id))]
    more = [picture for picture in offered if picture.variant_id not in known][:_OFFERED]
    _lists_component(
        key="agenda-lists",
        data={
            "agenda": [_entry(picture) for picture in listed],
            "offered": [_entry(picture) for picture in more] if len(listed_ids) < MAX_AGENDA else [],
            "words": {
                "agenda": _("Agenda"),
                "offered": _("Available pictures"),
                "up": _("Move up"),
                "down": _("Move down"),
                "remove": _("Remove"),
                "add": _("Add"),
            },
        },
        on_order_change=lambda: keep(st.session_state["agenda-lists"].order),
    )


def _entry(picture: Card) -> dict[str, object]:
    words = picture.text or picture.description or "–"
    return {
        "id": str(picture.variant_id),
        "thumb": picture_url(picture.finished_id),
        "words": words,
        "facts": _("Variant {n}", n=picture.variant),
    }


def _back() -> None:
    st.query_params.pop("agenda", None)
