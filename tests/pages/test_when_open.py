"""A closed box of filters: its fields are not drawn, and the address narrows the page all the same."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from feedly_core.settings import Settings
from pages.shared import url_state, when_open
from tests.pages.conftest import OpenPage, words_of
from tests.pages.test_links import CASES, STRANGE, TOLD

really_open = when_open._is_open
BOXES = {"gallery": "box-gallery", "days and reviews": "box-gallery", "queue": "box-review"}


@pytest.fixture
def settings(shared_settings: Settings) -> Settings:
    return shared_settings


@pytest.fixture(autouse=True)
def _as_people_find_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(when_open, "_is_open", really_open)


def _go(app: AppTest, address: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a link."""
    app.query_params.clear()
    for name, value in address.items():
        app.query_params[name] = value
    with monkeypatch.context() as patch:
        patch.setattr(url_state, "went_through_history", lambda: True)
        app.run()


def _shown(app: AppTest, box: str, *, opened: bool) -> dict[str, object]:
    app.session_state[box] = opened
    app.run()
    assert not app.exception, app.exception
    fields = {one.key for one in app.selectbox}
    assert ("tenant" in fields) is opened
    told = sorted(part for line in words_of(app).splitlines() if TOLD in line for part in line.split("“"))
    chips = [(one.key, one.label) for one in app.button if (one.key or "").startswith("chip")]
    if box == "box-review":
        return {"told": told, "chips": chips, "asked": app.session_state["review-queue"][0][1]}
    counted = [one.value.split("·")[0] for one in app.caption if "시안" in one.value]
    return {"told": told, "chips": chips, "counted": counted}


@pytest.mark.parametrize("case", BOXES)
def test_a_closed_box_narrows_as_an_open_one_does(
    case: str, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, before, chosen = CASES[case]
    rng, box = random.Random(case), BOXES[case]
    app = open_page(page, **before, language="ko")
    if page == "review":
        app.session_state["reviewer"] = "지영"
    for strange in (False, True):
        asked = dict(before)
        for name, value in chosen.items():
            if value != "?":
                asked[name] = rng.choice(STRANGE) if strange and rng.random() < 0.6 else value
        _go(app, asked, monkeypatch)
        assert _shown(app, box, opened=False) == _shown(app, box, opened=True), asked


def test_a_filter_that_was_taken_away_from_a_closed_box_comes_back_with_its_link(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("results", language="ko", words="찌개", on="2026-01-01")
    assert "words" not in {one.key for one in app.text_input}
    for name in ("words", "on"):
        app.button(key=f"chip-{name}").click().run()
        assert name not in app.query_params
    app.query_params["words"], app.query_params["on"] = "우동", "2026-02-01"
    app.session_state["box-gallery"] = True
    app.run()
    assert app.text_input(key="words").value == "우동"
    assert app.date_input(key="dates").value == (date(2026, 2, 1),)
    _go(app, {"score": "overall:0.1~0.5"}, monkeypatch)
    assert app.slider(key="range-overall").value == (0.1, 0.5), "the fields that the address speaks of"
