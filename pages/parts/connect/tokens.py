"""Tokens of the viewer: make one, see it once, end it."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from feedly_core.access.tokens import LONGEST_LABEL, Token, list_tokens, make_token, revoke_token
from feedly_core.permissions import ROLE_NAMES, Person, Role
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.formatting import moment
from pages.shared.language import _
from pages.shared.person import current_identity
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.reliable_button import pressed

_MADE = "token-made"
DEFAULT_DAYS = 90


def secret_once() -> None:
    """The secret that was just made. The next run of the page has forgotten it."""
    secret = st.session_state.pop(_MADE, None)
    if secret:
        st.success(_("This is your token. Copy it now: it is shown only once."), icon=":material/key:")
        st.code(secret, None)


def make_token_form(person: Person, most_days: int, now: datetime) -> None:
    """Purpose, role and days of a new token."""
    if dashboard().settings.read_only:
        st.caption(_("The dashboard is read-only: no token can be made."))
        return
    roles = [role for role in Role if role <= person.role]
    with st.form("make-token", border=True):
        columns = st.columns([3, 2, 1], vertical_alignment="bottom")
        label = columns[0].text_input(_("What it is for"), max_chars=LONGEST_LABEL, key="token-label")
        role = columns[1].selectbox(
            _("Most that it may do"), roles, format_func=lambda each: _(ROLE_NAMES[each]), key="token-role"
        )
        days = columns[2].number_input(_("Days"), 1, most_days, DEFAULT_DAYS, key="token-days")
        wanted = st.form_submit_button(_("Make the token"), type="primary", icon=":material/key:")
    if wanted:
        with page_errors():
            here = dashboard()
            made = make_token(
                here.engine, here.settings, current_identity(), label=label, role=role, days=days, now=now
            )
            st.session_state[_MADE] = made.secret
            st.rerun()


def own_tokens(person: Person, now: datetime) -> None:
    """The viewer's tokens, everybody's for an operator, each with a button that ends it."""
    found = ask(list_tokens, person)
    working = [token for token in found if token.works(now)]
    if not working:
        empty(_("No token works now"), _("Make one, and a program can read what you may see."))
    for token in working:
        _row(token, person, now)
    ended = len(found) - len(working)
    if ended:
        st.caption(_("{n} more have expired or were revoked.", n=ended))


def _row(token: Token, person: Person, now: datetime) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        used = moment(token.last_used_at, now=now) if token.last_used_at else _("never used")
        whose = "" if token.owner == person.name else f"{token.owner} · "
        st.text(f"{token.label} · {_(ROLE_NAMES[token.role])}")
        st.text(
            whose
            + _("expires {when}", when=moment(token.expires_at, now=now))
            + " · "
            + _("last used: {when}", when=used)
        )
        if pressed(_("Revoke"), key=f"revoke-{token.token_id}", icon=":material/block:"):
            with page_errors() as part:
                revoke_token(dashboard().engine, dashboard().settings, person, token.token_id)
            if not part.failed:
                st.rerun()
