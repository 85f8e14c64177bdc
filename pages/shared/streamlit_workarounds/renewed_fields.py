"""Fields whose value the server sets: after Back and Forward, or where a filter is taken away.

With every request the browser sends the value of each field. One that left before the new value came is
taken for a choice that somebody made: it undoes what was set, and writes the old value into the address.

Delete when Streamlit tells a value that was sent too early from a choice.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from streamlit.elements.lib import utils
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.session_state import SessionState

_TIMES = "renewed-fields"
"""In the session's state: how often the server has set each field, by its key."""


def renew_set_fields() -> None:
    """From now on a field that gets another value from the server is another field to the browser."""
    set_item, compute = SessionState.__setitem__, utils._compute_element_id
    if hasattr(set_item, "__wrapped__"):
        return

    @wraps(set_item)
    def set_and_renew(state: SessionState, key: str, value: Any) -> None:
        field = state._key_id_mapper.get_id_from_key(key)
        renewed = field is not None and field in state and state[key] != value
        set_item(state, key, value)
        if renewed:
            times = _times(state)
            set_item(state, _TIMES, {**times, key: times.get(key, 0) + 1})

    @wraps(compute)
    def compute_element_id(element_type: str, user_key: str | None = None, **identity: Any) -> str:
        context = get_script_run_ctx(suppress_warning=True)
        if user_key and context and (times := _times(context.session_state._state).get(user_key)):
            identity["renewed"] = times
        return compute(element_type, user_key, **identity)

    SessionState.__setitem__ = set_and_renew  # type: ignore[method-assign]
    utils._compute_element_id = compute_element_id


def _times(state: SessionState) -> dict[str, int]:
    times: dict[str, int] = state[_TIMES] if _TIMES in state else {}  # noqa: SIM401 - it has no get
    return times
