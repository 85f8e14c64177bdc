"""The reviewer: the login's name, or one kept in the browser."""

from __future__ import annotations

import streamlit as st

from feedly_core.access.identity import LOCAL
from feedly_core.permissions import Person
from feedly_core.reviews.verdicts import MAX_NAME
from pages.shared.ask import dashboard
from pages.shared.kept_choices import keep_cookie
from pages.shared.language import _, plain
from pages.shared.person import current_person
from pages.shared.reviewer import COOKIE, NAME_KEY, known_reviewer, may_judge


def reviewer() -> Person | None:
    """The person who looks.

    None until the name of one who may judge is known: then its form is drawn.
    """
    person = known_reviewer()
    if person is not None:
        if current_person() == LOCAL and may_judge(person):
            keep_cookie(COOKIE, person.name)
        return person
    with st.form("who", border=True):
        st.text_input(
            _("Your name"),
            key="reviewer-typed",
            max_chars=MAX_NAME,
            help=_("It stands beside your verdicts and stays in this browser."),
        )
        st.form_submit_button(_("Continue"), type="primary", on_click=_typed)
    return None


def _typed() -> None:
    st.session_state[NAME_KEY] = st.session_state["reviewer-typed"].strip()


def change_name(person: Person) -> None:
    """Show the reviewer's name, and let another person take over."""
    if not may_judge(person):
        read_only = dashboard().settings.read_only
        st.caption(
            _("The dashboard is read-only: you can look, not judge.")
            if read_only
            else _("You can look; judging needs the role reviewer.")
        )
        return
    if current_person() != LOCAL:
        st.caption(_("Reviewing as {name}", name=plain(person.name)))
        return
    with st.popover(_("Reviewing as {name}", name=plain(person.name)), icon=":material/person:"):
        st.text_input(_("Your name"), value=person.name, key="reviewer-typed", max_chars=MAX_NAME)
        st.button(_("Change name"), on_click=_typed)
