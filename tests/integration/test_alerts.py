"""Alerts on a real database: told once, claimed before sent, taken over from a killed process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, event, func, select, text, update
from sqlalchemy.exc import OperationalError

from dashboard.server.alert_sender import AlertSender
from feedly_core.alerts.conditions import Finding
from feedly_core.alerts.course import GATHER, GROWTH_PAUSE, Event
from feedly_core.alerts.measured import measure
from feedly_core.alerts.outbox import (
    CLAIM,
    Delivery,
    claim,
    not_sent,
    recent_messages,
    send_test,
    sent,
)
from feedly_core.alerts.rules import MAILBOX, NewRule, RuleKind
from feedly_core.alerts.store import list_rules, make_rule, recent_alerts, remove_rule, set_active
from feedly_core.alerts.wording import MOST_LINES
from feedly_core.api import Feedly
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine, reading, writing
from feedly_core.db.own_schema import ALERTS, alert_messages
from feedly_core.documents import answers
from feedly_core.domain.contract import MAX_RETRIES
from feedly_core.domain.status import State
from feedly_core.errors import DatabaseUnreachable
from feedly_core.live.hub import Hub
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.factories import MadeJob, make_job
from tests.faults.proxy import proxied, socket_of, through
from tests.messengers import SECRET, desk
from tests.moving_job import insert_job
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
        told = answers.alerts(connection, answers.Asking(settings, "en", datetime.now(UTC)))
    assert [(line["kind"], line["size"]) for line in told["items"]] == [("job_failed", 3)]
    [row] = Feedly(engine, settings, BOSS).alerts().to_dict("records")
    assert (row["rule"], row["size"], str(row["ended_at"])) == ("A job failed", 3, "NaT")
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


def test_five_hundred_failures_are_a_handful_of_messages(
    engine: Engine, settings: Settings, sender: AlertSender, clock: list[timedelta]
) -> None:
    """Real rows, in waves of a hundred: few messages leave, the last one of them names all."""
    make_rule(engine, settings, BOSS, NewRule(RuleKind.JOB_FAILED))
    with writing(engine) as connection:
        ids = [insert_job(connection, variants=1, minutes_old=30)[0] for _ in range(500)]
    hub = sender._hub

    def on_the_board(count: int) -> bool:
        return failures(hub) == count

    for wave in range(0, len(ids), 100):
        with writing(engine) as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for table in ("jobs", "jobs_variants"):
                change = f"status = 'failed', retry_count = {MAX_RETRIES}, updated_at = clock_timestamp()"
                query = text(f"UPDATE {table} SET {change} WHERE job_id = ANY(:ids)")
                connection.execute(query, {"ids": ids[wave : wave + 100]})
        hub.reread()
        count = wave + 100
        wait_until(partial(on_the_board, count), 30, f"{count} failures on the board")
        for _ in range(4):
            sender.turn()
            clock[0] += timedelta(seconds=30)
    clock[0] += GROWTH_PAUSE
    for _ in range(3):
        sender.turn()
        clock[0] += GATHER
    told = events_of(engine)
    assert told[0] == (Event.OPENED, Delivery.SENT) and len(told) <= 5
    with reading(engine) as connection:
        [newest, *_] = recent_messages(connection)
        [stored] = recent_alerts(connection)
    assert (stored.alert.size, stored.alert.sent_size) == (500, 500)
    assert "500" in newest.content.sentence and len(newest.content.lines) <= MOST_LINES + 1


def failures(hub: Hub) -> int:
    return sum(row.view.status.state is State.FAILED for row in hub.board().rows)


def test_an_idle_process_asks_nothing(engine: Engine, settings: Settings, sender: AlertSender) -> None:
    for kind, about in ((RuleKind.JOB_FAILED, {}), (RuleKind.COST, {"subject": "day", "threshold": 1.0})):
        make_rule(engine, settings, BOSS, NewRule(kind, **about))  # type: ignore[arg-type]
    sender.turn()
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    for _ in range(20):
        sender.turn()
    assert asked == []


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
            due = connection.execute(select(alert_messages.c.due_at - func.now())).scalar_one()
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


def test_the_loss_of_the_database_is_told_from_memory_and_its_end_from_the_database(
    engine: Engine,
    settings: Settings,
    start_hub: Callable[..., Hub],
    clock: list[timedelta],
    database_url: str,
) -> None:
    with desk() as hook, proxied(socket_of(database_url)) as proxy:
        channel = {"type": "webhook", "url": f"{hook.url}/hook", "secret": SECRET}
        changed = {
            "DATABASE_URL": through(database_url, proxy.port),
            "FEEDLY_ALERT_CHANNELS": {"ops": channel},
            "FEEDLY_ALERT_PRIVATE_HOSTS": "127.0.0.1",
            "FEEDLY_ALERT_HEARTBEAT_URL": f"{hook.url}/beat",
        }
        known = Settings.model_validate({**settings.model_dump(by_alias=True), **changed})
        make_rule(engine, known, BOSS, NewRule(RuleKind.DATABASE_LOST, "ops", threshold=2))
        mine = make_engine(known)
        sender = AlertSender(mine, known, start_hub(), clock=lambda: datetime.now(UTC) + clock[0])
        sender.turn()
        beats = hook.requests
        assert beats == 1, "the watcher hears from us"
        proxy.close()
        for late in (0, 1, 3, 4):
            clock[0] = timedelta(minutes=late)
            with pytest.raises((DatabaseUnreachable, OperationalError)):
                sender._turn()
        assert [message["event"] for message in hook.kept] == ["opened"], "told once, after two minutes"
        assert hook.requests == beats + 1, "no heartbeat while nobody can look"
        mine.dispose()
        sender._engine = engine  # the server is back
        sender.turn()
        sender.turn()
        assert [message["event"] for message in hook.kept] == ["opened", "solved"]
        assert "4" in hook.kept[1]["sentence"] and hook.wrong == []
    with reading(engine) as connection:
        [stored] = recent_alerts(connection)
    assert stored.alert.ended_at is not None


def test_rules_over_figures_find_what_the_database_says(engine: Engine, settings: Settings) -> None:
    now = datetime.now(UTC)
    for _ in range(6):
        make_job(engine, created_at=now - timedelta(minutes=5))

    def found(kind: RuleKind, **about: object) -> Finding:
        rule_id = make_rule(engine, settings, BOSS, NewRule(kind, **about))  # type: ignore[arg-type]
        with reading(engine) as connection:
            rule = next(rule for rule in list_rules(connection) if rule.rule_id == rule_id)
        return measure(engine, settings, rule, now)

    bad = found(RuleKind.SCORE_MEDIAN, subject="overall", threshold=1.0)
    assert bad.size == 1 and bad.figure is not None and 0 < bad.figure < 1
    assert found(RuleKind.SCORE_MEDIAN, subject="overall", threshold=0.01).size == 0
    assert found(RuleKind.SCORE_MEDIAN, subject="overall", threshold=1.0, window_minutes=1).size == 0
    red = found(RuleKind.CHECK_FAILED)
    assert red.size == len(red.lines) > 0, "no service runs beside the tests"
    assert found(RuleKind.CHECK_FAILED, subject="database.reachable").size == 0
    assert found(RuleKind.GATE_REGRESSED, subject="no such set").size == 0


def test_what_a_rule_over_figures_finds_is_sent(
    engine: Engine, settings: Settings, sender: AlertSender
) -> None:
    for _ in range(6):
        make_job(engine, created_at=datetime.now(UTC) - timedelta(minutes=5))
    make_rule(engine, settings, BOSS, NewRule(RuleKind.SCORE_MEDIAN, subject="overall", threshold=1.0))
    sender.turn()
    assert events_of(engine) == [(Event.OPENED, Delivery.SENT)]
