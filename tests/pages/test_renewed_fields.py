"""What the browser said of a field before it learned of another value undoes nothing."""

from __future__ import annotations

import pytest
from streamlit.elements.lib import utils
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.state.session_state import SessionState
from streamlit.testing.v1 import AppTest

from pages.shared import url_state
from pages.shared.streamlit_workarounds import renewed_fields
from tests.pages.conftest import OpenPage
from tests.pages.test_filter_chips import PAGES


@pytest.fixture(autouse=True)
def _renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SessionState, "__setitem__", SessionState.__setitem__)
    monkeypatch.setattr(utils, "_compute_element_id", utils._compute_element_id)
    renewed_fields.renew_set_fields()


def _said(app: AppTest) -> WidgetStates:
    """What the browser says of every field that it shows."""
    return app._tree.get_widget_states()


def _address(app: AppTest, asked: dict[str, str]) -> set[str]:
    return set(app.query_params) & asked.keys()


@pytest.mark.parametrize("page", PAGES)
def test_a_filter_that_was_taken_away_stays_away(open_page: OpenPage, page: str) -> None:
    asked = PAGES[page]
    app = open_page(page, language="ko", **asked)
    early = _said(app)
    next(button for button in app.button if (button.key or "").startswith("chips-reset")).click().run()
    assert not _address(app, asked)
    app._run(early)
    assert not _address(app, asked)
    assert not [button for button in app.button if (button.key or "").startswith("chip")]
    assert not app.exception


@pytest.mark.parametrize("page", PAGES)
def test_back_stays(open_page: OpenPage, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = PAGES[page]
    app = open_page(page, language="ko", **asked)
    early = _said(app)
    for key in asked:
        del app.query_params[key]
    with monkeypatch.context() as back:
        back.setattr(url_state, "went_through_history", lambda: True)
        app.run()
    before = set(app.query_params)
    app._run(early)
    assert set(app.query_params) == before and not _address(app, asked)
    assert not [button for button in app.button if (button.key or "").startswith("chip")]
    assert not app.exception


def test_a_choice_after_it_is_taken(open_page: OpenPage) -> None:
    app = open_page("live_monitor", language="ko", state="failed")
    kept, changed = (app.selectbox(key=key).id for key in ("tenant", "state"))
    app.button(key="chip-state").click().run()
    assert app.selectbox(key="tenant").id == kept, "what nobody changed is the same field"
    assert app.selectbox(key="state").id != changed
    app.selectbox(key="state").set_value("failed").run()
    assert app.query_params["state"] == "failed"
    assert app.selectbox(key="state").value == "failed"


def test_fields_are_renewed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    once = SessionState.__setitem__
    renewed_fields.renew_set_fields()
    assert SessionState.__setitem__ is once
