"""A click on a button that writes is not lost when something else ends its run, and not kept for ever."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def _app() -> None:
    import streamlit as st

    from pages.shared.streamlit_workarounds.reliable_button import pressed

    st.session_state.setdefault("done", 0)
    if st.session_state.pop("another message", False):
        st.rerun()  # what a second message does to a run that has not reached the button
    if st.session_state.get("elsewhere"):
        st.stop()
    if pressed("Go", key="go"):
        st.session_state["done"] += 1


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(_app).run()


def done(app: AppTest) -> int:
    return int(app.session_state["done"])


def test_a_click_counts_once(app: AppTest) -> None:
    app.button("go").click().run()
    app.run()
    assert done(app) == 1


def test_a_click_survives_a_run_that_ends_before_its_line(app: AppTest) -> None:
    app.session_state["another message"] = True
    app.button("go").click().run()
    assert done(app) == 1


def test_a_click_is_forgotten_when_its_line_is_not_reached_for_long(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.session_state["elsewhere"] = True
    app.button("go").click().run()
    kept = next(app.session_state[name] for name in app.session_state if str(name).startswith("pressed"))
    app.session_state["elsewhere"] = False
    monkeypatch.setattr(
        "pages.shared.streamlit_workarounds.reliable_button.time.monotonic", lambda: kept + 60
    )
    app.run()
    assert done(app) == 0
