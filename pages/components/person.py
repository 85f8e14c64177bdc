"""Who looks at the page."""

from __future__ import annotations

import streamlit as st

from feedly_core.access import Person
from feedly_core.errors import PermissionDenied
from feedly_core.web.sign_in import person_of
from feedly_core.words import N_
from pages.components.app import dashboard
from pages.components.login import page_claims


def signed_in() -> Person | None:
    """The person of this session, None before the sign-in. Raises PermissionDenied when not invited."""
    return person_of(dashboard().settings, page_claims(), st.context.headers)


def current_person() -> Person:
    """The person of this session; the frame draws no page without one."""
    person = signed_in()
    if person is None:
        raise PermissionDenied(N_("You are not signed in."), remedy=N_("Sign in and try again."))
    return person
