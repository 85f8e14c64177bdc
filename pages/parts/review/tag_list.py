"""The list of reasons, for the people who may change it."""

from __future__ import annotations

import streamlit as st

from feedly_core.permissions import Person, Role
from feedly_core.reviews.tags import BUILT_IN, keep_tags, tag_words, tags
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.language import _


def edit_tags(person: Person) -> None:
    """One reason a line; an empty list brings the built-in one back."""
    if person.role < Role.OPERATOR or dashboard().settings.read_only:
        return
    with st.expander(_("Reasons on offer"), icon=":material/sell:"), st.form("tags", border=False):
        words = {_(tag_words(tag)): tag for tag in BUILT_IN}
        st.text_area(
            _("One reason a line"),
            value="\n".join(_(tag_words(tag)) for tag in ask(tags)),
            key="tag-lines",
            help=_("Stored verdicts keep the reasons that they named. Empty brings our own list back."),
        )
        if st.form_submit_button(_("Keep this list")):
            with page_errors():
                lines = st.session_state["tag-lines"].splitlines()
                keep_tags(
                    dashboard().engine,
                    dashboard().settings,
                    person,
                    [words.get(line.strip(), line) for line in lines],
                )
                st.rerun()
