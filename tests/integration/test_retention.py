"""What the dashboard stores itself: its size and age, and what of it goes, on rows of every age."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, Table, event, func, insert, select

from feedly_core.alerts.rules import NewRule, RuleKind
from feedly_core.alerts.store import make_rule, remove_rule
from feedly_core.db import own_schema as own
from feedly_core.db.engine import reading, writing
from feedly_core.domain.tables.columns import metadata as feedly
from feedly_core.errors import FeedlyError, InvalidInput
from feedly_core.permissions import Person, Role
from feedly_core.retention.cleanup import Cutoff, cutoffs, plan_removal, remove_stored
from feedly_core.retention.kinds import KINDS, UNASKED, RetentionKind
from feedly_core.retention.sizes import stored_tables
from feedly_core.settings import Settings
from tests.factories import make_job
from tests.terminal import program

pytestmark = pytest.mark.usefixtures("our_schema")

BOSS = Person("boss", Role.OPERATOR)
NOW = datetime.now(UTC)
OLD, YOUNG = NOW - timedelta(days=1_000), NOW - timedelta(days=3)
LINE = {"person": "lee", "role": "operator", "action": "a", "target": "b", "result": "done"}


def put(engine: Engine, table: Table, *rows: dict[str, object]) -> None:
    with writing(engine) as connection:
        connection.execute(insert(table), list(rows))


def ids(engine: Engine, table: Table) -> set[object]:
    """The primary keys of a table, of a key of one column alone."""
    (key,) = table.primary_key.columns
    with reading(engine) as connection:
        return set(connection.scalars(select(key)))


def count(engine: Engine, table: Table) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def step(job_id: UUID, seen_at: datetime) -> dict[str, object]:
    row = {"job_id": job_id, "step": "overlay", "status": "done", "source": "notify"}
    return {**row, "row_updated_at": seen_at, "seen_at": seen_at}


def alert(rule_id: UUID, opened_at: datetime, ended_at: datetime | None) -> dict[str, Any]:
    row = {"alert_id": uuid4(), "rule_id": rule_id, "size": 1, "sent_size": 1, "version": 0}
    return {**row, "opened_at": opened_at, "ended_at": ended_at}


def message(alert_id: UUID | None, at: datetime, state: str) -> dict[str, object]:
    row: dict[str, object] = {
        "message_id": uuid4(),
        "alert_id": alert_id,
        "event": "opened",
        "channel": "mailbox",
        "content": {},
    }
    return {**row, "created_at": at, "due_at": at, "state": state}


def remove(engine: Engine, settings: Settings, *kinds: RetentionKind) -> dict[str, int]:
    """Remove as previewed; the preview must have said the same."""
    chosen = cutoffs(kinds, None, NOW)
    with reading(engine) as connection:
        planned = plan_removal(connection, chosen)
    done = remove_stored(engine, settings, BOSS, chosen)
    assert done == planned
    return {name: rows for each in done for name, rows in each.rows.items() if rows}


def test_alerts_that_are_open_or_under_way_stay(engine: Engine, settings: Settings) -> None:
    kept, gone, busy = (make_rule(engine, settings, BOSS, NewRule(RuleKind.JOB_FAILED)) for _ in range(3))
    found = {
        "open": alert(kept, OLD, None),
        "ended": alert(gone, OLD, OLD),
        "young": alert(kept, OLD, YOUNG),
        "unsent": alert(busy, OLD, OLD),
    }
    put(engine, own.alerts, *found.values())
    letters = {
        "of ended": message(found["ended"]["alert_id"], OLD, "sent"),
        "of open": message(found["open"]["alert_id"], OLD, "sent"),
        "unsent": message(found["unsent"]["alert_id"], OLD, "claimed"),
        "test": message(None, OLD, "failed"),
        "waiting test": message(None, OLD, "waiting"),
        "young test": message(None, YOUNG, "sent"),
    }
    put(engine, own.alert_messages, *letters.values())
    for rule in (gone, busy):
        remove_rule(engine, settings, BOSS, rule)
    with writing(engine) as connection:
        connection.execute(
            own.alert_rules.update().where(own.alert_rules.c.rule_id != kept).values(removed_at=OLD)
        )
    assert remove(engine, settings, RetentionKind.ALERTS) == {
        "alerts": 1,
        "alert_messages": 2,
        "alert_rules": 1,
    }
    assert ids(engine, own.alerts) == {found[name]["alert_id"] for name in ("open", "young", "unsent")}
    stay = ("of open", "unsent", "waiting test", "young test")
    assert ids(engine, own.alert_messages) == {letters[name]["message_id"] for name in stay}
    assert ids(engine, own.alert_rules) == {kept, busy}


def test_a_jobs_history_goes_as_a_whole_and_only_when_old(engine: Engine, settings: Settings) -> None:
    seeds = Random(7)
    ages = {
        uuid4(): [NOW - timedelta(days=days) for days in seeds.sample(range(60, 400), 4)] for _ in range(40)
    }
    put(engine, own.step_events, *(step(job_id, at) for job_id, all_at in ages.items() for at in all_at))
    limit = NOW - timedelta(days=KINDS[RetentionKind.STEPS].usual)
    stay = {job_id for job_id, all_at in ages.items() if max(all_at) >= limit}
    assert 0 < len(stay) < len(ages)
    remove(engine, settings, RetentionKind.STEPS)
    with reading(engine) as connection:
        left = connection.execute(
            select(own.step_events.c.job_id, func.count()).group_by(own.step_events.c.job_id)
        )
        assert {row[0]: row[1] for row in left} == dict.fromkeys(stay, 4)


def test_what_people_said_goes_only_by_name_and_only_of_removed_jobs(
    engine: Engine, settings: Settings
) -> None:
    job, gone = make_job(engine), uuid4()
    for table, extra in (
        (own.reviews, {"verdict": "reject", "reviewer": "lee", "picture_asset_id": uuid4()}),
        (own.review_winners, {"person": "lee"}),
    ):
        rows = [
            {"job_id": job_id, "job_variants_id": uuid4(), "at": OLD, **extra}
            for job_id in (job.job_id, gone)
        ]
        if table is own.reviews:
            rows = [{**row, "entry_id": uuid4()} for row in rows]
        put(engine, table, *rows)
    seen = {"person": "lee", "acknowledged_at": OLD}
    put(engine, own.acknowledged_failures, {"job_id": job.job_id, **seen}, {"job_id": gone, **seen})
    before = _everything_of_feedly(engine)
    assert remove(engine, settings, *UNASKED) == {"acknowledged_failures": 1}
    assert ids(engine, own.acknowledged_failures) == {job.job_id}
    assert count(engine, own.reviews) == 2, "nobody has named the verdicts"
    assert remove(engine, settings, RetentionKind.VERDICTS) == {"reviews": 1, "review_winners": 1}
    with reading(engine) as connection:
        assert connection.scalars(select(own.reviews.c.job_id)).all() == [job.job_id]
    assert _everything_of_feedly(engine) == before


def _everything_of_feedly(engine: Engine) -> dict[str, int]:
    return {table.name: count(engine, table) for table in feedly.sorted_tables if table.name != "test_assets"}


def test_one_transaction_with_a_line_per_kind(engine: Engine, settings: Settings) -> None:
    put(engine, own.audit_log, {**LINE, "at": OLD}, {**LINE, "at": YOUNG})
    put(engine, own.step_events, step(uuid4(), OLD))
    both = cutoffs([RetentionKind.STEPS, RetentionKind.AUDIT], None, NOW)
    with _breaks_at(engine, "DELETE FROM feedly_dashboard.audit_log"), pytest.raises(RuntimeError):
        remove_stored(engine, settings, BOSS, both)
    assert (count(engine, own.step_events), count(engine, own.audit_log)) == (1, 2), "all or nothing"
    remove_stored(engine, settings, BOSS, both)
    assert count(engine, own.step_events) == 0
    with reading(engine) as connection:
        lines = connection.execute(
            select(own.audit_log).where(own.audit_log.c.action == "remove_stored")
        ).all()
    assert [(line.target, line.after["removed"]) for line in lines] == [
        ("steps", {"step_events": 1}),
        ("audit", {"audit_log": 1}),
    ]
    assert count(engine, own.audit_log) == 3


@contextmanager
def _breaks_at(engine: Engine, beginning: str) -> Iterator[None]:
    def refuse(conn: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith(beginning):
            raise RuntimeError("cut")

    event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", refuse)


def test_no_kind_goes_sooner_than_it_must_be_kept(engine: Engine, settings: Settings) -> None:
    for kind in RetentionKind:
        with pytest.raises(InvalidInput, match="are kept"):
            cutoffs([kind], KINDS[kind].least - 1, NOW)
        with pytest.raises(InvalidInput, match="are kept"):
            remove_stored(engine, settings, BOSS, [Cutoff(kind, NOW)])
        assert remove(engine, settings, kind) == {}, "nothing is there, and each statement runs"


def test_sizes_and_ages_are_those_of_the_rows(engine: Engine) -> None:
    put(engine, own.audit_log, {**LINE, "at": OLD}, {**LINE, "at": YOUNG})
    with reading(engine) as connection:
        found = {each.name: each for each in stored_tables(connection)}
    assert set(found) == {table.name for table in own.metadata.sorted_tables}
    lines = found["audit_log"]
    assert (lines.rows, lines.exact, lines.oldest, lines.newest) == (2, True, OLD, YOUNG)
    assert all(each.size > 0 for each in found.values())
    own.remove(engine)
    with reading(engine) as connection:
        assert stored_tables(connection) == ()
        assert [each.total for each in plan_removal(connection, cutoffs(RetentionKind, None, NOW))] == [0] * 8


def test_the_terminal_shows_first_and_removes_when_asked(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    put(engine, own.audit_log, {**LINE, "at": OLD}, {**LINE, "at": YOUNG})

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(program(), ["--language", "en", *arguments])
        if isinstance(result.exception, FeedlyError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    assert "audit_log" in run("stored")
    (audit,) = [each for each in json.loads(run("stored", "--json")) if each["name"] == "audit_log"]
    assert (audit["rows"], datetime.fromisoformat(audit["oldest"])) == (2, OLD)
    assert "Audit log (audit), older than" in run("retention", "--dry-run")
    assert count(engine, own.audit_log) == 2
    with pytest.raises(InvalidInput):
        run("retention", "audit", "--days", "5", "--yes")
    assert "1 row removed" in run("retention", "audit", "--yes")
    assert count(engine, own.audit_log) == 2, "the young line, and the one about this"
