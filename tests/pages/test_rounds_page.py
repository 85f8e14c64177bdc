"""Rounds on the review page: started by the form, judged picture by picture, and told in figures."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from feedly_core.db.engine import reading
from feedly_core.reviews.round_figures import round_opinions
from feedly_core.reviews.rounds import rounds
from tests.factories import make_job
from tests.pages.conftest import OpenPage, words_of
from tests.pages.test_review_page import named


@pytest.mark.usefixtures("our_schema")
def test_a_round_from_its_form_to_its_figures(open_page: OpenPage, engine: Engine) -> None:
    make_job(engine)
    app = named(open_page("review", view="rounds"))
    assert "There is no round yet." in words_of(app)
    app.text_input(key="round-title").set_value("이번 주")
    app.number_input(key="round-pictures").set_value(2)
    app.number_input(key="round-repeats").set_value(0)
    next(button for button in app.button if button.label == "Start the round").click().run()
    assert not app.exception
    assert "Nobody has judged a picture of this round yet." in words_of(app)
    app.button(key="round-next").click().run()
    assert "Reserved for you until" in words_of(app)
    app.button(key="round-approve").click().run()
    app.button(key="round-reject").click().run()
    assert not app.exception
    assert "Nothing is left for you in this round." in words_of(app)
    assert "Krippendorff's α of all" in words_of(app)
    with reading(engine) as connection:
        (held,) = rounds(connection)
        given = round_opinions(connection, held.round_id)
    assert (held.given, held.people) == (2, ("지영",))
    assert [one.verdict.value for one in given] == ["approve", "reject"]


@pytest.mark.usefixtures("our_schema")
def test_who_is_not_asked_judges_nothing(open_page: OpenPage, engine: Engine) -> None:
    make_job(engine)
    app = named(open_page("review", view="rounds"))
    app.text_input(key="round-people").set_value("민호")
    next(button for button in app.button if button.label == "Start the round").click().run()
    assert "This round asks 민호." in words_of(app)
    assert "round-next" not in {button.key for button in app.button}
