"""The keeper of step events: once, for as long as the setting says, and never where it may not."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg2
import pytest
from sqlalchemy import Engine, select, text

from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine
from feedly_core.db.own_schema import step_events
from feedly_core.live.events import Event
from feedly_core.live.recorder import Recorder
from feedly_core.settings import Settings
from tests.waiting import wait_until

NOW = datetime.now(UTC)
PATIENT = 60
"""Seconds for a thread to end on a busy machine."""


def event(step: str, at: datetime = NOW) -> Event:
    return Event(uuid4(), None, step, "done", at, at)


def recorded(engine: Engine) -> list[str | None]:
    with engine.connect() as connection:
        return list(connection.scalars(select(step_events.c.step).order_by(step_events.c.step)))


@pytest.fixture
def start(settings: Settings) -> Iterator[Callable[..., Recorder]]:
    """Start a recorder with changed settings; stopped, with all written, after the test."""
    running: list[tuple[Recorder, Engine]] = []

    def begin(**changed: object) -> Recorder:
        own = settings.model_copy(update=changed)
        engine = make_engine(own)
        recorder = Recorder(engine, own)
        running.append((recorder, engine))
        recorder.start()
        return recorder

    yield begin
    for recorder, engine in running:
        recorder.stop(PATIENT)
        engine.dispose()


@pytest.mark.usefixtures("our_schema")
def test_events_are_kept_for_the_days_of_the_setting(start: Callable[..., Recorder], engine: Engine) -> None:
    recorder = start(step_event_days=365)
    recorder.put([event("planner", NOW - timedelta(days=3)), event("overlay", NOW - timedelta(days=1))])
    recorder.stop(PATIENT)
    assert recorded(engine) == ["overlay", "planner"]
    recorder = start(step_event_days=2)
    recorder.put([event("vlm_judge")])
    recorder.stop(PATIENT)
    assert recorded(engine) == ["overlay", "vlm_judge"]


@pytest.mark.usefixtures("our_schema")
def test_the_same_events_of_any_number_of_processes_are_written_once(
    start: Callable[..., Recorder], engine: Engine
) -> None:
    heard = [event(f"step {number:04}") for number in range(2500)]
    recorders = [start() for _ in range(4)]
    for recorder, begin in zip(recorders, itertools.count(step=100), strict=False):
        recorder.put(heard[begin:])
        recorder.put(heard[: begin + 1])
    for recorder in recorders:
        recorder.stop(PATIENT)
    assert recorded(engine) == [one.step for one in heard]


class Growing(deque[Event]):
    """Another thread adds an event after each look at the first: too seldom to be waited for."""

    def __iter__(self) -> Iterator[Event]:
        looking = super().__iter__()
        self.append(event("came meanwhile"))
        return looking


@pytest.mark.usefixtures("our_schema")
def test_events_may_come_while_others_are_taken(start: Callable[..., Recorder], engine: Engine) -> None:
    recorder = start()
    recorder._waiting = Growing()
    recorder.put([event("planner"), event("overlay")])
    recorder.stop(PATIENT)
    assert recorded(engine) == ["overlay", "planner"]


@pytest.mark.usefixtures("our_schema")
def test_a_database_that_takes_no_writes_records_nothing_and_says_so(
    start: Callable[..., Recorder], engine: Engine
) -> None:
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        database = f'ALTER DATABASE "{engine.url.database}"'
        connection.execute(text(f"{database} SET default_transaction_read_only = on"))
        recorder = start()
        wait_until(lambda: recorder.writes, what="the schema being found")
        recorder.put([event("planner")])
        wait_until(lambda: not recorder.writes, what="the refusal being understood")
        recorder.stop(PATIENT)
        connection.execute(text(f"{database} RESET default_transaction_read_only"))
    assert recorded(engine) == []


def test_what_was_heard_while_the_database_was_away_is_written_when_it_is_back(
    settings: Settings, engine: Engine, postgres: EmbeddedPostgres
) -> None:
    """Although nothing more is heard after that."""
    own_schema.install(engine)
    engine.dispose()
    name = str(engine.url.database)
    rename(postgres, name, f"{name}_away")
    tried = threading.Event()

    def clock() -> float:
        tried.set()
        return time.monotonic()

    recorder = Recorder(engine, settings, clock)
    recorder.start()
    assert tried.wait(PATIENT), "the first look at the database"
    recorder.put([event("planner")])
    rename(postgres, f"{name}_away", name)
    wait_until(lambda: recorded(engine) == ["planner"], timeout=30, what="the event in the table")
    recorder.stop(PATIENT)


def rename(postgres: EmbeddedPostgres, before: str, after: str) -> None:
    connection = psycopg2.connect(postgres.url("postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{before}" RENAME TO "{after}"')
    connection.close()
