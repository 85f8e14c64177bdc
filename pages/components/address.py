"""Choices that live in the address, so that a link shows the same. (Streamlit's own binding writes the
translated labels of options, which another language would not read back.)"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Literal, TypeVar, cast

import streamlit as st

from feedly_core.words import Text
from pages.components.words import _, language

_Option = TypeVar("_Option")
Change = Callable[[], None]


def restore(key: str, options: Collection[_Option], default: _Option | None = None) -> None:
    """Before the widget ``key``: take its value from the address when this session has none yet.

    In another language than before it is set again, or the browser would go on showing the old words.
    """
    chosen, spoken = st.session_state.get(key), f"language of {key}"
    if chosen not in options:
        by_name = {str(option): option for option in options}
        st.session_state[key] = by_name.get(st.query_params.get(key, ""), default)
    elif st.session_state.get(spoken, language()) != language():
        st.session_state[key] = chosen
    st.session_state[spoken] = language()


def keep(key: str, default: object = None, *, also: Change | None = None) -> Change:
    """The ``on_change`` of the widget ``key``: write its value into the address, or drop the default.

    ``also`` runs at each change, after it was kept.
    """

    def changed() -> None:
        value = st.session_state.get(key)
        if value is None or value == default:
            st.query_params.pop(key, None)
        else:
            st.query_params[key] = str(value)
        if also is not None:
            also()

    return changed


def maybe(
    key: str,
    label: str,
    options: Iterable[_Option],
    words: Callable[[_Option], str] = str,
    *,
    none: str | None = None,
    also: Change | None = None,
) -> _Option | None:
    """One of the options or none, which is called ``none``, else "All"."""
    offered = list(options)
    restore(key, offered)
    return st.selectbox(
        label,
        offered,
        key=key,
        index=None,
        format_func=words,
        placeholder=none or _("All"),
        on_change=keep(key, also=also),
    )


def one(
    key: str,
    label: str,
    options: Iterable[_Option],
    words: Callable[[_Option], str] = str,
    *,
    default: _Option | None = None,
    disabled: bool = False,
    label_visibility: Literal["visible", "collapsed"] = "visible",
    also: Change | None = None,
) -> _Option:
    """One of the options; ``default``, else the first, stands in no address."""
    offered = list(options)
    usual = offered[0] if default is None else default
    restore(key, offered, usual)
    chosen = st.selectbox(
        label,
        offered,
        key=key,
        format_func=words,
        disabled=disabled,
        label_visibility=label_visibility,
        on_change=keep(key, usual, also=also),
    )
    return cast("_Option", chosen)


def written(
    key: str, label: str, *, placeholder: str = "", icon: str | None = None, also: Change | None = None
) -> str:
    """Whatever somebody writes."""
    if key not in st.session_state:
        st.session_state[key] = st.query_params.get(key, "")
    changed = keep(key, "", also=also)
    return st.text_input(label, key=key, placeholder=placeholder, icon=icon, on_change=changed)


def switch(
    key: str,
    label: str,
    words: Mapping[str, Text],
    default: str,
    *,
    also: Change | None = None,
    label_visibility: Literal["visible", "collapsed"] = "collapsed",
) -> str:
    """One of a few names, side by side."""
    restore(key, list(words), default)
    named = {name: _(word) for name, word in words.items()}
    return str(
        st.segmented_control(
            label,
            list(words),
            format_func=named.__getitem__,
            required=True,
            key=key,
            on_change=keep(key, default, also=also),
            label_visibility=label_visibility,
        )
    )
