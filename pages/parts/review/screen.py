"""Screen of a meeting: the current picture for everybody."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import segno
import streamlit as st

from feedly_core.analytics.gallery import cards_of
from feedly_core.analytics.variant_source import variant_source
from feedly_core.live.snapshot import HubKind
from feedly_core.permissions import Person
from feedly_core.reviews import meetings, presence
from feedly_core.reviews.meetings import Meeting
from feedly_core.reviews.queue import Item, items
from feedly_core.reviews.tags import tag_words, tags
from pages.parts.review import entries
from pages.parts.review.figures import figures, judgement, said
from pages.parts.review.wording import screen_words
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.formatting import moment
from pages.shared.language import _
from pages.shared.live import live
from pages.shared.navigation import name_tab, picture_url, site_address
from pages.shared.placeholders import error_card
from pages.shared.reviewer import may_judge
from pages.shared.streamlit_workarounds.scripts import KEYS, WAITING, module

_FOLDER = Path(__file__).parent
_DEAF_PULSE = 1.0
"""Without push, followers look for the next picture, and for a meeting, this often (seconds)."""

_EARLY = 5.0
"""A pulse may come so many seconds early and still says it, rather than a minute later."""

_BOARD = "screen-board"
_screen = st.components.v2.component(
    "feedly.screen",
    html='<div class="screen" role="dialog" aria-modal="true"></div>',
    css=(_FOLDER / "screen.css").read_text(encoding="utf-8"),
    js=module(
        WAITING, KEYS, *(_FOLDER / name for name in ("log.js", "drawing.js", "agenda_strip.js", "screen.js"))
    ),
)


def show_screen(person: Person, meeting_id: UUID) -> None:
    """The presenter moves it and records the team's decisions.

    Everybody else follows and may vote.
    """

    @live("screen", job=meeting_id, pulse=deaf_pulse() or presence.SAID_EVERY.total_seconds())
    def draw() -> None:
        _draw(person, meeting_id)

    draw()


def deaf_pulse() -> float | None:
    """How often to look where the hub hears nothing.

    None where it does.
    """
    hub = dashboard().hub
    return _DEAF_PULSE if hub is not None and hub.state.kind is not HubKind.LIVE else None


def _draw(person: Person, meeting_id: UUID) -> None:
    meeting = ask(meetings.find, meeting_id)
    shown = {
        card.variant_id: card
        for card in ask(cards_of, ask(variant_source, datetime.now(UTC)), meeting.agenda)
        if card.picture_id
    }
    judged = {item.picture.variant_id: item for item in ask(items, shown.values())}
    name_tab(meeting.title or _("Meeting"), _("Review"))
    presenting = meeting.presenter == person.name and may_judge(person)
    if meeting.ended_at is None:
        with page_errors():
            _attend(person, meeting_id)
    by_id = {str(variant_id): picture for variant_id, picture in shown.items()}

    def receive() -> None:
        entries.receive(st.session_state[_BOARD].log, person, by_id, team=presenting, meeting_id=meeting_id)

    problem = entries.problem()
    if problem is not None:
        error_card(problem)
    _screen(
        key=_BOARD,
        data={
            "meeting": str(meeting_id),
            "name": person.name,
            "presenting": presenting,
            "voting": may_judge(person) and not presenting,
            "ended": meeting.ended_at is not None,
            "here": _here(meeting_id),
            "reopens": presenting and _reopens(meeting),
            "join": _join(meeting_id),
            "position": meeting.position,
            "now": time.time() * 1000,
            "started": meeting.started_at.timestamp() * 1000,
            "shown": meeting.shown_at.timestamp() * 1000,
            "items": [
                _item(
                    variant_id, judged.get(variant_id), person, sees_all=presenting or bool(meeting.ended_at)
                )
                for variant_id in meeting.agenda
            ],
            "tags": [{"id": tag, "label": _(tag_words(tag))} for tag in ask(tags)],
            "saved": entries.saved(),
            "refused": entries.refused(),
            "words": _words(meeting),
            "title": meeting.title or _("Meeting"),
        },
        on_log_change=receive,
        on_show_change=lambda: _show(person, meeting_id),
        on_arrange_change=lambda: _arrange(person, meeting_id),
        on_edit_change=_edit,
        on_leave_change=_leave,
        on_end_change=lambda: _end(person, meeting_id),
        on_reopen_change=lambda: _reopen(person, meeting_id),
        on_minutes_change=lambda: _minutes(meeting_id),
    )


def _attend(person: Person, meeting_id: UUID) -> None:
    """Say that this person is there, at most once a minute per tab. A read-only dashboard records nothing."""
    here = dashboard()
    if here.settings.read_only:
        return
    now, key = time.monotonic(), f"attends-{meeting_id}"
    if now - st.session_state.get(key, -math.inf) >= presence.SAID_EVERY.total_seconds() - _EARLY:
        # Kept first: what cannot be written now is tried again in a minute, not at each redraw.
        st.session_state[key] = now
        presence.attend(here.engine, here.settings, person, meeting_id)


def _here(meeting_id: UUID) -> str:
    people = [one.person for one in ask(presence.attendance, meeting_id) if one.here]
    return _("{n} here: {people}", n=len(people), people=", ".join(people)) if people else ""


def _show(person: Person, meeting_id: UUID) -> None:
    position = st.session_state[_BOARD].show
    if isinstance(position, int | float):
        with page_errors():
            meetings.show(dashboard().engine, dashboard().settings, person, meeting_id, int(position))


def _arrange(person: Person, meeting_id: UUID) -> None:
    with page_errors():
        arrange(person, meeting_id, st.session_state[_BOARD].arrange)


def arrange(person: Person, meeting_id: UUID, wanted: object) -> None:
    """Store the agenda that a component sent, as ids in their order."""
    agenda = [UUID(str(variant_id)) for variant_id in wanted] if isinstance(wanted, list) else []
    if agenda:
        meetings.arrange(dashboard().engine, dashboard().settings, person, meeting_id, agenda)


def _end(person: Person, meeting_id: UUID) -> None:
    with page_errors():
        meetings.end(dashboard().engine, dashboard().settings, person, meeting_id)


def _reopen(person: Person, meeting_id: UUID) -> None:
    with page_errors():
        meetings.reopen(dashboard().engine, dashboard().settings, person, meeting_id)


def _reopens(meeting: Meeting) -> bool:
    """Whether the end can still be taken back."""
    return meeting.ended_at is not None and datetime.now(UTC) - meeting.ended_at < meetings.REOPENED_WITHIN


def _join(meeting_id: UUID) -> dict[str, str]:
    """The address of this meeting and its QR code; whoever opens it signs in as everywhere."""
    address = f"{site_address()}/review?{urlencode({'view': 'meeting', 'meeting': str(meeting_id)})}"
    return {"address": address, "code": _code(address)}


@lru_cache(maxsize=64)
def _code(address: str) -> str:
    """Drawn once: the screen is redrawn at each move."""
    return segno.make(address, micro=False).svg_data_uri(scale=8, border=3)


def _edit() -> None:
    st.query_params["agenda"] = "edit"
    st.rerun(scope="app")


def _leave() -> None:
    st.query_params.pop("meeting", None)
    st.rerun(scope="app")


def _minutes(meeting_id: UUID) -> None:
    st.query_params.from_dict({"view": "minutes", "held": str(meeting_id)})
    st.session_state["view"], st.session_state["held"] = "minutes", str(meeting_id)
    st.rerun(scope="app")


def _words(meeting: Meeting) -> dict[str, str]:
    words = screen_words()
    return {**words, "following": words["following"].replace("{name}", meeting.presenter)}


def _item(variant_id: UUID, item: Item | None, person: Person, *, sees_all: bool) -> dict[str, object]:
    """One picture. What others say is not sent before this person has voted or the team has decided."""
    if item is None:
        return {"id": str(variant_id), "gone": _("(this picture was deleted since)"), "votes": []}
    picture = item.picture
    votes = [standing.verdict.value for standing in item.said if not standing.team]
    told = sees_all or bool(item.decision or item.by(person.name))
    facts = (picture.description, picture.tenant_id, moment(picture.created_at))
    return {
        "id": str(variant_id),
        "picture_id": str(picture.picture_id),
        "picture": picture_url(picture.finished_id, "full"),
        "thumb": picture_url(picture.finished_id),
        "text": picture.text or picture.description or "–",
        "facts": " · ".join(str(fact) for fact in facts if fact),
        "scores": figures(picture),
        "decision": judgement(item.decision),
        "mine": judgement(item.by(person.name)),
        "said": said(item) if told else [],
        "votes": votes if told else [],
        "voters": len(votes),
    }
