"""Requests for parts of a page that come just after another page or address was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession

from pages.shared.streamlit_workarounds import late_requests

SOON = late_requests.LATE_S / 2
LATER = late_requests.LATE_S * 2


class Session:
    """What stands for a session: it is known by its identity."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """``asked(moment, page, part, back)``: what reaches Streamlit, None where it was dropped."""
    reached: list[ClientState] = []
    session, now = Session(), [0.0]

    def request_rerun(session: object, state: ClientState) -> None:
        reached.append(state)

    monkeypatch.setattr(AppSession, "request_rerun", request_rerun)
    late_requests.put_in_order(lambda: now[0])

    def ask(moment: float, page: str, part: str = "", *, back: bool = False) -> ClientState | None:
        now[0] = moment
        reached.clear()
        state = ClientState(page_script_hash=page, fragment_id=part, is_history_navigation=back)
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


def test_back_outlives_what_a_part_of_the_same_page_asks(asked: Any) -> None:
    asked(0, "trends")
    assert not asked(1, "trends", "chart").is_auto_rerun
    asked(2, "trends", back=True)
    assert asked(2 + SOON, "trends", "chart").is_auto_rerun
    assert not asked(2 + LATER, "trends", "chart").is_auto_rerun, "a click of a person later on"


def test_it_is_put_in_order_once(monkeypatch: pytest.MonkeyPatch) -> None:
    late_requests.put_in_order()
    once = AppSession.request_rerun
    late_requests.put_in_order()
    assert AppSession.request_rerun is once
    monkeypatch.setattr(AppSession, "request_rerun", once.__wrapped__)  # type: ignore[attr-defined]
