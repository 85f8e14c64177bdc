"""The search of the frame: a field that one sees, Ctrl+K, and a list that is used by keyboard.

The browser asks the server's own address while somebody types; this module only hands over the words of the
page.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.server.search_route import PATH
from feedly_core.search.hits import HitKind, Place
from feedly_core.search.places import program_places
from pages.shared.badges import STATE_LOOKS
from pages.shared.language import _, language
from pages.shared.navigation import PAGES, base_path
from pages.shared.streamlit_workarounds.scripts import module

_HERE = Path(__file__).parent
_STYLE = f"<style>{(_HERE / 'search.css').read_text(encoding='utf-8')}</style>"
_search = st.components.v2.component(
    "feedly.search", html="<span hidden></span>", js=module(_HERE / "search.js")
)


def searchable_places() -> tuple[Place, ...]:
    """What a search may name without the database: the pages, checks and terms."""
    pages = (Place(HitKind.PAGE, name, info.title, info.purpose) for name, info in PAGES.items())
    return (*pages, *program_places())


def draw_search() -> None:
    """The field in the head of the page."""
    st.html(_STYLE)
    with st.container(key="socket-search"):
        _search(key="search", data=_data())


def _data() -> dict[str, object]:
    return {
        "address": base_path() + PATH,
        "base": base_path(),
        "lang": language(),
        "looks": {state.value: look for state, look in STATE_LOOKS.items()},
        "words": {
            "search": _("Search"),
            "hint": _("Jobs, copy, hashtags, tenants, meetings, checks …"),
            "help": _("Any part of a word, or its first consonants (ㄱㅊㅉㄱ). A job's id works too."),
            "nothing": _("Nothing was found."),
            "failed": _("The search did not answer. Try again."),
            "results": _("Search results"),
            "more": _("There are more: write another word."),
            "choose": _("↑↓ choose"),
            "open": _("Enter opens"),
            "close": _("Esc closes"),
        },
    }
