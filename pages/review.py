"""Review: judge alone or in a meeting, pick winners, compare, and what was decided."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from feedly_core.i18n import N_
from feedly_core.permissions import Person
from pages.parts.review import (
    judge,
    meeting,
    minutes,
    preference,
    queue,
    release,
    rounds,
    runs,
    who,
    winner,
)
from pages.parts.review.filters import NAMING, SHARED
from pages.shared import url_state
from pages.shared.actions import collect, variants_of
from pages.shared.ask import page_errors
from pages.shared.language import _
from pages.shared.navigation import page_title
from pages.shared.own_schema import has_own_schema
from pages.shared.saved_views import offer_to_save
from pages.shared.streamlit_workarounds.scripts import give_keys_back

_VIEWS = {
    "judge": N_("Judge"),
    "winner": N_("Pick the winner"),
    "meeting": N_("Meeting"),
    "runs": N_("Compare runs"),
    "release": N_("Release check"),
    "agreement": N_("AI judge and limits"),
    "rounds": N_("Rounds"),
    "preference": N_("Preference"),
    "minutes": N_("Minutes"),
}
_DRAW: dict[str, Callable[[Person], None]] = {
    "judge": queue.show_queue,
    "winner": winner.show_winner,
    "meeting": meeting.show_meetings,
    "runs": runs.show_runs,
    "release": release.show_release,
    "agreement": judge.show_judge,
    "rounds": rounds.show_rounds,
    "preference": preference.show_preference,
    "minutes": minutes.show_minutes,
}


_OF_NAMED_PICTURES = {"judge", "winner"}


def _left() -> None:
    """The address keeps what the views share, and named pictures where the view shows them."""
    named = NAMING if st.session_state["view"] in _OF_NAMED_PICTURES else ()
    url_state.forget_others("view", *SHARED, *named)


def _show_view(beside_title: DeltaGenerator) -> None:
    """The chosen view, or what is missing before anybody can judge."""
    if not has_own_schema(_("This database has no place for verdicts yet.")):
        return
    view = url_state.switch("view", _("View"), _VIEWS, lambda name: _(_VIEWS[name]), also=_left)
    person = who.reviewer()
    if person is None:
        return
    with beside_title, st.container(horizontal=True, horizontal_alignment="right"):
        who.change_name(person)
        offer_to_save("review")
    if wanted := st.query_params.get("add"):
        del st.query_params["add"]
        collect(variants_of(wanted))
    _DRAW[view](person)


title, beside_title = st.columns([3, 2], vertical_alignment="bottom")
with title:
    page_title("review")
give_keys_back()
with page_errors():
    _show_view(beside_title)
