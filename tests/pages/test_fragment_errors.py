"""A part of a page that runs by itself answers for its own errors: no page stands around it then."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import PROJECT

_WITHOUT_A_NET = {"pages/shared/ask.py", "pages/shared/frame.py"}
"""The net itself; and the frame, whose parts only read the start's progress or problem."""


def _app() -> None:
    import streamlit as st

    from feedly_core.errors import NotFound
    from feedly_core.i18n import N_
    from pages.shared.ask import fragment

    def known() -> None:
        raise NotFound(N_("There is no such job."))

    def unforeseen() -> None:
        raise KeyError("secret")

    fragment(known)()
    fragment(unforeseen)()
    st.text("drawn to the end")


def test_a_fragments_error_is_a_card_and_the_rest_is_drawn() -> None:
    app = AppTest.from_function(_app).run()
    assert not app.exception
    known, unforeseen = (card.proto.body for card in app.get("html"))
    assert "There is no such job." in known
    assert 'role="alert"' in unforeseen
    assert "secret" not in unforeseen
    assert [each.value for each in app.text] == ["drawn to the end"]


def test_no_page_makes_a_fragment_without_that_net() -> None:
    pages = (path for path in (PROJECT / "pages").rglob("*.py") if "st.fragment" in path.read_text("utf-8"))
    assert {str(Path(path).relative_to(PROJECT)) for path in pages} == _WITHOUT_A_NET
