"""Browser code of the components, and what mends Streamlit's own page.

Delete the guard of starts when Streamlit stops a component before it starts it anew, the guard of a page
change when Streamlit ignores requests that a page left behind sends after a page change, the guard of open
lists when they tell a person's scroll from the browser's own, the keys when a list that was chosen from
leaves them to the page, and the document when Streamlit sets the language of its page and names the charts
of its metrics. The places when it brings back the scroll of a visit, follows a click on the shown page's
name in the menu, and keeps one theme for all pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from dashboard.server import site_files

_FOLDER = Path(__file__).parent
_STARTS = _FOLDER / "starts.js"
WAITING = _FOLDER / "waiting.js"
"""For every component that asks for a redraw by itself, without a click."""
KEYS = _FOLDER.parent / "keys.js"
"""For every component that listens to the keyboard."""


def module(*files: Path) -> str:
    """The files as one module, in this order.

    First comes what makes each start of a component the only one.
    """
    return "\n".join(file.read_text(encoding="utf-8") for file in (_STARTS, *files))


_page_change = st.components.v2.component(
    "feedly.page_change", html="<span hidden></span>", js=module(_FOLDER / "page_change.js")
)
_open_lists = st.components.v2.component(
    "feedly.open_lists", html="<span hidden></span>", js=module(_FOLDER / "open_lists.js")
)
_keys_back = st.components.v2.component(
    "feedly.keys_back", html="<span hidden></span>", js=module(_FOLDER / "keys_back.js")
)
_places = st.components.v2.component(
    "feedly.places", html="<span hidden></span>", js=module(_FOLDER / "places.js")
)

_document = st.components.v2.component(
    "feedly.document", html="<span hidden></span>", js=module(_FOLDER / "document.js")
)


def describe_document(language: str, base_path: str) -> None:
    """In the frame: language of the page (``ko``), and what makes it installable."""
    data = {
        "language": language,
        "manifest": base_path + site_files.MANIFEST,
        "icon": base_path + site_files.site_file("icon-192.png"),
        "colours": site_files.THEME_COLOURS,
    }
    with st.container(key="socket-document"):
        _document(key="document", data=data)


def guard_page_changes() -> None:
    """Disable the old page during navigation. Used in the frame."""
    _page_change(key="page-change")


def keep_lists_open() -> None:
    """In the frame: a page that moves by itself closes no list that somebody has opened."""
    _open_lists(key="open-lists")


def give_keys_back() -> None:
    """On a page with keys of its own: a list that somebody has chosen from keeps none of them."""
    with st.container(key="socket-keys"):
        _keys_back(key="keys-back")


def keep_places(paths: Sequence[str]) -> None:
    """In the frame: the scroll of each visit, the menu's way to the start, one theme for all ``paths``."""
    with st.container(key="socket-places"):
        _places(key="places", data={"paths": list(paths)})
