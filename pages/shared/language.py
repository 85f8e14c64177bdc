"""The viewer's language, its switch, and translation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from enum import Enum
from uuid import UUID

import streamlit as st

from feedly_core.i18n import LANGUAGES, NN_, Message, translate
from pages.shared.one_run import once

LANGUAGE_COOKIE = "feedly_language"
_KEY, _CHOSEN = "language", "language-chosen"
NAMES = {"ko": "한국어", "en": "English"}
_spoken: ContextVar[str | None] = ContextVar("spoken", default=None)


def language() -> str:
    """The viewer's language: switched, else ``?lang=``, else as switched last time, else the browser's."""
    return _spoken.get() or _viewers()


@once
def _viewers() -> str:
    chosen = st.session_state.get(_KEY)
    if chosen in LANGUAGES:
        return str(chosen)
    first = _first_choice()
    if _KEY not in st.session_state:
        st.session_state[_KEY] = first
    return first


@contextmanager
def speaking(in_language: str) -> Iterator[None]:
    """Draw what all viewers share in this language, whoever looks."""
    token = _spoken.set(in_language)
    try:
        yield
    finally:
        _spoken.reset(token)


def keep_language(carried: object) -> None:
    """The language that a tab brings along from a session that is gone."""
    if carried in LANGUAGES:
        st.session_state[_KEY] = carried


def switched_language() -> str | None:
    """The language of this session once it is known."""
    return st.session_state.get(_KEY)


def chosen_language() -> str | None:
    """The language that somebody has switched to in this session, to be kept for the next visit."""
    return st.session_state.get(_CHOSEN)


def _first_choice() -> str:
    asked = st.query_params.get("lang")
    if asked in LANGUAGES:
        return asked
    chosen = st.context.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return str(chosen)
    browser = (st.context.locale or "").split("-")[0].lower()
    return browser if browser in LANGUAGES else LANGUAGES[0]


def _(text: Message | str, **values: object) -> str:
    """``_("No job starts with {prefix}.", prefix=p)``, or any Text of the core, in the viewer's language."""
    return translate(Message(text, values) if isinstance(text, str) else text, language())


def _n(singular: str, plural: str, n: int, **values: object) -> str:
    """``_n("{n} job", "{n} jobs", count)`` in the viewer's language."""
    return translate(NN_(singular, plural, n, **values), language())


def plain(text: str) -> str:
    """Foreign text without what Markdown would read as markup."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]()#+-.!|~$<>:" else sign for sign in text)


def language_switch() -> None:
    """Korean or English, kept for the session and for the next one in this browser.

    A ``?lang=`` in the address gives way to it.
    """
    known = language()
    if st.session_state[_KEY] != known:  # a browser that has not drawn the switch yet tells of no choice
        st.session_state[_KEY] = known
    st.segmented_control(
        _("Language"),
        LANGUAGES,
        format_func=NAMES.__getitem__,
        required=True,
        key=_KEY,
        label_visibility="collapsed",
        on_change=_switched,
    )


def _switched() -> None:
    """Each choice is set again: the browser would go on sending the words of then, which are no choice now.

    Files, buttons and tables may not be set, and have no words.
    """
    st.query_params.pop("lang", None)
    st.session_state[_CHOSEN] = st.session_state[_KEY]
    for key, value in list(st.session_state.items()):
        if key not in (_KEY, _CHOSEN) and is_choice(value):
            st.session_state[key] = value


def is_choice(value: object) -> bool:
    """A value of a field that may be set again; not that of a button."""
    if isinstance(value, list):
        return bool(value) and all(map(is_choice, value))
    return isinstance(value, str | int | UUID | Enum | timedelta) and not isinstance(value, bool)
