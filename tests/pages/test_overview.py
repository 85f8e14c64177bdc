"""The first page of a meeting: one sentence, figures, the newest pictures, what needs attention."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text, update

from feedly_core.analytics.refresher import rebuild
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import visits
from tests.factories import make_job
from tests.pages.conftest import OpenPage, words_of


def test_a_quiet_day_is_called_fine(open_page: OpenPage) -> None:
    words = words_of(open_page(language="en"))
    assert "Everything is fine" in words
    assert "No finished picture yet" in words


def test_a_failed_job_is_named_and_leads_to_the_monitor(open_page: OpenPage, engine: Engine) -> None:
    old = datetime.now(UTC) - timedelta(hours=1)
    states = [("overlay", "failed"), ("iou_eval", "done")]
    made = make_job(
        engine, step="overlay", status="failed", variants=states, created_at=old, desc_kor="매운 떡볶이"
    )
    words = words_of(open_page(language="en"))
    assert "1 job needs attention" in words
    assert "매운 떡볶이" in words
    assert f"/live_monitor?job={made.job_id}" in words


def test_pictures_lead_to_their_job_in_the_viewers_language(open_page: OpenPage, engine: Engine) -> None:
    made = make_job(engine, desc_kor="겨울 우동")
    words = words_of(open_page(language="ko"))
    assert f"/img/thumb/{made.overlaid_ids[0]}" in words
    assert f"/results?job={made.job_id}&amp;lang=ko" in words


def test_a_description_is_never_markup(open_page: OpenPage, engine: Engine) -> None:
    make_job(engine, desc_kor='<img src=x onerror="alert(1)">**bold**')
    words = words_of(open_page())
    assert "<img src=x" not in words
    assert "&lt;img src=x" in words


def test_a_missing_table_costs_its_panel_only(open_page: OpenPage, engine: Engine) -> None:
    make_job(engine, desc_kor="겨울 우동")
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE instagram_feeds CASCADE"))
    words = words_of(open_page(language="en"))
    assert "겨울 우동" in words
    assert "fd-bad" in words


@pytest.mark.usefixtures("our_schema")
def test_the_overview_says_what_happened_since_the_visit_before_and_notes_one_once(
    open_page: OpenPage, engine: Engine
) -> None:
    assert "지난 방문 이후" not in words_of(open_page(language="ko")), "the first visit"
    ago = datetime.now(UTC) - timedelta(hours=3)
    with writing(engine) as connection:
        connection.execute(update(visits).values(seen_at=ago))
    make_job(engine)
    rebuild(engine, lambda done, of: None, now=datetime.now(UTC))
    app = open_page(language="ko")
    assert "지난 방문 이후" in words_of(app) and "작업 1건 생성: 완료 1건, 실패 0건" in words_of(app)
    sent: list[str] = []

    def note(*args: Any) -> None:
        sent.append(args[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        app.run()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert not [statement for statement in sent if "INSERT" in statement], "not at each run"
