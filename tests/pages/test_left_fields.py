"""What a session remembers of fields that are gone."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.state.session_state import SessionState
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import TextInput

from pages.shared.streamlit_workarounds import left_fields
from pages.shared.streamlit_workarounds.left_fields import KEPT_S

SOON = KEPT_S / 2


def page() -> None:
    import streamlit as st

    st.components.v2.component("told", html="<span></span>")(key="component", on_tick_change=lambda: None)

    def told(name: str) -> None:
        st.session_state.setdefault("told", []).append(name)

    for name in st.session_state.get("shown", ["one", "other"]):
        st.text_input(name, key=name, on_change=told, args=(name,))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(SessionState, "_remove_stale_widgets", SessionState._remove_stale_widgets)
    found = Clock()
    left_fields.forget_left_fields(found)
    return found


@pytest.fixture
def app(clock: Clock) -> AppTest:
    return AppTest.from_function(page).run()


def _go(app: AppTest, clock: Clock, seconds: float, *shown: str) -> set[str]:
    """Draw these fields; which the session then knows."""
    clock.now += seconds
    app.session_state["shown"] = list(shown)
    app.run()
    state: Any = app.session_state
    while not isinstance(state, SessionState):
        state = state._state
    known = state._new_widget_state.widget_metadata
    assert len([field for field in known if "component" in field]) == 2, "its values, and what it tells"
    return {field.rsplit("-", 1)[-1] for field in known if "component" not in field}


def _leave(app: AppTest, clock: Clock, seconds: float = 0) -> None:
    """The page without the other field; the browser tells the value that it had in the first run only."""
    assert _go(app, clock, seconds, "one") == {"one", "other"}
    assert _go(app, clock, 0, "one") == {"one", "other"}


def _changed_late(app: AppTest, field: TextInput) -> None:
    """The browser's word of a field, after the page that follows has been drawn."""
    app._run(WidgetStates(widgets=[field.set_value("written while leaving")._widget_state]))


def test_a_field_that_is_gone_is_forgotten_after_a_minute(app: AppTest, clock: Clock) -> None:
    _leave(app, clock, 5 * KEPT_S)
    assert _go(app, clock, SOON, "one") == {"one", "other"}
    assert _go(app, clock, SOON, "one") == {"one"}


def test_a_field_that_came_back_has_its_minute_again(app: AppTest, clock: Clock) -> None:
    _leave(app, clock)
    assert _go(app, clock, SOON, "one", "other") == {"one", "other"}
    _leave(app, clock, KEPT_S)
    assert _go(app, clock, SOON, "one") == {"one", "other"}


def test_a_change_on_its_way_while_the_page_is_left_is_taken(app: AppTest, clock: Clock) -> None:
    other = app.text_input(key="other")
    _leave(app, clock, 5 * KEPT_S)
    _changed_late(app, other)
    assert not app.exception
    assert app.session_state["told"] == ["other"]


def test_a_change_of_a_forgotten_field_does_no_harm(app: AppTest, clock: Clock) -> None:
    other = app.text_input(key="other")
    _leave(app, clock)
    assert _go(app, clock, KEPT_S, "one") == {"one"}
    _changed_late(app, other)
    assert not app.exception and "told" not in app.session_state
    assert _go(app, clock, 0, "one", "other") == {"one", "other"}
