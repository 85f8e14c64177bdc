"""What the browser says of a field before it learns of another value undoes nothing."""

from __future__ import annotations

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.state.session_state import SessionState
from streamlit.testing.v1 import AppTest

from pages.shared import url_state
from pages.shared.streamlit_workarounds import early_values, run_context
from pages.shared.streamlit_workarounds.late_requests import LATE_S
from tests.pages.conftest import OpenPage
from tests.pages.test_filter_chips import PAGES

EACH_FILTER = [(page, key) for page, asked in PAGES.items() for key in asked]


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    for name in ("__setitem__", "on_script_finished", "_call_callbacks"):
        monkeypatch.setattr(SessionState, name, getattr(SessionState, name))
    moment = [0.0]
    early_values.ignore_early_values(lambda: moment[0])
    return moment


def _said(app: AppTest) -> WidgetStates:
    """What the browser says of every field that it shows. Of a button it only says that it was pressed."""
    states = app._tree.get_widget_states().widgets
    return WidgetStates(widgets=[state for state in states if state.WhichOneof("value") != "trigger_value"])


def _pressed(app: AppTest, key: str) -> WidgetStates:
    said = _said(app)
    said.widgets.add(id=app.button(key=key).id, trigger_value=True)
    return said


def _address(app: AppTest, page: str) -> set[str]:
    return set(app.query_params) & PAGES[page].keys()


def _go_back(app: AppTest, monkeypatch: pytest.MonkeyPatch, *without: str) -> None:
    for key in without:
        del app.query_params[key]
    with monkeypatch.context() as back:
        for module in (url_state, early_values, run_context):
            back.setattr(module, "went_through_history", lambda: True)
        app.run()


@pytest.mark.parametrize("page", PAGES)
def test_filters_taken_away_by_a_double_click_stay_away(open_page: OpenPage, page: str) -> None:
    app = open_page(page, language="ko", **PAGES[page])
    reset = next(str(button.key) for button in app.button if (button.key or "").startswith("chips-reset"))
    twice = _pressed(app, reset)
    app.button(key=reset).click().run()
    assert not _address(app, page)
    app._run(twice)
    assert not _address(app, page)
    assert not [button for button in app.button if (button.key or "").startswith("chip")]
    assert not app.exception


@pytest.mark.parametrize(("page", "key"), EACH_FILTER)
def test_filters_taken_away_quickly_one_after_the_other_stay_away(
    open_page: OpenPage, page: str, key: str
) -> None:
    app = open_page(page, language="ko", **PAGES[page])
    other = next(name for name in PAGES[page] if name != key)
    early = _pressed(app, f"chip-{other}")
    app.button(key=f"chip-{key}").click().run()
    app._run(early)
    assert _address(app, page) == PAGES[page].keys() - {key, other}
    chips = {button.key for button in app.button if (button.key or "").startswith("chip-")}
    assert chips == {f"chip-{name}" for name in PAGES[page].keys() - {key, other}}
    assert not app.exception


@pytest.mark.parametrize(("page", "key"), EACH_FILTER)
def test_back_stays(open_page: OpenPage, page: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(page, language="ko", **PAGES[page])
    other = next(name for name in PAGES[page] if name != key)
    early = _pressed(app, f"chip-{other}")
    _go_back(app, monkeypatch, key)
    assert _address(app, page) == PAGES[page].keys() - {key}
    app._run(early)
    assert _address(app, page) == PAGES[page].keys() - {key, other}
    assert not app.exception


def test_a_choice_folded_with_back_is_taken(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("live_monitor", language="ko", **PAGES["live_monitor"])
    app.selectbox(key="state").set_value("working")
    _go_back(app, monkeypatch, "q")
    assert _address(app, "live_monitor") == {"tenant", "state"}
    assert app.query_params["state"] == "working"
    assert app.selectbox(key="state").value == "working" and app.text_input(key="q").value == ""


def test_the_same_choice_again_is_taken_at_once(open_page: OpenPage) -> None:
    app = open_page("live_monitor", language="ko", **PAGES["live_monitor"])
    app.button(key="chip-state").click().run()
    app.selectbox(key="state").set_value("failed").run()
    assert app.query_params["state"] == "failed"
    assert app.selectbox(key="state").value == "failed"


def test_another_choice_is_taken_at_once_and_shown(open_page: OpenPage) -> None:
    app = open_page("live_monitor", language="ko", **PAGES["live_monitor"])
    app.button(key="chip-state").click().run()
    app.selectbox(key="state").set_value("working")
    app.selectbox(key="tenant").set_value(None).run()
    assert app.query_params["state"] == "working" and "tenant" not in app.query_params
    assert app.selectbox(key="state").proto.set_value, "the value that was set is on its way to the browser"


def test_later_every_change_is_a_choice(open_page: OpenPage, now: list[float]) -> None:
    """Two that are made in one moment reach the page together."""
    app = open_page("live_monitor", language="ko", **PAGES["live_monitor"])
    app.button(key="chip-state").click().run()
    now[0] += LATE_S
    app.selectbox(key="state").set_value("failed")
    app.selectbox(key="tenant").set_value(None).run()
    assert app.query_params["state"] == "failed" and "tenant" not in app.query_params


def test_they_are_ignored_once() -> None:
    once = SessionState.__setitem__
    early_values.ignore_early_values()
    assert SessionState.__setitem__ is once
