"""An expander whose inside is computed and drawn while it is open.

The values of filters stand in the address and are read there: a closed box narrows the page as an open one.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from pages.shared import url_state
from pages.shared.ask import page_errors


def when_open(name: str, label: str, icon: str, draw: Callable[[], None], *, opened_by: str = "") -> None:
    """Closed at first, unless the address says something of ``opened_by``."""
    key = f"box-{name}"
    renewed = url_state.address_wins(key) or key not in st.session_state
    if renewed and opened_by in st.query_params:
        st.session_state[key] = True
    with st.expander(label, icon=icon, key=key, on_change="rerun") as box:
        if _is_open(box):
            with page_errors():
                draw()


def _is_open(box: ExpanderContainer) -> bool:
    return bool(box.open)
