"""Connect: tokens for programs and assistants, lines to copy, and what they ask to be done."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from feedly_core.access.tokens import MOST_DAYS
from feedly_core.db.own_schema import ACCESS
from pages.parts.connect.plans import waiting_plans
from pages.parts.connect.tokens import make_token_form, own_tokens, secret_once
from pages.shared.ask import sections
from pages.shared.language import _
from pages.shared.navigation import page_title, section, site_address
from pages.shared.own_schema import has_own_schema
from pages.shared.person import current_person


def _tokens() -> None:
    section(_("Tokens"), _("A program shows a token to read what you may see. It never may more than you."))
    if not has_own_schema(_("Tokens are kept in the dashboard's own schema."), ACCESS):
        return
    secret_once()
    make_token_form(current_person(), MOST_DAYS, datetime.now(UTC))
    own_tokens(current_person(), datetime.now(UTC))


def _plans() -> None:
    section(
        _("Plans that wait for you"),
        _("A program with an operator's token may propose; only a person does it, here, within 15 minutes."),
    )
    waiting_plans(current_person())


def _lines() -> None:
    section(_("Lines to copy"), _("Put your token in the place of YOUR_TOKEN, and keep it out of files."))
    address = site_address()
    first, second, third = st.tabs([_("REST"), _("Assistant over HTTP"), _("Assistant on this machine")])
    with first:
        st.code(f'curl -H "Authorization: Bearer YOUR_TOKEN" "{address}/api/v1/jobs?size=5"', "bash")
        st.caption(_("All questions and their fields stand in {address}.", address="/api/v1/openapi.json"))
    with second:
        st.code(_HTTP.replace("ADDRESS", f"{address}/mcp"), "json")
    with third:
        st.code(_STDIO, "json")
        st.caption(_("It reads the database that DATABASE_URL names, and changes nothing."))


_HTTP = """{
  "mcpServers": {
    "feedlyai": {
      "type": "http",
      "url": "ADDRESS",
      "headers": { "Authorization": "Bearer YOUR_TOKEN" }
    }
  }
}"""

_STDIO = """{
  "mcpServers": {
    "feedlyai": { "command": "feedlyai", "args": ["mcp"] }
  }
}"""

page_title("connect")
sections(_tokens, _plans, _lines)
