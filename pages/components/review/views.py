"""The six views of the review page, and the way into them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from feedly_core import dashboard_schema
from feedly_core.access import Person, Role, install_own_schema
from feedly_core.words import N_
from pages.components import address
from pages.components.app import ask, dashboard
from pages.components.person import current_person
from pages.components.pressed import pressed
from pages.components.review import agreement, compare, judge, meeting, minutes, runs, who
from pages.components.states import empty
from pages.components.words import _

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
    if not ask(dashboard_schema.installed):
        _not_installed()
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        view = address.switch("view", _("View"), _VIEWS, lambda name: _(_VIEWS[name]))
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
