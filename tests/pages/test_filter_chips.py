"""Filters in force are chips: each can be taken away, and all of them at once."""

from __future__ import annotations

import pytest

from tests.pages.conftest import OpenPage

PAGES = {
    "live_monitor": {"tenant": "a_b", "q": "찌개", "state": "failed"},
    "trends": {"tenant": "a_b", "days": "7", "against": "c_d"},
    "results": {"words": "찌개", "outcome": "failed", "version": "2.0", "on": "2026-01-01~2026-01-05"},
}


@pytest.mark.parametrize("page", PAGES)
def test_a_filter_is_taken_away(open_page: OpenPage, page: str) -> None:
    asked = PAGES[page]
    app = open_page(page, language="ko", **asked)
    chips = [button for button in app.button if (button.key or "").startswith("chip-")]
    assert [chip.key for chip in chips] and {chip.key for chip in chips} == {f"chip-{key}" for key in asked}
    first = next(iter(asked))
    app.button(key=f"chip-{first}").click().run()
    assert set(app.query_params) & asked.keys() == asked.keys() - {first}
    next(button for button in app.button if (button.key or "").startswith("chips-reset")).click().run()
    assert not set(app.query_params) & asked.keys()
    assert not [button for button in app.button if (button.key or "").startswith("chip")]
    assert not app.exception
