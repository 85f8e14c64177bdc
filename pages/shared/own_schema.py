"""The dashboard's own schema: whether it is there, and the button that installs it."""

from __future__ import annotations

import streamlit as st

from feedly_core.db.own_schema import installed
from feedly_core.permissions import install_own_schema
from pages.shared.ask import ask, dashboard
from pages.shared.language import _
from pages.shared.person import current_person
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.reliable_button import pressed


def has_own_schema(purpose: str) -> bool:
    """True when it is installed; else draws what it is for and how to install it.

    ``purpose`` is a whole sentence in the viewer's language.
    """
    if ask(installed):
        return True
    hint = _("It needs the schema feedly_dashboard beside the FeedlyAI tables, which stay as they are.")
    empty(purpose, hint)
    if pressed(_("Install the schema"), icon=":material/database:", key="install-own-schema"):
        install_own_schema(dashboard().engine, current_person(), dashboard().settings)
        st.rerun()
    return False
