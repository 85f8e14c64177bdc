"""A digest of the day, and the pictures that may leave with messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, update

from dashboard.server.alert_sender import AlertSender
from feedly_core.alerts.course import Event
from feedly_core.alerts.digest import digest_content, read_digest
from feedly_core.alerts.outbox import (
    Delivery,
    OutMessage,
    recent_messages,
    send_test,
)
from feedly_core.alerts.pictures import contact_sheet, pictures_of
from feedly_core.alerts.rules import MAILBOX, NewRule, RuleKind
from feedly_core.alerts.store import make_rule, recent_alerts
from feedly_core.alerts.wording import Content
from feedly_core.channel_settings import AlertChannel
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import alert_rules
from feedly_core.live.hub import Hub
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.factories import make_job
from tests.integration.test_alerts import failed_job
from tests.terminal import program

BOSS = Person("boss", Role.OPERATOR)
pytestmark = pytest.mark.usefixtures("our_schema")


def test_a_digest_is_sent_once_a_day_and_says_what_the_terminal_prints(
    engine: Engine, settings: Settings, start_hub: Callable[..., Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    for age in (1, 2, 3):
        make_job(engine, created_at=now - timedelta(hours=age), assets_dir=settings.assets_dir)
    failed_job(engine)
    make_rule(
        engine, settings, BOSS, NewRule(RuleKind.DIGEST, subject="day", threshold=now.hour, language="en")
    )
    with writing(engine) as connection:
        connection.execute(update(alert_rules).values(created_at=now - timedelta(days=2), zone="UTC"))
    hub = start_hub()
    for sender in (AlertSender(engine, settings, hub), AlertSender(engine, settings, hub)):
        sender.turn()
        sender.turn()
    with reading(engine) as connection:
        [message] = [one for one in recent_messages(connection) if one.event is Event.DIGEST]
        assert recent_alerts(connection) == (), "a digest is no alert"
        found = read_digest(connection, "day", now)
    content = digest_content(found, "en")
    assert content.sentence == "4 jobs were made: 3 complete, 1 failed"
    assert any(line.startswith("Overall score: ") for line in content.lines)
    assert message.state is Delivery.SENT and message.content.headline == "Digest every day"

    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    printed = CliRunner().invoke(program(), ["--language", "en", "digest", "--dry-run"])
    assert printed.exit_code == 0, printed.output
    assert content.sentence in printed.output

    tenants = {tenant for _, tenant, _ in content.sheet}
    closed = settings.model_copy(update={"alert_picture_tenants": ("another",)})
    opened = settings.model_copy(update={"alert_picture_tenants": tuple(tenants)})
    assert contact_sheet(engine, closed, content) is None
    sheet = contact_sheet(engine, opened, content)
    assert sheet is not None and sheet.content.startswith(b"\x89PNG")


def test_pictures_leave_only_where_channel_and_tenant_are_switched_on(
    engine: Engine, settings: Settings
) -> None:
    job = make_job(engine, assets_dir=settings.assets_dir)
    content = Content("h", "s", jobs=((str(job.job_id), "said by the message"),))
    message = replace(_tried(engine, settings), content=content)

    def sent_with(pictures: bool, *tenants: str) -> int:
        channel = AlertChannel(
            type="slack_bot",  # type: ignore[arg-type]
            token="t",  # type: ignore[arg-type]
            conversation="C",
            pictures=pictures,
        )
        here = settings.model_copy(update={"alert_picture_tenants": tenants})
        return len(pictures_of(engine, here, channel, message))

    assert sent_with(True, job.tenant_id) == 1
    assert sent_with(False, job.tenant_id) == 0
    assert sent_with(True, "said by the message") == 0, "the job's own row says whose it is"
    assert sent_with(True) == 0


def _tried(engine: Engine, settings: Settings) -> OutMessage:
    send_test(engine, settings, BOSS, MAILBOX, "ko")
    with reading(engine) as connection:
        return recent_messages(connection)[0]
