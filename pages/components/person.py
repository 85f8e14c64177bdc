"""Who looks at the page."""

from __future__ import annotations

import streamlit as st

from feedly_core.access import Person, Role


def current_person() -> Person:
    """The signed-in person; without a login somebody at this machine, who may do everything."""
    name = st.user.get("email") or st.user.get("name") or "local"
    return Person(str(name), Role.OPERATOR)
