"""Text and choices of a page's forms, kept while another page is looked at."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import streamlit as st

from pages.shared.language import is_choice

_KEPT, _PAGE = "kept-choices", "kept-choices-page"
_cookie = st.components.v2.component(
    "feedly.cookie",
    html="<span hidden></span>",
    js=Path(__file__).with_name("cookie.js").read_text(encoding="utf-8"),
)


def keep_cookie(name: str, value: str) -> None:
    """Keep ``value`` in this browser: the next visit's first request brings it along."""
    with st.container(key=f"socket-{name}"):
        _cookie(key=f"cookie-{name}", data={"cookie": name, "name": value})


def keep_forms(page: str, in_the_address: Collection[str]) -> None:
    """Before the page is drawn: what was typed on it when it was shown last.

    Streamlit forgets the fields of a page that is left, before another one runs: so each run of a page notes
    what it begins with. ``in_the_address``: keys that the address decides. Files are not kept.
    """
    kept: dict[str, dict[str, object]] = st.session_state.setdefault(_KEPT, {})
    if st.session_state.get(_PAGE) == page:
        kept[page] = {
            str(key): value
            for key, value in st.session_state.items()
            if key not in in_the_address and is_choice(value)
        }
        return
    st.session_state[_PAGE] = page
    for key, value in kept.get(page, {}).items():
        if key not in st.session_state:
            st.session_state[key] = value
