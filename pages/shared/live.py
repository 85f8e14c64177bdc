"""Fragments that redraw when the database changes.

An idle one costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec
from urllib.parse import urlencode
from uuid import UUID

import streamlit as st

from dashboard.server.live_socket import PATH, version_name
from pages.shared.ask import dashboard, fragment, page_errors
from pages.shared.navigation import base_path
from pages.shared.streamlit_workarounds.scripts import WAITING, module

_Drawn = ParamSpec("_Drawn")

_POLL_SECONDS = 2.0
"""Without a hub (a bare script run, not our launcher) the part asks for itself this often."""

_socket = st.components.v2.component(
    "feedly.live",
    html="<span hidden></span>",
    js=module(WAITING, Path(__file__).with_name("live.js")),
)


def live(
    key: str, *, job: UUID | None = None, pulse: float | None = None, delay: float = 0.0
) -> Callable[[Callable[_Drawn, None]], Callable[_Drawn, None]]:
    """Decorate a drawing function: it becomes the fragment ``key`` and redraws at each change.

    ``job`` limits that to one job's changes. ``pulse``: redraw every so many seconds too while the
    tab is seen, for texts that age. ``delay``: collect changes for so many seconds before one redraw.
    The function must draw from a snapshot and never return early
    without drawing, because a fragment that draws nothing clears what it drew before.
    """

    def decorate(draw: Callable[_Drawn, None]) -> Callable[_Drawn, None]:
        hub = dashboard().hub

        @wraps(draw)
        def body(*args: _Drawn.args, **kwargs: _Drawn.kwargs) -> None:
            if not hub:
                draw(*args, **kwargs)
                return
            # Read before drawing: a change in between is reported again rather than missed.
            version = hub.job_version(job) if job else hub.version
            socket = st.container(key=f"socket-{key}")
            with page_errors():
                draw(*args, **kwargs)
            # Sent last: Streamlit may lose the end of a run when the next is asked for as this one ends.
            # A browser that has this version has all that was drawn before it; one that has not asks again.
            with socket:
                _mount(key, job, version, pulse, delay)

        return fragment(body, key=key, run_every=None if hub else _POLL_SECONDS)

    return decorate


def _mount(key: str, job: UUID | None, version: int, pulse: float | None, delay: float) -> None:
    """Inside the fragment, so that a change reruns the fragment alone.

    Outside it, each change would begin a run of the whole page, which forgets the files that Streamlit
    keeps for the page (icon, downloads), only to leave it for the fragment.
    """
    query = "?" + urlencode({"job": str(job)}) if job else ""
    _socket(
        key=f"live-{key}",
        data={
            "path": base_path() + PATH + query,
            "version": version_name(version),
            "pulse": pulse,
            "delay": delay,
        },
        on_tick_change=lambda: None,
    )
