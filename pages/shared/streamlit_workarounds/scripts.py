"""Browser code of the components, and the guard of a page change.

Delete the guard when Streamlit ignores requests that a page left behind sends after a page change.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_FOLDER = Path(__file__).parent
WAITING = _FOLDER / "waiting.js"
"""For every component that asks for a redraw by itself, without a click."""
KEYS = _FOLDER.parent / "keys.js"
"""For every component that listens to the keyboard."""


def module(*files: Path) -> str:
    """The files as one module, in this order."""
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


_page_change = st.components.v2.component(
    "feedly.page_change", html="<span hidden></span>", js=module(_FOLDER / "page_change.js")
)


def guard_page_changes() -> None:
    """In the frame: from the click on another page until it is there, the page that is left is out of use."""
    _page_change(key="page-change")
