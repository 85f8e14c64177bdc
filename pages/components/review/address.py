"""Choices that live in the address, so that a link shows the same. (Streamlit's own binding writes the
translated labels of options, which another language would not read back.)"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import streamlit as st

from feedly_core.words import Text
from pages.components.words import _

_Option = TypeVar("_Option")


def restore(key: str, options: Sequence[_Option], default: _Option | None = None) -> None:
    """Before the widget ``key``: take its value from the address when this session has none yet."""
    if st.session_state.get(key) in options:
        return
    by_name = {str(option): option for option in options}
    st.session_state[key] = by_name.get(st.query_params.get(key, ""), default)


def keep(key: str, default: object = None) -> Callable[[], None]:
    """The ``on_change`` of the widget ``key``: write its value into the address, or drop the default."""

    def write() -> None:
        value = st.session_state.get(key)
        if value is None or value == default:
            st.query_params.pop(key, None)
        else:
            st.query_params[key] = str(value)

    return write


def switch(
    key: str, label: str, words: Mapping[str, Text], default: str, *, also: Callable[[], None] | None = None
) -> str:
    """One of a few names, kept in the address; ``also`` runs at each change, after it was kept."""
    restore(key, list(words), default)
    write = keep(key, default)

    def changed() -> None:
        write()
        if also is not None:
            also()

    named = {name: _(word) for name, word in words.items()}
    return str(
        st.segmented_control(
            label,
            list(words),
            format_func=named.__getitem__,
            required=True,
            key=key,
            on_change=changed,
            label_visibility="collapsed",
        )
    )
