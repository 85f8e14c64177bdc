"""The reviewer of this browser: the login's name, or the one that was typed here."""

from __future__ import annotations

from urllib.parse import unquote

import streamlit as st

from feedly_core.access.identity import LOCAL
from feedly_core.permissions import Person, Role
from feedly_core.reviews.verdicts import MAX_NAME
from pages.shared.ask import dashboard
from pages.shared.person import current_person

NAME_KEY, COOKIE = "reviewer", "feedly_reviewer"


def may_judge(person: Person) -> bool:
    """Whether this person's verdicts would be stored.

    Nobody else is offered a key or button for one.
    """
    return person.role >= Role.REVIEWER and not dashboard().settings.read_only


def known_reviewer() -> Person | None:
    """The person who looks. None until the name of one who may judge is known."""
    person = current_person()
    if person != LOCAL or not may_judge(person):
        return person
    name = str(st.session_state.get(NAME_KEY) or _kept_name()).strip()[:MAX_NAME]
    return Person(name, person.role) if name else None


def _kept_name() -> str:
    kept = st.context.cookies.get(COOKIE, "")
    return unquote(kept) if isinstance(kept, str) else ""
