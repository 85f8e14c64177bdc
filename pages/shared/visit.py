"""This person's visit: noted once in a while, and when the one before it ended."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import streamlit as st

from feedly_core.errors import FeedlyError
from feedly_core.permissions import Person
from feedly_core.visits.visits import SAID_EVERY, note_visit
from pages.shared.ask import dashboard

_log = logging.getLogger("feedly.visits")
_NOTED, _BEFORE = "visit noted at", "visit before"


def keep_visit(person: Person) -> None:
    """In the frame: one statement at the beginning of a session, and then every ten minutes at most."""
    here, now = dashboard(), datetime.now(UTC)
    noted: tuple[str, datetime] | None = st.session_state.get(_NOTED)
    if not here.ready or here.settings.read_only:
        return
    if noted and noted[0] == person.name and now - noted[1] < SAID_EVERY:
        return
    st.session_state[_NOTED] = (person.name, now)
    try:
        st.session_state[_BEFORE] = note_visit(here.engine, here.settings, person, now)
    except FeedlyError as error:  # a replica, or a role that may not write: nobody asked for this
        _log.info("%s", error)


def last_here() -> datetime | None:
    """When the visit before this one ended; None on the first."""
    found: datetime | None = st.session_state.get(_BEFORE)
    return found
