"""The board of jobs in flight, one answer for all viewers."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from feedly_core.live.board import Board
from feedly_core.live.overview import board_without_hub
from pages.shared.ask import ask, dashboard

SHARED_SECONDS = 1.0
"""All viewers share one answer this long; a live part waits longer before it redraws."""


@st.cache_resource(ttl=SHARED_SECONDS, show_spinner=False)
def shared_board() -> Board:
    """Everything in flight, unfiltered: from the hub, else from the database."""
    now, hub = datetime.now(UTC), dashboard().hub
    if hub is None or not hub.snapshot.version:
        return ask(board_without_hub, now)
    return hub.board()
