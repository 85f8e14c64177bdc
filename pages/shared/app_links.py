"""Links in HTML that the running app opens, with no page load."""

from __future__ import annotations

from html import escape
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from pages.shared.navigation import PAGES, base_path
from pages.shared.streamlit_workarounds.scripts import module

_links = st.components.v2.component(
    "feedly.app_links",
    html="<span hidden></span>",
    js=module(Path(__file__).with_name("app_links.js")),
)


def open_links_in_app() -> None:
    """In the frame: each link to one of our pages that asks for no window of its own."""
    _links(key="app-links", data={"paths": [f"{base_path()}/{page}" for page in PAGES]})


def link_to(address: str) -> str:
    """Attributes of a link that the running app opens."""
    return f"href='{escape(address, quote=True)}' target='_self'"


def link_here(**changes: object) -> str:
    """Attributes of a link to this page with some parameters changed; None takes one away.

    A click keeps all others as the address has them then: somebody may have chosen since this was drawn.
    """
    given = {name: "" if value is None else str(value) for name, value in changes.items()}
    kept = {name: value for name, value in st.query_params.items() if name not in given}
    address = "?" + urlencode({**kept, **{name: value for name, value in given.items() if value}})
    return f"{link_to(address)} data-changes='{escape(urlencode(given), quote=True)}'"
