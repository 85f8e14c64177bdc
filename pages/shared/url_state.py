"""Choices that live in the address, so that a link shows the same. (Streamlit's own binding writes the
translated labels of options, which another language would not read back.)"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Literal, TypeVar, cast
from uuid import UUID

import streamlit as st

from feedly_core.db.job_lookup import find_job
from pages.shared.ask import ask
from pages.shared.language import _
from pages.shared.not_understood import not_understood
from pages.shared.streamlit_workarounds.run_context import went_through_history

_Option = TypeVar("_Option")
Change = Callable[[], None]
_SEPARATOR = "."
_STEPS, _TAKEN = "url-history-steps", "url-history-taken"
"""How often this tab went back or forward, and for each key the step at which it followed the address."""


def follow_history() -> None:
    """Once per whole run: after Back or Forward every choice is taken from the address again."""
    if went_through_history():
        st.session_state[_STEPS] = _steps() + 1


def address_wins(key: str) -> bool:
    """Before the widget ``key``: True once after each Back or Forward, which changed the address alone."""
    taken = st.session_state.setdefault(_TAKEN, {})
    if taken.setdefault(key, _steps()) == _steps():
        return False
    taken[key] = _steps()
    return True


def address_keys() -> Collection[str]:
    """Keys of the widgets that the address decides."""
    return set(st.session_state.get(_TAKEN, {}))


def forget_others(*kept: str) -> None:
    """Leave only these parameters in the address: it means what the page shows now."""
    for key in list(st.query_params):
        if key not in {"lang", *kept}:
            st.query_params.pop(key, None)


def _steps() -> int:
    return int(st.session_state.get(_STEPS, 0))


def chosen_job() -> UUID | None:
    """The job that the address names by its id or by the beginning of it. Raises NotFound."""
    prefix = st.query_params.get("job", "")
    return ask(find_job, prefix) if prefix else None


def restore(
    key: str,
    options: Collection[_Option],
    default: _Option | None = None,
    *,
    words: Callable[[_Option], str] = str,
    nothing: str | None = None,
) -> None:
    """Before the widget ``key``: take its value from the address when it has none yet, or an old one.

    What the address says and no option is called is said on the page, with what the widget shows instead:
    ``words`` of its value, or ``nothing`` without one.
    """
    by_name = {str(option): option for option in options}
    name = st.query_params.get(key, "")
    if address_wins(key) or st.session_state.get(key) not in options:
        _set(key, by_name.get(name, default))
    if name not in by_name:
        shown = st.session_state[key]
        _say_unknown(key, nothing if shown is None else words(shown))


def asked(
    key: str,
    options: Iterable[_Option],
    default: _Option | None = None,
    *,
    words: Callable[[_Option], str] = str,
    nothing: str | None = None,
) -> _Option | None:
    """What the address says of ``key``, whether its widget is drawn or not. The rest as in ``restore``."""
    by_name = {str(option): option for option in options}
    name = st.query_params.get(key, "")
    found = by_name.get(name, default)
    if name not in by_name:
        _say_unknown(key, nothing if found is None else words(found))
    return found


def _set(key: str, value: object) -> None:
    """What is set goes to the browser, and undoes what somebody has changed there meanwhile: only news do."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def _say_unknown(key: str, shown: str | None) -> None:
    if asked := st.query_params.get(key, ""):
        not_understood(key, asked, shown)


def keep(key: str, default: object = None, *, also: Change | None = None) -> Change:
    """The ``on_change`` of the widget ``key``: write its value into the address, or drop the default.

    ``also`` runs at each change, after it was kept.
    """

    def changed() -> None:
        value = st.session_state.get(key)
        _write(key, None if value is None or value == default else str(value))
        if also is not None:
            also()

    return changed


def _write(key: str, text: str | None) -> None:
    if text is None:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = text


def forget(key: str, empty: object = None) -> None:
    """Take a choice back before its widget is drawn. ``empty``: what a field without its default holds."""
    st.query_params.pop(key, None)
    clear(key, empty)


def clear(key: str, empty: object = None) -> None:
    """Empty the field ``key``. One that is not drawn will take its value from the address."""
    if key in st.session_state:
        st.session_state[key] = empty


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
    offered, nothing = list(options), none or _("All")
    restore(key, offered, words=words, nothing=nothing)
    return st.selectbox(
        label,
        offered,
        key=key,
        index=None,
        format_func=words,
        placeholder=nothing,
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
    """One of the options.

    ``default``, else the first, stands in no address.
    """
    offered = list(options)
    usual = offered[0] if default is None else default
    restore(key, offered, usual, words=words)
    return st.selectbox(
        label,
        offered,
        key=key,
        format_func=words,
        disabled=disabled,
        label_visibility=label_visibility,
        on_change=keep(key, usual, also=also),
    )


def flag(key: str, label: str, *, also: Change | None = None, help: str | None = None) -> bool:
    """On or off; off stands in no address."""
    restore(key, (True, False), False, words=lambda on: _("On") if on else _("Off"))
    return bool(st.toggle(label, key=key, help=help, on_change=keep(key, False, also=also)))


def written(
    key: str, label: str, *, placeholder: str = "", icon: str | None = None, also: Change | None = None
) -> str:
    """Whatever somebody writes."""
    asked = st.query_params.get(key, "")
    if address_wins(key):
        _set(key, asked)
    # As a default, not as the state: what somebody is typing at this moment stays.
    default = "" if key in st.session_state else asked
    changed = keep(key, "", also=also)
    return st.text_input(label, default, key=key, placeholder=placeholder, icon=icon, on_change=changed)


def switch(
    key: str,
    label: str,
    options: Iterable[_Option],
    words: Callable[[_Option], str],
    *,
    also: Change | None = None,
    label_visibility: Literal["visible", "collapsed"] = "collapsed",
) -> _Option:
    """One of a few, side by side.

    The first stands in no address.
    """
    offered = list(options)
    restore(key, offered, offered[0], words=words)
    chosen = st.segmented_control(
        label,
        offered,
        format_func=words,
        required=True,
        key=key,
        on_change=keep(key, offered[0], also=also),
        label_visibility=label_visibility,
    )
    return cast("_Option", chosen)


def several(
    key: str, label: str, options: Iterable[str], words: Callable[[str], str], *, default: Sequence[str]
) -> list[str]:
    """Any number of a few, side by side, in their order; ``default``, in that order, stands in no address."""
    offered = list(options)
    chosen = None if address_wins(key) else st.session_state.get(key)
    renewed = chosen is None
    asked = st.query_params.get(key)
    named = asked.split(_SEPARATOR) if asked else []
    if chosen is None:
        chosen = default if asked is None else named
    known = [name for name in offered if name in chosen]
    if renewed or len(known) != len(chosen):
        # Of another job's variants, say, this one may have none.
        _set(key, known if known or not chosen else list(default))
    if strange := [name for name in named if name not in offered]:
        not_understood(key, _SEPARATOR.join(strange), ", ".join(map(words, st.session_state[key])))

    def changed() -> None:
        now = [name for name in offered if name in st.session_state[key]]
        _write(key, None if now == list(default) else _SEPARATOR.join(now))

    picked = st.pills(
        label,
        offered,
        selection_mode="multi",
        format_func=words,
        key=key,
        label_visibility="collapsed",
        on_change=changed,
    )
    return [name for name in offered if name in picked]
