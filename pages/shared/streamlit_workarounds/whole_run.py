"""Whole run of a page after its connection was lost, with what the tab carries along.

Delete when Streamlit runs the whole page after each reconnect to a session that does not know it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from pages.shared.streamlit_workarounds.scripts import module

_KEY, _SESSION, _RUNS = "whole-run", "whole-run-session", "whole-run-number"
_whole_run = st.components.v2.component(
    "feedly.whole_run",
    html="<span hidden></span>",
    js=module(Path(__file__).with_name("whole_run.js")),
)


def session_name() -> str:
    """Name of this session.

    Another one means that what the tab had on the server is gone.
    """
    name: str = st.session_state.setdefault(_SESSION, secrets.token_hex(8))
    return name


def carried_back(carried: Mapping[str, object]) -> Mapping[str, object] | None:
    """Watch the connection; first in each whole run.

    ``carried`` (JSON) stays in the tab. When a new session begins for a tab that was open before, the answer
    is what it carried, to be checked like any foreign document; else None.
    """
    session = session_name()
    run = st.session_state[_RUNS] = st.session_state.get(_RUNS, 0) + 1
    with st.container(key="socket-whole-run"):
        result = _whole_run(
            key=_KEY,
            data={"session": session, "run": run, "carried": dict(carried)},
            on_returned_change=lambda: None,
        )
    back = result.get("returned")
    if not isinstance(back, Mapping) or back.get("session") == session:
        return None
    given = back.get("carried")
    return given if isinstance(given, Mapping) else None
