"""What watching costs: statements while nothing happens, statements and rows for each reading."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, select

from dashboard.server import startup
from feedly_core.analytics.durations import read_history
from feedly_core.analytics.refresher import EVERY_SECONDS
from feedly_core.db.engine import reading
from feedly_core.db.job_rows import read_status_rows
from feedly_core.domain.tables import jobs
from feedly_core.live.job_history import read_job_record
from feedly_core.live.metrics import read_metrics
from feedly_core.live.queries import in_flight_ids, new_rows
from feedly_core.live.snapshot import HubKind
from feedly_core.settings import Settings
from tests.moving_job import moving_job
from tests.plan_guard import counted, rows_scanned
from tests.waiting import wait_until

IDLE_SECONDS = 15


@pytest.mark.usefixtures("our_schema")
def test_fifty_viewers_of_an_idle_database_cost_less_than_a_statement_a_second(
    engine: Engine, settings: Settings
) -> None:
    """The whole process: hub, recorder, campaign driver and keeper of the read model together."""
    moving_job(engine)
    sent: list[tuple[float, str]] = []

    def record(_c: Any, _cursor: Any, statement: str, _parameters: Any, _ctx: Any, _many: bool) -> None:
        sent.append((time.monotonic(), threading.current_thread().name))

    def settled() -> bool:
        """The keeper has answered to what the hub read first."""
        kept = [at for at, thread in sent if thread == "read-model-refresher"]
        return bool(kept) and time.monotonic() - kept[-1] > EVERY_SECONDS + 1

    event.listen(Engine, "before_cursor_execute", record)
    try:
        dashboard = startup.start(settings)
        dashboard.wait(60)
        hub = dashboard.hub
        assert hub is not None
        wait_until(lambda: hub.state.kind is HubKind.LIVE)
        told: list[int] = []
        for _ in range(50):
            hub.subscribe(told.append)
        wait_until(lambda: hub.metrics is not None)
        wait_until(settled, timeout=60)
        told.clear()
        sent.clear()
        idle = threading.Event().wait(IDLE_SECONDS)
        told_while_idle, sent_while_idle = list(told), list(sent)
        for _ in range(50):
            hub.board()
    finally:
        event.remove(Engine, "before_cursor_execute", record)
        startup.close()
    assert not idle
    assert told_while_idle == []
    assert 0 < len(sent_while_idle) <= IDLE_SECONDS


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


def bounded(engine: Engine, connection: Connection, question: Any, *, statements: int, rows: int) -> None:
    """``question(connection)`` sends at most ``statements`` and reads at most ``rows`` rows in each."""
    question(connection)
    with counted(engine) as sent:
        question(connection)
    assert len(sent) <= statements, [statement for statement, _ in sent.sent]
    scanned = rows_scanned(connection, sent)
    assert all(count <= rows for count in scanned.values()), scanned


def test_a_board_costs_the_same_statements_for_one_job_and_for_a_hundred(big_engine: Engine) -> None:
    with reading(big_engine) as connection:
        ids = list(connection.scalars(select(jobs.c.job_id).order_by(jobs.c.created_at.desc()).limit(100)))
        bounded(big_engine, connection, lambda c: read_status_rows(c, ids[:1]), statements=3, rows=50)
        bounded(big_engine, connection, lambda c: read_status_rows(c, ids), statements=3, rows=20_000)


def test_what_is_in_flight_is_found_along_the_index(big_engine: Engine, now: datetime) -> None:
    def question(connection: Connection) -> None:
        in_flight_ids(connection, since=now - timedelta(days=7), finished_since=now - timedelta(minutes=10))

    with reading(big_engine) as connection:
        bounded(big_engine, connection, question, statements=1, rows=3_100)


def test_new_rows_are_found_along_the_index(big_engine: Engine, now: datetime) -> None:
    with reading(big_engine) as connection:
        since = now - timedelta(seconds=60)
        bounded(big_engine, connection, lambda c: new_rows(c, since), statements=1, rows=50)


def test_metrics_and_history_stay_bounded(big_engine: Engine, now: datetime) -> None:
    with reading(big_engine) as connection:
        bounded(big_engine, connection, lambda c: read_metrics(c, now), statements=4, rows=500)
        bounded(big_engine, connection, lambda c: read_history(c, now), statements=4, rows=20_000)


def test_one_jobs_story_is_read_in_six_statements(big_engine: Engine) -> None:
    with reading(big_engine) as connection:
        job_id = connection.scalars(select(jobs.c.job_id).limit(1)).one()
        bounded(big_engine, connection, lambda c: read_job_record(c, job_id), statements=6, rows=300)
