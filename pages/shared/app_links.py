"""Links in HTML that the running app opens, with no page load."""

from __future__ import annotations

from pathlib import Path

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
