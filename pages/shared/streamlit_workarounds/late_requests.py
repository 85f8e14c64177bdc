"""Requests that reach the server just after another page or address was asked for.

Streamlit's page sends what a part asks for by itself (a chart that comes into sight, a live board) a moment
after it asked. A click on another page, or Back, may be sent between the two. And somebody may click while
Back still waits for the run before it.

Delete when Streamlit ignores requests for parts of a page that was left, and keeps the word of Back and
Forward through requests that are folded with theirs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests, ScriptRequestType

LATE_S = 1.0
"""Longer than a request is on its way, shorter than a person needs to go to another page and back."""


@dataclass(frozen=True)
class _Asked:
    """The newest request for a whole page. ``left``: the page before it, empty where it is the same one."""

    page: str
    left: str
    at: float


def put_in_order(clock: Callable[[], float] = time.monotonic) -> None:
    """From now on a late request can neither clear the page that was opened nor undo Back and Forward."""
    if hasattr(AppSession.request_rerun, "__wrapped__"):
        return
    _drop_for_left_pages(clock)
    _keep_history()


def _drop_for_left_pages(clock: Callable[[], float]) -> None:
    request = AppSession.request_rerun
    newest: WeakKeyDictionary[AppSession, _Asked] = WeakKeyDictionary()

    @wraps(request)
    def request_rerun(session: AppSession, state: ClientState | None, *rest: Any) -> None:
        asked = newest.get(session)
        if state and state.fragment_id:
            if asked and clock() - asked.at < LATE_S and state.page_script_hash == asked.left:
                return
        elif state:
            page = state.page_script_hash
            left = asked.page if asked and asked.page != page else ""
            newest[session] = _Asked(page, left, clock())
        request(session, state, *rest)

    AppSession.request_rerun = request_rerun  # type: ignore[method-assign, assignment]


def _keep_history() -> None:
    """What is asked of the same page while Back or Forward still waits is folded with it."""
    request = ScriptRequests.request_rerun

    @wraps(request)
    def request_rerun(requests: ScriptRequests, new: RerunData) -> bool:
        waiting = requests._rerun_data
        if (
            requests._state is ScriptRequestType.RERUN
            and waiting.is_history_navigation
            and waiting.page_script_hash == new.page_script_hash
        ):
            new = replace(new, is_history_navigation=True)
        return request(requests, new)

    ScriptRequests.request_rerun = request_rerun  # type: ignore[method-assign, assignment]
