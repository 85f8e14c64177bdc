"""Dashboard's own schema: whether it is there, and the button that installs it."""

from __future__ import annotations

import streamlit as st

from feedly_core.db.own_schema import Tables, installed
from feedly_core.permissions import Role, install_own_schema
from pages.shared.ask import ask, dashboard
from pages.shared.language import _
from pages.shared.person import current_person
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.reliable_button import pressed


def has_own_schema(purpose: str, tables: Tables = ()) -> bool:
    """True when it is installed.

    Else draws what it is for and who installs it.

    ``purpose`` is a whole sentence in the viewer's language. ``tables``: those of one room,
    where they came after the first release.
    """
    if ask(installed, tables):
        return True
    empty(
        purpose, _("It needs the schema feedly_dashboard beside the FeedlyAI tables, which stay as they are.")
    )
    person, settings = current_person(), dashboard().settings
    if person.role < Role.OPERATOR or settings.read_only:
        st.caption(_("Ask an operator to install it."))
    elif pressed(_("Install the schema"), icon=":material/database:", key="install-own-schema"):
        install_own_schema(dashboard().engine, person, settings)
        st.rerun()
    return False
