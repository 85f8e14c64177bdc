"""Words of the address that no part of the page understands, said in one quiet line above it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from feedly_core.i18n import LANGUAGES
from pages.shared.language import NAMES, _, _n, language, plain

_KEY = "address-not-understood"
_LONGEST = 60
"""Characters of a word that are shown."""
_MOST = 6
"""Words that are named; more are counted."""


@dataclass(frozen=True)
class _Word:
    """``shown``: what the page shows instead; nothing where the word is only left out."""

    text: str
    shown: str | None


def not_understood(name: str, value: str, shown: str | None = None) -> None:
    """Say on this page that ``name=value`` of the address is not understood.

    ``shown``: what is shown instead. Only in whole runs: a part that runs by itself cannot draw above.
    """
    said: dict[str, _Word] | None = st.session_state.get(_KEY)
    if said is not None:
        said.setdefault(name, _Word(f"{name}={value}", shown))


@contextmanager
def whole_address(known: Collection[str]) -> Iterator[None]:
    """Around a page: the line in its place above, ``known`` are the names that the page understands."""
    place = st.container()
    said: dict[str, _Word] = {}
    st.session_state[_KEY] = said
    try:
        _look_at_names(known)
        yield
    finally:
        st.session_state.pop(_KEY, None)
    if said:
        _line(place, list(said.values()))


def _look_at_names(known: Collection[str]) -> None:
    for name in st.query_params:
        values = st.query_params.get_all(name)
        if name == "lang":
            if values[-1] not in LANGUAGES:
                not_understood(name, values[-1], NAMES[language()])
        elif name not in known:
            not_understood(name, values[-1])
        elif len(values) > 1:
            not_understood(name, values[0], values[-1])


def _line(place: DeltaGenerator, words: list[_Word]) -> None:
    named = []
    for word in words[:_MOST]:
        text = word.text if len(word.text) <= _LONGEST else f"{word.text[:_LONGEST]}…"
        if word.shown is None:
            named.append(_("“{word}” (left out)", word=text))
        else:
            named.append(_("“{word}” (shown instead: {shown})", word=text, shown=word.shown[:_LONGEST]))
    if (more := len(words) - _MOST) > 0:
        named.append(_n("{n} other", "{n} others", more))
    line = plain(_("Not understood in the address: {words}", words=", ".join(named)))
    place.caption(f":material/link_off: {line}")
