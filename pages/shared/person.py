"""Who looks at the page."""

from __future__ import annotations

import streamlit as st

from dashboard.server.sign_in import Claims, identity_of, person_of
from feedly_core.access.identity import Identity
from feedly_core.errors import PermissionDenied
from feedly_core.i18n import N_
from feedly_core.permissions import Person
from pages.shared.ask import dashboard
from pages.shared.one_run import once


@once
def signed_in() -> Person | None:
    """The person of this session, None before the sign-in.

    Raises PermissionDenied when not invited.
    """
    return person_of(dashboard().settings, page_claims(), st.context.headers)


def current_person() -> Person:
    """The person of this session.

    The frame draws no page without one.
    """
    person = signed_in()
    if person is None:
        raise PermissionDenied(N_("You are not signed in."), hint=N_("Sign in and try again."))
    return person


def current_identity() -> Identity:
    """How the person of this session signed in."""
    identity = identity_of(dashboard().settings, page_claims(), st.context.headers)
    if identity is None:
        raise PermissionDenied(N_("You are not signed in."), hint=N_("Sign in and try again."))
    return identity


def page_claims() -> Claims | None:
    """The claims of the page's own session.

    None when no login is set up.
    """
    claims = st.user.to_dict()
    return claims if "is_logged_in" in claims else None
