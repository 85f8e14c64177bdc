"""A button whose click is not lost.

Delete when ``st.button`` answers True after an interrupted run.

Streamlit gives a click to one run of the page only. When a second message (another field, a field that
loses the focus) ends that run before the button's line is reached, ``st.button`` never answers True and the
click is gone. Its callback has run by then, so it keeps the click until a run reaches the line.
"""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

_KEPT_S = 10.0
"""A click older than this is forgotten: nobody expects an answer to it on a later visit."""


def pressed(label: str, *, key: str, **options: Any) -> bool:
    """``st.button`` for what writes or starts something.

    ``options`` as there, without ``on_click``.
    """
    st.button(label, key=key, on_click=_keep, args=(key,), **options)
    clicked = st.session_state.pop(_kept(key), None)
    return clicked is not None and time.monotonic() - clicked < _KEPT_S


def forget_click(key: str) -> None:
    """Before the button is offered anew: the second half of a double click must not press it again."""
    st.session_state.pop(_kept(key), None)


def _keep(key: str) -> None:
    st.session_state[_kept(key)] = time.monotonic()


def _kept(key: str) -> str:
    return f"pressed {key}"
