"""Alerts on a real database: told once, claimed before sent, taken over from a killed process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, select, text, update

from dashboard.server.alert_sender import AlertSender
from feedly_core.alerts.course import Event
from feedly_core.alerts.outbox import CLAIM, Delivery, claim, not_sent, recent_messages, send_test, sent
from feedly_core.alerts.rules import MAILBOX, NewRule, RuleKind
from feedly_core.alerts.store import list_rules, make_rule, recent_alerts, remove_rule, set_active
from feedly_core.db import own_schema
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import ALERTS, alert_messages
from feedly_core.live.hub import Hub
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.terminal import program
from tests.waiting import wait_until

BOSS = Person("boss", Role.OPERATOR)
pytestmark = pytest.mark.usefixtures("our_schema")


@pytest.fixture
def clock() -> Iterator[list[timedelta]]:
    """How far the sender's clock is ahead."""
    yield [timedelta()]


@pytest.fixture
def sender(
    engine: Engine, settings: Settings, start_hub: Callable[..., Hub], clock: list[timedelta]
) -> AlertSender:
    """Never started: each test takes its turns itself."""
    return AlertSender(engine, settings, start_hub(), clock=lambda: datetime.now(UTC) + clock[0])


def failed_job(engine: Engine) -> MadeJob:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    return make_job(
        engine, step="planner", status="failed", variants=[("planner", "failed")], created_at=long_ago
    )


def events_of(engine: Engine) -> list[tuple[Event, Delivery]]:
    with reading(engine) as connection:
        return [(message.event, message.state) for message in reversed(recent_messages(connection))]


def test_a_failure_is_told_once_and_its_end_once(
    engine: Engine, settings: Settings, sender: AlertSender, clock: list[timedelta]
) -> None:
    make_rule(engine, settings, BOSS, NewRule(RuleKind.JOB_FAILED))
    jobs = [failed_job(engine) for _ in range(3)]
    hub = sender._hub
    hub.reread()
    wait_until(lambda: len(hub.board().rows) == 3, what="the hub knowing the jobs")
    for _ in range(3):
        sender.turn()
    assert events_of(engine) == [], "what happens in the first minute is gathered"
    clock[0] += timedelta(minutes=2)
    for _ in range(3):
        sender.turn()
    assert events_of(engine) == [(Event.OPENED, Delivery.SENT)]
    with reading(engine) as connection:
        [message] = recent_messages(connection)
        assert message.content.sentence == "작업 3건이 실패했습니다"
        [stored] = recent_alerts(connection)
    assert (stored.alert.size, stored.alert.sent_size, stored.alert.ended_at) == (3, 3, None)

    with writing(engine) as connection:
        ids = [job.job_id for job in jobs]
        for table in ("jobs", "jobs_variants"):
            query = f"UPDATE {table} SET status = 'done', current_step = :step WHERE job_id = ANY(:ids)"
            step = "instagram_feed_gen" if table == "jobs" else "iou_eval"
            connection.execute(text(query), {"ids": ids, "step": step})
    wait_until(lambda: not any(row.problems for row in hub.board().rows), what="the repaired jobs")
    sender.turn()
    clock[0] += timedelta(minutes=3)
    sender.turn()
    sender.turn()
    assert events_of(engine) == [(Event.OPENED, Delivery.SENT), (Event.SOLVED, Delivery.SENT)]


def test_a_second_process_goes_on_where_the_first_one_stopped(
    engine: Engine, settings: Settings, sender: AlertSender, clock: list[timedelta]
) -> None:
    """The alert is known, so it is neither opened nor told a second time."""
    make_rule(engine, settings, BOSS, NewRule(RuleKind.JOB_FAILED))
    failed_job(engine)
    hub = sender._hub
    hub.reread()
    wait_until(lambda: hub.board().rows, what="the hub knowing the job")
    sender.turn()
    clock[0] += timedelta(minutes=2)
    sender.turn()
    other = AlertSender(engine, settings, hub, clock=lambda: datetime.now(UTC) + clock[0])
    for _ in range(3):
        other.turn()
    assert events_of(engine) == [(Event.OPENED, Delivery.SENT)]


