"""Browser code of the components, the guard of a page change, and that of open lists.

Delete the first when Streamlit ignores requests that a page left behind sends after a page change, the
second when its lists tell a person's scroll from the browser's own. The third when a list that was chosen
from leaves the keys to the page.
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
_open_lists = st.components.v2.component(
    "feedly.open_lists", html="<span hidden></span>", js=module(_FOLDER / "open_lists.js")
)
_keys_back = st.components.v2.component(
    "feedly.keys_back", html="<span hidden></span>", js=module(_FOLDER / "keys_back.js")
)


def guard_page_changes() -> None:
    """Disable the old page during navigation. Used in the frame."""
    _page_change(key="page-change")


def keep_lists_open() -> None:
    """In the frame: a page that moves by itself closes no list that somebody has opened."""
    _open_lists(key="open-lists")


def give_keys_back() -> None:
    """On a page with keys of its own: a list that somebody has chosen from keeps none of them."""
    _keys_back(key="keys-back")
