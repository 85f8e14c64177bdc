"""Streamlit's own floor: two pages with a title, and a fragment that draws one number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.server import SERVED, AppServer, running_app

TITLES = ("First", "Second")

_APP = """
import streamlit as st

def first():
    st.title("First")
    count()

def second():
    st.title("Second")

@st.fragment
def count():
    st.button("Count")
    st.session_state.n = st.session_state.get("n", 0) + 1
    st.html(f"<p class='counted'>{st.session_state.n}</p>")

st.navigation([st.Page(first, title="First", default=True), st.Page(second, title="Second")]).run()
"""


@contextmanager
def empty_pages(home: Path) -> Iterator[AppServer]:
    """A server of nothing but that, started and stopped as the dashboard is."""
    home.mkdir(parents=True, exist_ok=True)
    program = home / "empty.py"
    program.write_text(_APP, encoding="utf-8")
    with running_app(home, program=SERVED.replace("streamlit_app.py", str(program))) as server:
        yield server
