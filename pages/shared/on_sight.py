"""Parts of a page that are drawn on sight, so that what is in view waits for none of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from pages.shared.ask import fragment
from pages.shared.streamlit_workarounds.scripts import WAITING, module

_sight = st.components.v2.component(
    "feedly.on_sight",
    html='<div class="place"></div>',
    js=module(WAITING, Path(__file__).with_name("on_sight.js")),
)


def on_sight(key: str, height: int, draw: Callable[[], None]) -> None:
    """``draw`` as a fragment; an empty place of ``height`` pixels until that comes near the window.

    It stays drawn for as long as the page is open.
    """

    def part() -> None:
        seen = _seen(key)
        with st.container(key=f"place-{key}"):
            _sight(
                key=_state(key),
                data={"height": 0 if seen else height},
                default={"seen": 0},
                on_seen_change=lambda: None,
            )
        if seen:
            draw()

    fragment(part, key=f"part-{key}")()


def _seen(key: str) -> bool:
    """Streamlit forgets it with the page."""
    return bool(st.session_state.get(_state(key), {}).get("seen"))


def _state(key: str) -> str:
    return f"sight-{key}"
