"""A real PgBouncer in transaction mode in front of a database."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy.engine import URL, make_url

PROGRAM = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")

needs_pgbouncer = pytest.mark.skipif(PROGRAM is None, reason="PgBouncer is not installed")


@contextlib.contextmanager
def pgbouncer(database_url: str, **settings: str | int) -> Iterator[str]:
    """Yield a URL of the same database through PgBouncer (``pool_mode=transaction`` unless set)."""
    assert PROGRAM is not None
    url = make_url(database_url)
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="pooler-") as name:
        folder = Path(name)
        command = [PROGRAM]
        if os.geteuid() == 0:  # PgBouncer refuses to run as root
            account = _account(url)
            folder.chmod(0o755)
            os.chown(folder, account.pw_uid, -1)
            command += ["-u", account.pw_name]
        config = folder / "pgbouncer.ini"
        config.write_text(_configuration(url, port, folder / "log", settings))
        config.chmod(0o644)
        process = subprocess.Popen([*command, config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            pooled = f"postgresql://{url.username or 'postgres'}@127.0.0.1:{port}/{url.database}"
            _wait_until_it_answers(pooled, process, folder / "log")
            yield pooled
        finally:
            process.terminate()
            process.wait(10)


def _account(url: URL) -> pwd.struct_passwd:
    """Who may reach the server: its own account, where its socket lies in a folder closed to others."""
    folder = str(url.query.get("host", ""))
    return pwd.getpwuid(Path(folder).stat().st_uid) if folder.startswith("/") else pwd.getpwnam("nobody")


def _configuration(url: URL, port: int, log: Path, settings: dict[str, str | int]) -> str:
    server = {
        "host": url.host or url.query.get("host"),
        "port": url.port or url.query.get("port", 5432),
        "user": url.username or "postgres",
        "password": url.password,
        "dbname": url.database,
    }
    target = " ".join(f"{key}='{value}'" for key, value in server.items() if value)
    options = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "any",
        "pool_mode": "transaction",
        "default_pool_size": 5,
        "max_client_conn": 100,
        "ignore_startup_parameters": "extra_float_digits,options",
        "logfile": log,
        **settings,
    }
    lines = [f"{name} = {value}" for name, value in options.items()]
    return "\n".join(["[databases]", f"{url.database} = {target}", "[pgbouncer]", *lines])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            psycopg2.connect(url, connect_timeout=2).close()
            return
        except psycopg2.OperationalError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
    raise AssertionError(f"PgBouncer did not start: {log.read_text() if log.exists() else 'no log'}")
