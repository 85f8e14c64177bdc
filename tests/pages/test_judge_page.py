"""The AI judge on the review page without a browser: the sentence, the piles, and the limits."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from feedly_core.db.engine import reading, writing
from feedly_core.permissions import Person, Role
from feedly_core.reviews.limits import current_limits
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.settings import Settings
from tests.factories import make_job
from tests.pages.conftest import OpenPage, words_of

JIYOUNG = Person("지영", Role.REVIEWER)

pytestmark = pytest.mark.usefixtures("our_schema")


def judged(engine: Engine, settings: Settings, jobs: int) -> None:
    """Each job's first picture is approved, the second refused for covered food; the judge liked both."""
    for _number in range(jobs):
        job = make_job(engine)
        for number, verdict in ((0, Verdict.APPROVE), (1, Verdict.REJECT)):
            picture = job.overlaid_ids[number]
            assert picture is not None
            tags = ("covers_food",) if verdict is Verdict.REJECT else ()
            entry = Entry(uuid4(), job.job_id, job.variant_ids[number], picture, verdict, tags=tags)
            save(engine, settings, JIYOUNG, [entry])


def opened(open_page: OpenPage) -> AppTest:
    app = open_page("review", view="agreement")
    app.text_input(key="reviewer-typed").input("지영")
    app.button[[button.label for button in app.button].index("Continue")].click().run()
    assert not app.exception
    return app


def test_the_sentence_the_pile_and_who_was_right(
    open_page: OpenPage, engine: Engine, settings: Settings
) -> None:
    judged(engine, settings, 2)
    app = opened(open_page)
    assert "The judge misses 10 of 10 bad pictures" in words_of(app)
    figures = app.dataframe[0].value
    assert figures["Question"].tolist()[1:3] == ["Is anything covered?", "Is the contrast good enough?"]
    opening = [button for button in app.button if (button.key or "").startswith("evidence-")]
    assert len(opening) == 2, "the pile of missed pictures comes first"
    opening[0].click().run()
    assert "Text covers the food" in words_of(app), "what people said, beside the judge's words"
    app.button(key="right-people").click().run()
    assert not app.exception
    with reading(engine) as connection:
        told = connection.execute(text('SELECT person, "right" FROM feedly_dashboard.judge_rulings')).all()
    assert [tuple(row) for row in told] == [("지영", "people")]
    assert "1 picture of this pile was looked at again" in words_of(app)


def test_a_limit_moves_and_is_used(open_page: OpenPage, engine: Engine, settings: Settings) -> None:
    judged(engine, settings, 1)
    app = opened(open_page)
    matrix = next(table for table in app.dataframe if "Limit: bad" in table.value.columns)
    before = matrix.value["Limit: bad"].tolist()
    slider = next(slider for slider in app.slider if slider.label == "Limit of pass, percent")
    slider.set_value(50.0).run()
    matrix = next(table for table in app.dataframe if "Limit: bad" in table.value.columns)
    assert matrix.value["Limit: bad"].tolist() == [0, 0] != before
    app.button(key="use-limit").click().run()
    assert not app.exception
    assert current_limits(engine, settings)["ocr_accuracy"].good == 0.5
    assert "In force: ≥ 50%" in words_of(app)
    app.selectbox(key="limit-of").select("readability").run()
    assert next(table for table in app.dataframe if "Limit: bad" in table.value.columns)


def test_the_most_telling_pictures_fill_the_queue(
    open_page: OpenPage, engine: Engine, settings: Settings
) -> None:
    judged(engine, settings, 1)
    app = opened(open_page)
    app.button(key="telling").click().run()
    assert not app.exception
    assert "1 chosen picture is in the queue." in words_of(app)
    app.button(key="all-pictures").click().run()
    assert "chosen picture" not in words_of(app)


def test_a_schema_without_the_new_tables_shows_the_judge(
    open_page: OpenPage, engine: Engine, settings: Settings
) -> None:
    judged(engine, settings, 1)
    with writing(engine) as connection:
        for table in ("score_limits", "judge_questions", "judge_rulings"):
            connection.execute(text(f"DROP TABLE feedly_dashboard.{table}"))
    app = opened(open_page)
    assert "The judge misses 1 of 1 bad pictures" in words_of(app)
    app.button(key="install-own-schema").click().run()
    assert app.button(key="use-limit")
