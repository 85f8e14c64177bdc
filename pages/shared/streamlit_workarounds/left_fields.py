"""What Streamlit keeps of fields that are gone.

It forgets their values, but describes each field, with its callback and what that is given, until the session
ends: 25 people who had seen every page left more than a hundred each, two fifths of all objects that the
server had made for them.

Delete when Streamlit forgets a field as a whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.common import WidgetMetadata
from streamlit.runtime.state.session_state import SessionState

_Known = dict[str, tuple[WidgetMetadata[Any], float | None]]

KEPT_S = 60.0
"""A change of a field may still be on its way when the page that follows has been drawn."""

_KNOWN = "known-fields"
"""In the session's state: of each field what describes it, and since when it is gone."""


def forget_left_fields(clock: Callable[[], float] = time.monotonic) -> None:
    """From now on a field that has been gone for a minute is forgotten when a page has been drawn."""
    remove = SessionState._remove_stale_widgets
    if hasattr(remove, "__wrapped__"):
        return

    @wraps(remove)
    def remove_stale_widgets(state: SessionState, active: frozenset[str]) -> None:
        remove(state, active)
        context = get_script_run_ctx(suppress_warning=True)
        if context is None or context.fragment_ids_this_run:
            return  # of the fields outside a part of the page its run says nothing
        before = state[_KNOWN] if _KNOWN in state else {}  # noqa: SIM401 - it has no get
        state[_KNOWN] = _still_known(state._new_widget_state.widget_metadata, before, clock())

    SessionState._remove_stale_widgets = remove_stale_widgets  # type: ignore[method-assign, assignment]


def _still_known(described: dict[str, WidgetMetadata[Any]], before: _Known, now: float) -> _Known:
    """Every drawing describes a field anew, and so does each value that the browser tells.

    Parts of components too, which Streamlit does not count among the fields that were drawn.
    """
    known: _Known = {}
    for field, description in list(described.items()):
        seen, gone = before.get(field, (None, None))
        if seen is not description:
            gone = None
        elif gone is None:
            gone = now
        if gone is not None and now - gone >= KEPT_S:
            del described[field]
        else:
            known[field] = description, gone
    return known
