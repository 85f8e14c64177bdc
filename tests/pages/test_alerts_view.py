"""The part *Alerts* of diagnostics: a rule previewed and made, a test sent, a failure tried again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from feedly_core.alerts.outbox import Delivery, claim, not_sent, recent_messages
from feedly_core.alerts.rules import NewRule, RuleKind
from feedly_core.alerts.store import list_rules, make_rule
from feedly_core.db.engine import reading
from feedly_core.permissions import Person, Role
from feedly_core.saved_views.store import remove_view, save_view
from feedly_core.saved_views.views import NewView
from feedly_core.settings import Settings
from tests.pages.conftest import OpenPage, words_of

PAGE = "trigger_diagnostics"


@pytest.mark.usefixtures("our_schema")
def test_an_operator_makes_a_rule_and_tries_a_channel(open_page: OpenPage, engine: Engine) -> None:
    app = open_page(PAGE, language="ko", view="alerts")
    assert "아직 규칙이 없습니다" in words_of(app)
    app.selectbox(key="alert-kind").set_value(RuleKind.FAILURE_SHARE).run()
    app.number_input(key=f"alert-limit-{RuleKind.FAILURE_SHARE}").set_value(30.0)
    app.button(key="preview-alert-rule").click().run()
    assert "지난 14일 동안 0번 열리고 메시지 0개를 보냈을 것입니다." in words_of(app)
    app.button(key="save-alert-rule").click().run()
    with reading(engine) as connection:
        [rule] = list_rules(connection)
    assert (rule.kind, rule.new.threshold, rule.new.language) == (RuleKind.FAILURE_SHARE, 30, "ko")
    app.button(key=f"pause-rule-{rule.rule_id}").click().run()
    assert "일시 중지" in words_of(app)

    app.button(key="send-test-alert").click().run()
    assert "보내기 대기" in words_of(app)
    message = claim(engine, "sender")
    assert message is not None
    not_sent(engine, "sender", message, "<b>refused</b>", hopeless=True)
    app.run()
    assert "메시지 1개가 전달되지 않았습니다." in words_of(app)
    app.button(key=f"again-{message.message_id}").click().run()
    assert not app.exception
    with reading(engine) as connection:
        assert recent_messages(connection)[0].state is Delivery.WAITING


@pytest.mark.usefixtures("our_schema")
def test_a_viewer_reads_alerts_in_english_and_changes_nothing(
    open_app: Callable[[Settings], OpenPage], engine: Engine, settings: Settings
) -> None:
    open_page = open_app(settings.model_copy(update={"operators": ("kim@example.com",)}))
    app = open_page(PAGE, view="alerts", user={"is_logged_in": True, "email": "lee@example.com"})
    words = words_of(app)
    assert "Operators make, pause and remove rules." in words and "No alert is open" in words
    assert not [button for button in app.button if "alert" in str(button.key)]


@pytest.mark.usefixtures("our_schema")
def test_a_rule_whose_view_was_removed_says_so(
    open_page: OpenPage, engine: Engine, settings: Settings
) -> None:
    boss = Person("boss", Role.OPERATOR)
    view = save_view(engine, settings, boss, NewView("cafe", "results", {"tenant": "cafe"}, team=True))
    make_rule(engine, settings, boss, NewRule(RuleKind.VIEW_MATCHES, subject="cafe", threshold=1))
    app = open_page(PAGE, view="alerts")
    assert "Its saved view is gone" not in words_of(app)
    remove_view(engine, settings, boss, view)
    assert "Its saved view is gone" in words_of(open_page(PAGE, view="alerts"))
