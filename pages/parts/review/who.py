"""The reviewer: the login's name, or one kept in the browser."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import streamlit as st

from feedly_core.access.identity import LOCAL
from feedly_core.permissions import Person, Role
from feedly_core.reviews.verdicts import MAX_NAME
from pages.shared.ask import dashboard
from pages.shared.language import _, plain
from pages.shared.person import current_person

_KEY, _COOKIE = "reviewer", "feedly_reviewer"
_keeper = st.components.v2.component(
    "feedly.reviewer",
    html="<span hidden></span>",
    js=Path(__file__).with_name("keeper.js").read_text(encoding="utf-8"),
)


def may_judge(person: Person) -> bool:
    """Whether this person's verdicts would be stored.

    Nobody else is offered a key or button for one.
    """
    return person.role >= Role.REVIEWER and not dashboard().settings.read_only


def reviewer() -> Person | None:
    """The person who looks.

    None until the name of one who may judge is known: then its form is drawn.
    """
    person = current_person()
    if person != LOCAL or not may_judge(person):
        return person
    name = str(st.session_state.get(_KEY) or _kept_name()).strip()[:MAX_NAME]
    if name:
        _keeper(key="keeper", data={"cookie": _COOKIE, "name": name})
        return Person(name, person.role)
    with st.form("who", border=True):
        st.text_input(
            _("Your name"),
            key="reviewer-typed",
            max_chars=MAX_NAME,
            help=_("It stands beside your verdicts and stays in this browser."),
        )
        st.form_submit_button(_("Continue"), type="primary", on_click=_typed)
    return None


def _kept_name() -> str:
    kept = st.context.cookies.get(_COOKIE, "")
    return unquote(kept) if isinstance(kept, str) else ""


def _typed() -> None:
    st.session_state[_KEY] = st.session_state["reviewer-typed"].strip()


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
