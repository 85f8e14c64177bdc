"""A meeting: an agenda to start from, and the one picture that everybody looks at."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import streamlit as st

from feedly_core.access import Person, Role
from feedly_core.monitor.snapshot import HubKind
from feedly_core.reviews import meetings
from feedly_core.reviews.meetings import MAX_AGENDA, Meeting
from feedly_core.reviews.pictures import pictures, pictures_of
from feedly_core.reviews.queue import Item, items, ordered
from pages.components.app import ask, dashboard, page_errors
from pages.components.live import live
from pages.components.navigation import picture_url, section
from pages.components.pressed import pressed
from pages.components.review import choose, entries
from pages.components.review.figures import figures, said
from pages.components.review.wording import screen_words
from pages.components.states import empty, error_card
from pages.components.times import clock, moment
from pages.components.words import _, _n

_FOLDER = Path(__file__).parent
_DEAF_PULSE = 1.0
"""Without push, followers look for the next picture this often (seconds)."""

_screen = st.components.v2.component(
    "feedly.screen",
    html='<div class="screen" role="dialog" aria-modal="true"></div>',
    css=(_FOLDER / "screen.css").read_text(encoding="utf-8"),
    js="\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in ("log.js", "screen.js")),
)


def show(person: Person) -> None:
    """The meeting named in the address on a dark screen, else the list of meetings and a new one."""
    asked = st.query_params.get("meeting")
    if asked:
        _present(person, _id(asked))
        return
    _running(person)
    if person.role >= Role.REVIEWER and not dashboard().settings.read_only:
        _new(person)


def _id(asked: str) -> UUID:
    """The id in the address; what is none becomes the id of no meeting."""
    try:
        return UUID(asked)
    except ValueError:
        return UUID(int=0)


def _running(person: Person) -> None:
    section(_("Running meetings"))
    running = [meeting for meeting in ask(meetings.recent) if meeting.ended_at is None]
    if not running:
        empty(_("No meeting is running."), _("Whoever starts one is followed by everybody else here."))
    for meeting in running:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            mine = meeting.presenter == person.name
            count = _n("{n} picture", "{n} pictures", len(meeting.agenda))
            st.text(f"{meeting.title or '–'} · {meeting.presenter} · {clock(meeting.started_at)} · {count}")
            st.button(
                _("Go on") if mine else _("Follow"),
                key=f"open-{meeting.meeting_id}",
                type="primary",
                on_click=_open,
                args=(meeting.meeting_id,),
            )


def _new(person: Person) -> None:
    section(_("New meeting"), _("The agenda is what the filters choose, in the order of your choice."))
    filters = choose.filters()
    with st.container(horizontal=True, vertical_alignment="center"):
        order = choose.order()
        size = st.number_input(
            _("Pictures at most"), 1, MAX_AGENDA, 20, key="agenda-size", label_visibility="collapsed"
        )
        title = st.text_input(
            _("Title"), placeholder=_("Title"), key="meeting-title", label_visibility="collapsed"
        )
    agenda = ordered(ask(items, ask(pictures, filters)), order)[: int(size)]
    st.html(
        '<div class="fd-gallery">'
        + "".join(
            f'<div class="fd-card"><b>{number}</b><img loading="lazy" alt="" width="160" height="160"'
            f' src="{picture_url(item.picture.picture_id)}"></div>'
            for number, item in enumerate(agenda[:24], start=1)
        )
        + "</div>"
    )
    if not agenda:
        empty(_("No finished picture fits."), _("Choose other filters, or wait until a job has finished."))
        return
    if pressed(
        _n("Start with {n} picture", "Start with {n} pictures", len(agenda)),
        type="primary",
        icon=":material/present_to_all:",
        key="start-meeting",
    ):
        here = dashboard()
        chosen = [item.picture.variant_id for item in agenda]
        _open(meetings.start(here.engine, here.settings, person, title, chosen))
        st.rerun()


def _open(meeting_id: UUID) -> None:
    st.query_params["meeting"] = str(meeting_id)


def _leave() -> None:
    st.query_params.pop("meeting", None)


def _present(person: Person, meeting_id: UUID) -> None:
    hub = dashboard().hub
    deaf = hub is not None and hub.state.kind is not HubKind.LIVE

    @live("screen", job=meeting_id, pulse=_DEAF_PULSE if deaf else None)
    def draw() -> None:
        with page_errors():
            _draw(person, meeting_id)

    draw()


def _draw(person: Person, meeting_id: UUID) -> None:
    meeting = ask(meetings.find, meeting_id)
    shown = ask(pictures_of, meeting.agenda)
    judged = {item.picture.variant_id: item for item in ask(items, shown.values())}
    presenting = meeting.presenter == person.name and not dashboard().settings.read_only
    by_id = {str(variant_id): picture for variant_id, picture in shown.items()}

    def receive() -> None:
        entries.receive(st.session_state["screen-board"].log, person, by_id, team=True, meeting_id=meeting_id)

    def move() -> None:
        position = st.session_state["screen-board"].show
        if isinstance(position, int | float):
            with page_errors():
                meetings.show(dashboard().engine, dashboard().settings, person, meeting_id, int(position))

    def close() -> None:
        with page_errors():
            meetings.end(dashboard().engine, dashboard().settings, person, meeting_id)

    problem = entries.problem()
    if problem is not None:
        error_card(problem)
    _screen(
        key="screen-board",
        data={
            "meeting": str(meeting_id),
            "name": person.name,
            "presenter": meeting.presenter,
            "presenting": presenting,
            "ended": meeting.ended_at is not None,
            "position": meeting.position,
            "started": meeting.started_at.timestamp() * 1000,
            "shown": meeting.shown_at.timestamp() * 1000,
            "items": [_item(number, variant_id, judged) for number, variant_id in enumerate(meeting.agenda)],
            "saved": entries.saved(),
            "refused": entries.refused(),
            "words": _words(meeting),
        },
        on_log_change=receive,
        on_show_change=move,
        on_leave_change=_leave_whole,
        on_end_change=close,
    )


def _leave_whole() -> None:
    _leave()
    st.rerun(scope="app")


def _words(meeting: Meeting) -> dict[str, str]:
    words = screen_words()
    return {**words, "following": words["following"].replace("{name}", meeting.presenter)}


def _item(number: int, variant_id: UUID, judged: dict[UUID, Item]) -> dict[str, object]:
    item = judged.get(variant_id)
    if item is None:
        return {"id": str(variant_id), "number": number, "gone": _("(this picture was deleted since)")}
    picture = item.picture
    return {
        "id": str(variant_id),
        "picture_id": str(picture.picture_id),
        "picture": picture_url(picture.picture_id, "full"),
        "thumb": picture_url(picture.picture_id),
        "text": picture.text or picture.description or "–",
        "facts": " · ".join(
            str(fact) for fact in (picture.description, picture.tenant_id, moment(picture.created_at)) if fact
        ),
        "scores": figures(picture),
        "decision": item.decision.verdict.value if item.decision else None,
        "said": said(item),
    }
