"""Requests for parts of a page that come just after another page or address was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests

from pages.shared.streamlit_workarounds import late_requests

SOON = late_requests.LATE_S / 2
LATER = late_requests.LATE_S * 2


class Session:
    """What stands for a session: it is known by its identity."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """``asked(moment, page, part)``: what reaches Streamlit, None where it was dropped."""
    reached: list[ClientState] = []
    session, now = Session(), [0.0]

    def request_rerun(session: object, state: ClientState) -> None:
        reached.append(state)

    monkeypatch.setattr(AppSession, "request_rerun", request_rerun)
    monkeypatch.setattr(ScriptRequests, "request_rerun", ScriptRequests.request_rerun)
    late_requests.put_in_order(lambda: now[0])

    def ask(moment: float, page: str, part: str = "") -> ClientState | None:
        now[0] = moment
        reached.clear()
        state = ClientState(page_script_hash=page, fragment_id=part)
        AppSession.request_rerun(session, state)  # type: ignore[arg-type]
        return reached[0] if reached else None

    yield ask


def test_a_part_of_the_page_that_was_left_is_dropped(asked: Any) -> None:
    assert asked(0, "trends") and asked(9, "trends", "chart")
    assert asked(10, "results")
    assert asked(10 + SOON, "trends", "chart") is None
    assert asked(10 + SOON, "results", "cards")
    assert asked(10 + SOON, "overview", "bell"), "a page that the server itself turned to"
    assert asked(11, "trends")
    assert asked(11 + LATER, "trends", "chart"), "somebody has gone back"


@pytest.mark.parametrize("part", ["", "chart"])
@pytest.mark.parametrize("page", ["trends", "results"])
def test_back_outlives_what_is_asked_of_the_same_page_while_it_waits(
    monkeypatch: pytest.MonkeyPatch, page: str, part: str
) -> None:
    monkeypatch.setattr(ScriptRequests, "request_rerun", ScriptRequests.request_rerun)
    late_requests._keep_history()
    requests = ScriptRequests()
    click = RerunData(page_script_hash=page, fragment_id=part or None)
    requests.request_rerun(RerunData(page_script_hash="trends", is_history_navigation=True))
    requests.request_rerun(click)
    run = requests.on_scriptrunner_ready().rerun_data
    assert run.is_history_navigation is (page == "trends") and not run.fragment_id_queue
    requests.request_rerun(click)
    assert not requests.on_scriptrunner_ready().rerun_data.is_history_navigation, "after it"


def test_they_are_put_in_order_once(monkeypatch: pytest.MonkeyPatch) -> None:
    owners = (AppSession, ScriptRequests)
    for owner in owners:
        monkeypatch.setattr(owner, "request_rerun", owner.request_rerun)
    late_requests.put_in_order()
    once = [owner.request_rerun for owner in owners]
    late_requests.put_in_order()
    assert [owner.request_rerun for owner in owners] == once
