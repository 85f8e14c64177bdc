"""What components have told, in session state."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
from streamlit.components.v2.bidi_component import main
from streamlit.components.v2.presentation import make_bidi_component_presenter
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.testing.v1 import AppTest

from pages.shared.streamlit_workarounds import component_values
from pages.shared.streamlit_workarounds.component_values import Told


def page() -> None:
    import streamlit as st

    def note() -> None:
        told = st.session_state["part"]
        st.session_state.setdefault("noted", []).append((told.seen, told.moved, told.never))

    component = st.components.v2.component("told", html="<span></span>")
    result = component(key="part", default={"seen": 0}, on_seen_change=note, on_moved_change=note)
    st.session_state["drawn"] = dict(result)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(main, "make_bidi_component_presenter", make_bidi_component_presenter)
    component_values.show_by_one_class()
    return AppTest.from_function(page).run()


def _tell(app: AppTest, *, seen: int, moved: list[object] | None = None) -> None:
    """What the browser sends: the component's state, and an event where there is one."""
    part = app.get("bidi_component")[0].proto.id
    sent = [WidgetState(id=part, json_value=json.dumps({"seen": seen}))]
    if moved is not None:
        event = json.dumps([{"event": "moved", "value": moved}])
        sent.append(WidgetState(id=main._make_trigger_id(part, "events"), json_trigger_value=event))
    app._run(WidgetStates(widgets=sent))
    assert not app.exception


def test_state_and_events_are_read_by_name(app: AppTest) -> None:
    assert app.session_state["drawn"] == {"seen": 0, "moved": None}
    _tell(app, seen=3)
    _tell(app, seen=3, moved=[1, 2])
    assert app.session_state["noted"] == [(3, None, None), (3, [1, 2], None)]
    assert app.session_state["drawn"] == {"seen": 3, "moved": [1, 2]}


def test_an_event_is_told_for_one_run(app: AppTest) -> None:
    _tell(app, seen=0, moved=[])
    _tell(app, seen=4)
    assert app.session_state["noted"][-1] == (4, None, None)


def test_values_are_of_one_class(app: AppTest) -> None:
    known = dict.__subclasses__()
    for seen in range(3):
        _tell(app, seen=seen)
    assert type(app.session_state["part"]) is Told
    assert set(dict.__subclasses__()) <= set(known)


def test_what_a_component_told_cannot_be_set(app: AppTest) -> None:
    told = app.session_state["part"]
    with pytest.raises(TypeError, match="seen"):
        told["seen"] = 5
    assert deepcopy(told) == {"seen": 0}
