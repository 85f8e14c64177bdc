"""A real hot standby of the test server: reads are answered, writes and LISTEN are refused."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2

from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.demo.postgres_account import server_account
from dashboard.demo.postgres_programs import find_installation
from tests.conftest import memory_folder, other_installation
from tests.waiting import wait_until


class Replica:
    """``url(database)`` of the standby; ``catch_up()`` waits until it has all that is committed now."""

    def __init__(self, primary: EmbeddedPostgres, standby: EmbeddedPostgres) -> None:
        self._primary = primary
        self._standby = standby

    def url(self, database: str) -> str:
        return self._standby.url(database)

    def catch_up(self) -> None:
        written = _ask(self._primary.url("postgres"), "SELECT pg_current_wal_insert_lsn()")
        wait_until(
            lambda: _ask(
                self._standby.url("postgres"), f"SELECT pg_last_wal_replay_lsn() >= '{written}'::pg_lsn"
            ),
            timeout=30,
            what="the replica's catching up",
        )


@contextlib.contextmanager
def replica_of(primary: EmbeddedPostgres) -> Iterator[Replica]:
    home = Path(tempfile.mkdtemp(prefix="feedly-replica-", dir=memory_folder()))
    home.chmod(0o755)
    account, data = server_account(), home / "postgres"
    data.mkdir(mode=0o700)
    account.own(data)
    programs = other_installation() or find_installation(account)
    copied = subprocess.run(
        [
            programs / "pg_basebackup",
            "-D",
            data,
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
            "-d",
            primary.url("postgres"),
        ],
        cwd="/",
        capture_output=True,
        text=True,
        **account.identity(),
    )
    assert copied.returncode == 0, copied.stderr
    options = {"fsync": "off", "max_connections": "200", "hot_standby": "on"}
    standby = EmbeddedPostgres(home, options, installation=other_installation())
    try:
        standby.start()
        yield Replica(primary, standby)
    finally:
        standby.stop(even_if_used=True)
        shutil.rmtree(home, ignore_errors=True)


def _ask(url: str, question: str) -> object:
    with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(question)
        row = cursor.fetchone()
    return row and row[0]
