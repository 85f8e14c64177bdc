"""A closed tab and a newer run both end the query of the run that nobody waits for, on the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.sync.client import ClientConnection, connect

from feedly_core.settings import Settings
from tests.browser.server import AppServer, running_app
from tests.waiting import wait_until

ENDED_WITHIN_S = 15
"""Against the query's own sixty."""
_SLOW = (
    "ALTER TABLE tone_styles RENAME TO slow_tone_styles",
    "CREATE VIEW tone_styles AS SELECT s.* FROM slow_tone_styles s, pg_sleep(60)"
    " UNION ALL SELECT s.* FROM slow_tone_styles s, pg_sleep(60)",
)
_RUNNING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'feedly-dashboard'"
    " AND state = 'active' AND query LIKE '%tone_styles%' AND datname = current_database()"
    " AND pid <> pg_backend_pid()"
)


@pytest.fixture
def server(settings: Settings, engine: Engine, our_schema: None, tmp_path: Path) -> Iterator[AppServer]:
    """A dashboard whose list of tones takes a minute."""
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO tone_styles (code, kor_name) VALUES ('warm', '따뜻한')")
        for statement in _SLOW:
            connection.exec_driver_sql(statement)
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    with running_app(tmp_path / "home", DATABASE_URL=url, FEEDLY_STATEMENT_TIMEOUT_MS="120000") as running:
        yield running


@pytest.fixture
def slow_queries(engine: Engine) -> Iterator[Callable[[], int]]:
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as watching:
        yield lambda: int(watching.scalar(_RUNNING) or 0)


def open_page(tab: ClientConnection, name: str) -> None:
    asked = BackMsg()
    asked.rerun_script.page_name = name
    tab.send(asked.SerializeToString())


def test_nobody_waits_so_nothing_runs(server: AppServer, slow_queries: Callable[[], int]) -> None:
    address = server.url.replace("http", "ws") + "/_stcore/stream"
    with connect(address, subprotocols=["streamlit"], max_size=None) as tab:  # type: ignore[list-item]
        open_page(tab, "create_jobs")
        wait_until(lambda: slow_queries() == 1, 60, "the slow query")
        open_page(tab, "live_monitor")
        wait_until(lambda: slow_queries() == 0, ENDED_WITHIN_S, "the end of the replaced run's query")
        open_page(tab, "create_jobs")
        wait_until(lambda: slow_queries() == 1, 60, "the slow query")
    wait_until(lambda: slow_queries() == 0, ENDED_WITHIN_S, "the end of the left viewer's query")
    assert "Traceback" not in server.log_text()
