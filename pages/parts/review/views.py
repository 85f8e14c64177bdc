"""The six views of the review page, and the way into them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from feedly_core.db import own_schema
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role, install_own_schema
from pages.parts.review import agreement, compare, judge, meeting, minutes, runs, who
from pages.shared import url_state
from pages.shared.ask import ask, dashboard
from pages.shared.language import _
from pages.shared.person import current_person
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.reliable_button import pressed

_VIEWS = {
    "judge": N_("Judge"),
    "winner": N_("Pick the winner"),
    "meeting": N_("Meeting"),
    "runs": N_("Run against run"),
    "agreement": N_("People and scores"),
    "minutes": N_("Minutes"),
}
_DRAW: dict[str, Callable[[Person], None]] = {
    "judge": judge.show,
    "winner": compare.show,
    "meeting": meeting.show,
    "runs": runs.show,
    "agreement": agreement.show,
    "minutes": minutes.show,
}


def show() -> None:
    """The chosen view, or what is missing before anybody can judge."""
    if not ask(own_schema.installed):
        _not_installed()
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        view = url_state.switch("view", _("View"), _VIEWS, lambda name: _(_VIEWS[name]))
        name = st.container()
    person = who.reviewer()
    if person is None:
        return
    with name:
        who.change_name(person)
    _DRAW[view](person)


def _not_installed() -> None:
    empty(
        _("This database has no place for verdicts yet."),
        _("They are kept in a schema of the dashboard's own; FeedlyAI's tables stay as they are."),
    )
    person = current_person()
    if person.role >= Role.OPERATOR and not dashboard().settings.read_only:
        if pressed(_("Install the dashboard's own schema"), type="primary", key="install-reviews"):
            install_own_schema(dashboard().engine, person, dashboard().settings)
            st.rerun()
    else:
        st.caption(_("Ask an operator to install it."))
