"""Streamlit's own English in the viewer's language: menu, upload, empty lists, labels for screen readers.

Delete when Streamlit translates its own words.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.shared.language import _, language
from pages.shared.streamlit_workarounds.scripts import module

_words = st.components.v2.component(
    "feedly.streamlit_words",
    html="<span hidden></span>",
    js=module(Path(__file__).with_name("streamlit_words.js")),
)


def translate_streamlit() -> None:
    """In the frame: known words of Streamlit's are replaced where it writes them itself.

    ``*`` stands for what changes.
    """
    words = {} if language() == "en" else _known()
    _words(key="streamlit-words", data={"words": words})


def _known() -> dict[str, str]:
    return {
        "Upload": _("Upload a file"),
        "* per file": _("{size} at most per file", size="*"),
        "Drag and drop file here": _("Drag a file here"),
        "Drag and drop files here": _("Drag files here"),
        "Add files": _("Add files"),
        "No results": _("No match"),
        "System": _("As the system"),
        "Light": _("Light"),
        "Dark": _("Dark"),
        "Print": _("Print"),
        "Record screen": _("Record the screen"),
        "Record a screencast": _("Record the screen"),
        "Help for *": _("Help on {subject}", subject="*"),
        "Clear value": _("Clear"),
        "Clear all": _("Clear all"),
        "Collapse sidebar": _("Close the menu"),
        "Expand sidebar": _("Open the menu"),
        "Main menu": _("Settings of the view"),
        "App pages": _("Pages"),
        "Show/hide columns": _("Columns to show"),
        "Search": _("Search"),
        "Fullscreen": _("Full screen"),
        "Decrement": _("Less"),
        "Increment": _("More"),
    }
