"""The page Connect: a token made and revoked, a plan of a program confirmed by a person."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from feedly_core.access.identity import Way
from feedly_core.access.plans import propose_test_job
from feedly_core.access.tokens import PREFIX, caller_of
from feedly_core.db.engine import reading
from feedly_core.permissions import Role
from feedly_core.settings import Settings
from tests.factories import make_job
from tests.pages.conftest import OpenPage, words_of


@pytest.mark.usefixtures("our_schema")
def test_a_person_makes_a_token_and_confirms_what_it_proposes(
    open_page: OpenPage, engine: Engine, settings: Settings
) -> None:
    make_job(engine)
    app = open_page("connect", language="ko")
    app.text_input(key="token-label").set_value("weekly report")
    app.selectbox(key="token-role").select_index(2)
    next(button for button in app.button if button.label == "토큰 만들기").click().run()
    assert not app.exception
    (secret,) = [block.value for block in app.code if block.value.startswith(PREFIX)]
    caller = caller_of(engine, settings, secret, Way.NONE, datetime.now(UTC))
    assert caller.person.role is Role.OPERATOR

    plan = propose_test_job(engine, settings, caller, description="김치찌개 **굵게**", variants=2)
    app.run()
    assert secret not in words_of(app), "shown once"
    assert "김치찌개 **굵게**" in words_of(app)
    app.button(key=f"confirm-{plan.plan_id}").click().run()
    assert "실행했습니다." in words_of(app)
    with reading(engine) as connection:
        made = connection.scalar(text("SELECT count(*) FROM job_inputs WHERE desc_kor LIKE '김치찌개%'"))
    assert made == 1

    app.button(key=f"revoke-{caller.token_id}").click().run()
    assert "쓸 수 있는 토큰이 없습니다" in words_of(app)


def test_without_its_tables_the_page_says_what_is_missing(open_page: OpenPage) -> None:
    app = open_page("connect", language="ko")
    assert "토큰은 대시보드 자체 스키마에 보관합니다." in words_of(app)
    assert any("curl" in block.value for block in app.code)
