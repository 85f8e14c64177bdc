"""The server's life as a person at a terminal has it: start, Ctrl+C, a taken port, a crash."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, text

from feedly_core.settings import Settings
from tests.browser.server import PROJECT, free_port
from tests.waiting import wait_until

STOP_SECONDS = 20
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def environment(settings: Settings, tmp_path: Path) -> dict[str, str]:
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    return {**os.environ, "DATABASE_URL": url, "FEEDLY_HOME": str(tmp_path / "a home"), "LANG": "ko_KR.UTF-8"}


class Served:
    """One ``python -m feedly_core serve`` and what it prints."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.port, self.log = free_port(), log
        command = [sys.executable, "-m", "feedly_core", "serve", "--port", str(self.port)]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=PROJECT, env=environment, stdout=output, stderr=subprocess.STDOUT
            )

    def ready(self) -> bool:
        with suppress(httpx.TransportError):
            figures = httpx.get(f"http://127.0.0.1:{self.port}/metrics").text
            return "feedly_dashboard_ready 1.0" in figures
        return False


@pytest.fixture
def served(environment: dict[str, str], tmp_path: Path) -> Iterator[Served]:
    made = Served(environment, tmp_path / "log")
    yield made
    made.process.kill()
    made.process.wait()


def connections(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text(_OTHERS)) or 0)


def test_after_a_crash_the_next_one_starts_by_itself_and_ctrl_c_ends_it_without_a_trace(
    served: Served, environment: dict[str, str], engine: Engine, tmp_path: Path
) -> None:
    wait_until(served.ready, timeout=60, what="the dashboard")
    served.process.kill()
    served.process.wait()
    again = Served(environment, tmp_path / "log again")
    try:
        wait_until(again.ready, timeout=60, what="the second dashboard")
        assert connections(engine) > 0
        again.process.send_signal(signal.SIGINT)
        assert again.process.wait(STOP_SECONDS) == 0
    finally:
        again.process.kill()
        again.process.wait()
    said = again.log.read_text(encoding="utf-8")
    assert "대시보드 주소" in said
    assert "Traceback" not in said and "Aborted" not in said
    assert connections(engine) == 0


def test_a_taken_port_is_one_sentence(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        command = [sys.executable, "-m", "feedly_core", "serve", "--port", str(port)]
        ended = subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60
        )
    assert ended.returncode == 1
    assert f"PORT={port + 1} make run" in ended.stderr
    assert "Traceback" not in ended.stderr