def test_what_a_killed_sender_claimed_is_sent_again_and_marked(engine: Engine, settings: Settings) -> None:
    send_test(engine, settings, BOSS, MAILBOX, "ko")
    first = claim(engine, "first")
    assert first is not None and not first.repeat
    assert claim(engine, "second") is None, "it is being sent"
    with writing(engine) as connection:  # as after a kill -9
        late = func.now() - CLAIM - timedelta(seconds=1)
        connection.execute(update(alert_messages).values(claimed_at=late))
    second = claim(engine, "second")
    assert second is not None and second.repeat
    sent(engine, "first", first)
    assert events_of(engine) == [(Event.TEST, Delivery.CLAIMED)], "the first one has lost its claim"
    sent(engine, "second", second)
    assert events_of(engine) == [(Event.TEST, Delivery.SENT)]
    assert claim(engine, "third") is None


def test_a_refused_message_waits_longer_each_time_and_is_given_up(engine: Engine, settings: Settings) -> None:
    send_test(engine, settings, BOSS, MAILBOX, "ko")
    waits = []
    while (message := claim(engine, "sender")) is not None:
        not_sent(engine, "sender", message, "500", after=20)
        with writing(engine) as connection:
            due = connection.scalar(select(alert_messages.c.due_at - func.now()))
            connection.execute(update(alert_messages).values(due_at=func.now()))
        waits.append(due.total_seconds())
    assert waits[0] == pytest.approx(20, abs=2), "the receiver asked for more than we would have waited"
    assert waits[:-1] == sorted(waits[:-1]) and len(waits) > 5
    with reading(engine) as connection:
        [given_up] = recent_messages(connection)
    assert (given_up.state, given_up.error, given_up.repeat) == (Delivery.FAILED, "500", False)


def test_a_paused_rule_ends_its_alert_and_a_removed_one_stays_listed(
    engine: Engine, settings: Settings, sender: AlertSender
) -> None:
    rule_id = make_rule(engine, settings, BOSS, NewRule(RuleKind.JOB_FAILED))
    failed_job(engine)
    sender._hub.reread()
    wait_until(lambda: sender._hub.board().rows, what="the hub knowing the job")
    sender.turn()
    set_active(engine, settings, BOSS, rule_id, False)
    sender.turn()
    remove_rule(engine, settings, BOSS, rule_id)
    with reading(engine) as connection:
        assert list_rules(connection) == ()
        [stored] = recent_alerts(connection)
    assert stored.removed and stored.alert.ended_at is not None
    assert events_of(engine) == []


def test_an_older_schema_without_alerts_costs_only_alerts(engine: Engine, sender: AlertSender) -> None:
    with writing(engine) as connection:
        for table in reversed(ALERTS):
            connection.execute(text(f"DROP TABLE {table.fullname}"))
    with reading(engine) as connection:
        assert not sender.has_place(connection)
        assert (list_rules(connection), recent_alerts(connection), recent_messages(connection)) == (
            (),
            (),
            (),
        )
        assert own_schema.installed(connection)


def test_the_terminal_does_what_the_page_does(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(program(), ["--language", "en", "alerts", *arguments])
        assert done.exit_code == 0, done.output
        return done.output

    run("add", "failure_share", "--limit", "25", "--quiet", "22:00-08:00")
    with reading(engine) as connection:
        [rule] = list_rules(connection)
    assert (rule.new.threshold, rule.new.quiet_from, rule.new.quiet_to) == (25, 22 * 60, 8 * 60)
    assert "Too many jobs" in run("list")
    assert "0 times" in run("preview", "job_failed")
    run("pause", str(rule.rule_id)[:6])
    run("send-test")
    assert "Test message" in run("messages")
    run("remove", str(rule.rule_id)[:6])
    with reading(engine) as connection:
        assert list_rules(connection) == ()
