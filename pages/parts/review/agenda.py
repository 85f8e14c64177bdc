"""An agenda put together by hand: taken off, moved up and down, added from what the filters offer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from uuid import UUID

import streamlit as st

from feedly_core.permissions import Person
from feedly_core.reviews import meetings
from feedly_core.reviews.meetings import MAX_AGENDA
from feedly_core.reviews.pictures import Picture, pictures, pictures_of
from feedly_core.reviews.queue import Order, items, ordered
from pages.parts.review import choose, screen
from pages.shared.ask import ask, page_errors
from pages.shared.language import _
from pages.shared.navigation import picture_url, section

_FOLDER = Path(__file__).parent
_OFFERED = 60
_lists = st.components.v2.component(
    "feedly.agenda",
    html='<div class="agenda"><section><h4></h4><ol></ol></section>'
    "<section><h4></h4><div></div></section></div>",
    css=(_FOLDER / "agenda.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "agenda.js").read_text(encoding="utf-8"),
)


def edit_running(person: Person, meeting_id: UUID) -> None:
    """The agenda of a running meeting: every change is on all screens at once."""
    meeting = ask(meetings.find, meeting_id)
    section(_("Agenda of {title}", title=meeting.title or "–"), _("Followers see each change at once."))
    st.button(_("Back to the screen"), icon=":material/arrow_back:", on_click=_back, key="agenda-back")
    filters = choose.filters()
    offered = ordered(
        ask(items, ask(pictures, filters)),
        Order(choose.one_order("offered-order", choose.ORDERS, Order.DISPUTED)),
    )

    def keep(agenda: object) -> None:
        with page_errors():
            screen.arrange(person, meeting_id, agenda)

    lists(meeting.agenda, [item.picture for item in offered], keep)


def lists(agenda: Sequence[UUID], offered: Iterable[Picture], keep: Callable[[object], None]) -> None:
    """The agenda beside what can be added; ``keep`` gets the new list of ids after each change."""
    known = ask(pictures_of, agenda)
    listed = [picture for variant_id in agenda if (picture := known.get(variant_id))]
    more = [picture for picture in offered if picture.variant_id not in known][:_OFFERED]
    _lists(
        key="agenda-lists",
        data={
            "agenda": [_entry(picture) for picture in listed],
            "offered": [_entry(picture) for picture in more] if len(agenda) < MAX_AGENDA else [],
            "words": {
                "agenda": _("Agenda"),
                "offered": _("Can be added"),
                "up": _("Move up"),
                "down": _("Move down"),
                "remove": _("Take off"),
                "add": _("Add"),
            },
        },
        on_order_change=lambda: keep(st.session_state["agenda-lists"].order),
    )


def _entry(picture: Picture) -> dict[str, object]:
    words = picture.text or picture.description or "–"
    return {
        "id": str(picture.variant_id),
        "thumb": picture_url(picture.picture_id),
        "words": words,
        "facts": _("Variant {n}", n=picture.order),
    }


def _back() -> None:
    st.query_params.pop("agenda", None)
