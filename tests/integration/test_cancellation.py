"""A query is cancelled on the server when its asker has left, and only then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, Engine, text

from feedly_core.db.cancellation import QueryCancelled, cancelled_when
from feedly_core.db.engine import reading
from tests.waiting import wait_until

LONG = text("SELECT pg_sleep(60)")
_ACTIVE = text(
    "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND datname = current_database()"
    " AND pid <> pg_backend_pid()"
)


@pytest.fixture
def active(engine: Engine) -> Iterator[Callable[[], int]]:
    """How many statements of others run in this database."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as watching:
        yield lambda: int(watching.scalar(_ACTIVE) or 0)


def test_the_statement_ends_on_the_server_too(engine: Engine, active: Callable[[], int]) -> None:
    left, ended = threading.Event(), threading.Event()

    def ask() -> None:
        with (
            pytest.raises(QueryCancelled),
            reading(engine, 60_000) as connection,
            cancelled_when(connection, left.is_set),
        ):
            connection.execute(LONG)
        ended.set()

    asking = threading.Thread(target=ask)
    asking.start()
    wait_until(lambda: active() == 1, what="the long query")
    left.set()
    wait_until(lambda: active() == 0, what="its end on the server")
    assert ended.wait(10)
    asking.join()
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT 1")) == 1, "the pool goes on with another connection"


def test_a_second_statement_of_somebody_who_has_left_ends_too(engine: Engine) -> None:
    def ask(connection: Connection) -> None:
        for _ in range(2):
            with connection.begin_nested():
                connection.execute(
                    text("DO $$ BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN OTHERS THEN END $$")
                )

    with (
        pytest.raises(QueryCancelled),
        reading(engine, 60_000) as connection,
        cancelled_when(connection, lambda: True),
    ):
        ask(connection)


def test_who_stays_gets_the_answer(engine: Engine) -> None:
    with reading(engine) as connection, cancelled_when(connection, lambda: False):
        assert connection.scalar(text("SELECT 7 FROM pg_sleep(0.6)")) == 7
