"""The live monitor page without a browser: what it says, filters, deep links, actions."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text
from streamlit.testing.v1 import AppTest

from feedly_core.db.engine import reading
from feedly_core.db.own_schema import acknowledged_failures
from feedly_core.domain.tables import jobs_variants, txt_ad_copy_generations
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.pages.conftest import words_of

OpenPage = Callable[..., AppTest]


def walking_job(engine: Engine, *states: tuple[str, str], **known: Any) -> MadeJob:
    """A running job whose variants are at ``states``."""
    return make_job(engine, step="planner", status="running", variants=states, **known)


def test_an_empty_board_says_what_would_fill_it(open_page: OpenPage) -> None:
    assert "Nothing is in flight" in words_of(open_page("live_monitor"))


def test_the_board_shows_a_row_a_job_with_its_variants_in_their_steps(
    open_page: OpenPage, engine: Engine
) -> None:
    job = make_job(
        engine, step="planner", status="running", variants=[("planner", "done"), ("overlay", "done")]
    )
    words = words_of(open_page("live_monitor"))
    assert "Variant 1: Working on Text overlay" in words
    assert "Variant 2: Working on VLM judge" in words
    assert f'data-job="{job.job_id}"' in words


def test_descriptions_are_shown_as_text_and_never_as_markup(open_page: OpenPage, engine: Engine) -> None:
    make_job(
        engine, step="planner", status="running", variants=[("planner", "done")], desc_kor="<b>케이크</b>"
    )
    words = words_of(open_page("live_monitor"))
    assert "&lt;b&gt;케이크&lt;/b&gt;" in words
    assert "<b>케이크" not in words


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_prefix_of_the_id_opens_the_job(open_page: OpenPage, engine: Engine, language: str) -> None:
    job = make_job(engine, desc_kor="망고 빙수")
    words = words_of(open_page("live_monitor", language=language, job=str(job.job_id)[:8]))
    assert "망고 빙수" in words
    assert str(job.job_id) in words


def test_an_unknown_job_is_said_to_be_unknown_above_the_others(open_page: OpenPage, engine: Engine) -> None:
    make_job(engine, step="overlay", status="running", variants=[("overlay", "done")], desc_kor="겨울 우동")
    words = words_of(open_page("live_monitor", job="ffff0000"))
    assert "There is no job ffff0000." in words
    assert "겨울 우동" in words


def test_a_job_without_recorded_events_draws_its_timeline_from_stored_latencies(
    open_page: OpenPage, engine: Engine
) -> None:
    job = make_job(engine)
    words = words_of(open_page("live_monitor", job=job.job_id))
    assert "stored by the pipeline" in words
    assert "No transition of this job has been received" in words


def failed_job(engine: Engine) -> tuple[UUID, UUID]:
    old = datetime.now(UTC) - timedelta(hours=1)
    job = make_job(engine, step="overlay", status="failed", variants=[("overlay", "failed")], created_at=old)
    return job.job_id, job.variant_ids[0]


def test_a_failed_variant_says_what_it_means_and_offers_what_to_do(
    open_page: OpenPage, engine: Engine
) -> None:
    job_id, _ = failed_job(engine)
    page = open_page("live_monitor", job=job_id)
    words = words_of(page)
    assert "Variant 1 failed at Text overlay" in words
    assert "The automatic repair has not helped." in words
    assert any(button.label == "Run a step again" for button in page.button)


def test_running_a_step_again_shows_the_rows_and_events_before_anything_is_written(
    open_page: OpenPage, engine: Engine
) -> None:
    job_id, variant_id = failed_job(engine)
    page = open_page("live_monitor", job=job_id)
    next(button for button in page.button if button.label == "Run a step again").click().run()
    words = "".join(part.proto.body for part in page.get("html"))
    assert "(overlay, failed) → <b>(planner, done)</b>" in words
    assert "The listener starts Text overlay for it, once." in words
    state = select(jobs_variants.c.status).where(jobs_variants.c.job_variants_id == variant_id)
    with engine.connect() as connection:
        assert connection.execute(state).scalar_one() == "failed"


@pytest.mark.parametrize("page", ["live_monitor", "results"])
@pytest.mark.usefixtures("our_schema")
def test_a_missing_copy_is_added_after_its_rows_and_events_are_shown(
    open_page: OpenPage, engine: Engine, page: str
) -> None:
    job = make_job(engine, copies=False, step="iou_eval")
    app = open_page(page, job=str(job.job_id))
    app.button(key="add-copy").click().run()
    assert app.button(key="copy-confirmed").disabled
    app.button(key="add-copy").click()  # a whole run would close the dialog
    app.text_area(key="copy-text").set_value("A hearty pot.").run()
    words = "".join(part.proto.body for part in app.get("html"))
    assert "txt_ad_copy_generations" in words and "(iou_eval, running)" in words
    app.button(key="add-copy").click()
    app.button(key="copy-confirmed").click().run()
    assert not app.exception
    with reading(engine) as connection:
        assert connection.scalars(select(txt_ad_copy_generations.c.ad_copy_eng)).all() == ["A hearty pot."]


@pytest.mark.usefixtures("our_schema")
def test_an_acknowledged_failure_leaves_the_board(open_page: OpenPage, engine: Engine) -> None:
    job_id, _ = failed_job(engine)
    page = open_page("live_monitor", job=job_id)
    page.button(key="acknowledge").click().run()
    assert not page.exception
    with engine.connect() as connection:
        assert connection.execute(select(acknowledged_failures.c.job_id)).scalar_one() == job_id


def test_filters_come_from_the_address(open_page: OpenPage, engine: Engine) -> None:
    walking_job(engine, ("planner", "done"))
    page = open_page("live_monitor", q="no such job", state="working")
    assert "No job matches the filters" in words_of(page)
    assert page.text_input(key="q").value == "no such job"
    assert page.selectbox(key="state").value == "working"


CHOICES = {
    "tenant": "other_tenant",
    "campaign": "abcd1234",
    "state": "stuck",
    "step": "overlay",
    "age": "1h",
}


@pytest.mark.parametrize("name", CHOICES)
def test_every_filter_is_in_the_address(open_page: OpenPage, engine: Engine, name: str) -> None:
    walking_job(engine, ("yolo_detect", "done"))
    page = open_page("live_monitor", language="ko", **{name: CHOICES[name]})
    assert page.selectbox(key=name).value == CHOICES[name]
    assert ("조건에 맞는 작업이 없습니다" in words_of(page)) == (name != "age")
    page.text_input(key="q").set_value("no such job").run()
    assert (page.query_params["q"], page.query_params[name]) == ("no such job", CHOICES[name])


@pytest.mark.parametrize("name", ["state", "step", "age"])
def test_a_filter_that_does_not_exist_does_not_filter(open_page: OpenPage, engine: Engine, name: str) -> None:
    walking_job(engine, ("planner", "done"))
    page = open_page("live_monitor", **{name: "nonsense"})
    assert page.selectbox(key=name).value is None
    assert "Working on Text overlay" in words_of(page)


def test_a_complete_jobs_own_mark_stands_in_its_last_step(open_page: OpenPage, engine: Engine) -> None:
    make_job(engine)
    words = words_of(open_page("live_monitor"))
    cells = re.findall("<td[^>]*>(.*?)</td>", words)
    last_variant_step, _, feed = (cell.count("fd-mark") for cell in cells[-3:])
    assert (last_variant_step, feed) == (3, 1)


def test_an_old_schema_costs_only_what_it_lacks(
    open_app: Callable[..., OpenPage], settings: Settings, engine: Engine
) -> None:
    job = walking_job(engine, ("planner", "done"))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE jobs DROP COLUMN retry_count"))
        connection.execute(text("ALTER TABLE jobs_variants DROP COLUMN retry_count"))
        connection.execute(text("DROP TABLE txt_ad_copy_generations CASCADE"))
    open_page = open_app(settings)
    assert "Working on Text overlay" in words_of(open_page("live_monitor"))
    assert "Working on Text overlay" in words_of(open_page("live_monitor", job=job.job_id))
