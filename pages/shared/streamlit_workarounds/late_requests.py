"""Requests of a page's parts that reach the server just after another page or address was asked for.

Streamlit's page sends what a part asks for by itself (a chart that comes into sight, a live board) a moment
after it asked. A click on another page, or Back, may be sent between the two.

Delete when Streamlit ignores requests for parts of a page that was left, and keeps the word of Back and
Forward through requests that are folded with theirs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession

LATE_S = 1.0
"""Longer than a request is on its way, shorter than a person needs to go to another page and back."""


@dataclass(frozen=True)
class _Asked:
    """The newest request for a whole page. ``left``: the page before it, empty where it is the same one."""

    page: str
    left: str
    back: bool
    at: float


def put_in_order(clock: Callable[[], float] = time.monotonic) -> None:
    """From now on a late request can neither clear the page that was opened nor undo Back and Forward.

    For a part of the page that was left: dropped. For a part of the same page after Back or Forward: as one
    of Streamlit's own timers, which Back outlives.
    """
    request = AppSession.request_rerun
    if hasattr(request, "__wrapped__"):
        return
    newest: WeakKeyDictionary[AppSession, _Asked] = WeakKeyDictionary()

    @wraps(request)
    def request_rerun(session: AppSession, state: ClientState | None, *rest: Any) -> None:
        asked = newest.get(session)
        if state and state.fragment_id:
            if asked and clock() - asked.at < LATE_S:
                if state.page_script_hash == asked.left:
                    return
                state.is_auto_rerun |= asked.back
        elif state:
            page = state.page_script_hash
            left = asked.page if asked and asked.page != page else ""
            newest[session] = _Asked(page, left, state.is_history_navigation, clock())
        request(session, state, *rest)

    AppSession.request_rerun = request_rerun  # type: ignore[method-assign, assignment]
