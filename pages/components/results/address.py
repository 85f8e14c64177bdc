"""Choices that live in the address: a link shows the same job in the same way.

Streamlit's own binding writes the translated label into the address, which another viewer's language
would not understand: here the option's own name is written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

import streamlit as st

from feedly_core.job_lookup import find_job
from pages.components.app import ask

_SEPARATOR = "."


def chosen_job() -> UUID | None:
    """The job that the address names by id or prefix. Raises NotFound."""
    prefix = st.query_params.get("job", "")
    return ask(find_job, prefix) if prefix else None


def several(
    name: str, label: str, options: Sequence[str], default: Sequence[str], words: Callable[[str], str]
) -> list[str]:
    """Any number of options as pills, in the order of ``options``."""
    key = _start(name, _from_address(name, options, default))
    chosen = st.pills(
        label,
        options,
        selection_mode="multi",
        format_func=words,
        key=key,
        label_visibility="collapsed",
        on_change=_write,
        args=(name, tuple(default)),
    )
    return [option for option in options if option in chosen]


def one(name: str, label: str, options: Sequence[str], words: Callable[[str], str]) -> str:
    """Exactly one option, the first by default."""
    found = _from_address(name, options, options[:1])
    key = _start(name, found[0] if found else options[0])
    chosen = st.segmented_control(
        label,
        options,
        format_func=words,
        required=True,
        key=key,
        label_visibility="collapsed",
        on_change=_write,
        args=(name, tuple(options[:1])),
    )
    return str(chosen)


def _start(name: str, value: object) -> str:
    key = f"results-{name}"
    if key not in st.session_state:
        st.session_state[key] = value
    return key


def _from_address(name: str, options: Sequence[str], default: Sequence[str]) -> list[str]:
    asked = st.query_params.get(name)
    if asked is None:
        return list(default)
    return [option for option in asked.split(_SEPARATOR) if option in options]


def _write(name: str, default: tuple[str, ...]) -> None:
    value = st.session_state[f"results-{name}"]
    chosen = [value] if isinstance(value, str) else list(value)
    if sorted(chosen) == sorted(default):
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = _SEPARATOR.join(chosen)
