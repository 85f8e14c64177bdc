"""The part *Stored data* of diagnostics: sizes, a preview, and the removal that it announced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select

from feedly_core.db import own_schema
from feedly_core.db.engine import reading, writing
from feedly_core.retention.kinds import RetentionKind
from feedly_core.settings import Settings
from tests.pages.conftest import OpenPage, words_of

PAGE = "trigger_diagnostics"


@pytest.fixture(autouse=True)
def _old_line(engine: Engine, our_schema: None) -> None:
    line = {"person": "lee", "role": "operator", "action": "a", "target": "b", "result": "done"}
    with writing(engine) as connection:
        at = datetime.now(UTC) - timedelta(days=100)
        connection.execute(insert(own_schema.audit_log).values(**line, at=at))


def test_an_operator_sees_what_would_go_and_removes_it(open_page: OpenPage, engine: Engine) -> None:
    app = open_page(PAGE, language="ko", view="stored")
    assert "audit_log" in app.dataframe[0].value["테이블"].tolist()
    assert "그만큼 오래된 기록이 없습니다" in words_of(app), "usually two years are kept"
    app.number_input(key=f"retention-days-{RetentionKind.AUDIT}").set_value(95).run()
    assert app.button(key="retention-remove").disabled
    app.checkbox(key=f"retention-sure-{RetentionKind.AUDIT}-95-1").check().run()
    app.button(key="retention-remove").click().run()
    assert not app.exception
    assert "1행을 지웠습니다." in words_of(app)
    with reading(engine) as connection:
        assert connection.scalars(select(own_schema.audit_log.c.action)).all() == ["remove_stored"]


def test_a_viewer_sees_sizes_and_removes_nothing(
    open_app: Callable[[Settings], OpenPage], engine: Engine, settings: Settings
) -> None:
    open_page = open_app(settings.model_copy(update={"operators": ("kim@example.com",)}))
    app = open_page(PAGE, view="stored", user={"is_logged_in": True, "email": "lee@example.com"})
    assert "An operator can remove old records here." in words_of(app)
    assert "audit_log" in app.dataframe[0].value["Table"].tolist()
    assert not app.selectbox and not app.number_input
