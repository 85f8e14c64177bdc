"""What the browser says of a field that the server has set meanwhile (Back, a filter that is taken away).

With every request the browser tells the value of each field. One that left before the new value came would
count as somebody's choice: it undoes what was set, and writes the old value into the address.

Delete when Streamlit tells a value that was sent too early from a choice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.session_state import SessionState

from pages.shared.streamlit_workarounds.late_requests import LATE_S
from pages.shared.streamlit_workarounds.run_context import went_through_history

_SET = "fields-set-by-the-server"
"""In the session's state: the fields whose new value may not have reached the browser, by their id."""


@dataclass
class _Field:
    """``before``: what the browser may still say. ``drawn``: when the run that set it ended."""

    key: str
    before: list[Any] = field(default_factory=list)
    drawn: float | None = None


def ignore_early_values(clock: Callable[[], float] = time.monotonic) -> None:
    """From now on a value that a field had before it was set changes it only as a choice of that field.

    A choice is a request in which nothing but this field has changed. What comes with another one, until
    ``LATE_S`` after the run that set the field, is what the browser did not know better.
    """
    set_item, finish, call = (
        SessionState.__setitem__,
        SessionState.on_script_finished,
        SessionState._call_callbacks,
    )
    if hasattr(set_item, "__wrapped__"):
        return

    @wraps(set_item)
    def note(state: SessionState, key: str, value: Any) -> None:
        known = state._key_id_mapper.get_id_from_key(key)
        before = state._getitem(known, key) if known is not None and known in state else value
        set_item(state, key, value)
        if known is not None and before != value:
            noted = _set_fields(state).setdefault(known, _Field(key))
            noted.before.append(before)
            noted.drawn = None

    @wraps(finish)
    def date(state: SessionState, *rest: Any, **more: Any) -> None:
        finish(state, *rest, **more)
        fields = _set_fields(state)
        for known, noted in list(fields.items()):
            if noted.drawn is None:
                noted.drawn = clock()
            elif clock() - noted.drawn >= LATE_S:
                del fields[known]

    @wraps(call)
    def drop_and_call(state: SessionState, **replayed: Any) -> None:
        if fields := _set_fields(state):
            _drop_early(state, fields, clock())
        call(state, **replayed)

    SessionState.__setitem__ = note  # type: ignore[method-assign]
    SessionState.on_script_finished = date  # type: ignore[method-assign, assignment]
    SessionState._call_callbacks = drop_and_call  # type: ignore[method-assign, assignment]


def _set_fields(state: SessionState) -> dict[str, _Field]:
    if _SET not in state._old_state:
        state._old_state[_SET] = {}
    fields: dict[str, _Field] = state._old_state[_SET]
    return fields


def _drop_early(state: SessionState, fields: dict[str, _Field], now: float) -> None:
    changed = [known for known in state._new_widget_state if state._widget_changed(known)]
    chosen = len(changed) == 1 and _may_be_chosen(state, changed[0])
    for known in changed:
        noted = fields.get(known)
        if noted is None or (noted.drawn is not None and now - noted.drawn >= LATE_S):
            continue
        if state._new_widget_state[known] in noted.before and not chosen:
            del state._new_widget_state[known]
        # What was set may reach the browser only now, or never: say once more what holds.
        state._new_session_state[noted.key] = state._getitem(known, noted.key)


def _may_be_chosen(state: SessionState, known: str) -> bool:
    """A field tells a choice to the part of the page that it stands in, and Back is no choice."""
    described = state._get_widget_metadata(known)
    context = get_script_run_ctx(suppress_warning=True)
    parts = context.fragment_ids_this_run if context else None
    part = described.fragment_id if described else None
    return not went_through_history() and (part in parts if parts else part is None)
