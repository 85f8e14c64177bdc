"""The address that somebody asked for before the sign-in, kept in the browser meanwhile.

The login comes back to the address without a path, whatever was asked for. Streamlit has no setting for it.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "feedly.after_sign_in",
    html="<span hidden></span>",
    js=Path(__file__).with_name("after_sign_in.js").read_text(encoding="utf-8"),
)


def remember_address() -> None:
    """On the page that asks to sign in: keep the address that was opened."""
    _component(key="before-sign-in", data={"signed_in": False})


def return_to_address() -> None:
    """Once signed in: open the kept address, page and choices, a single time."""
    _component(key="after-sign-in", data={"signed_in": True})
