"""An embedded PostgreSQL: a real server from a wheel (or the system), driven by our own small manager.

The wheels' own managers trust ``postmaster.pid``. After a crash that file may name a process of somebody
else, which they then report as alive, or kill. Here a server is alive when it answers a connection, and
signals are sent only by ``pg_ctl``. Several processes share one server: whoever comes second attaches.
One of them has it in its charge and stops it at the end; when that one is killed, the next takes over.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg2
from filelock import FileLock, Timeout
from psycopg2 import sql

from dashboard.demo.postgres_account import Account, open_to_others, server_account
from dashboard.demo.postgres_programs import SHARED_HOME, find_installation, no_program
from feedly_core.errors import DatabaseUnreachable
from feedly_core.i18n import N_, verbatim

SOCKET_PATH_LIMIT = 107
"""Bytes that a Unix socket's path may have on Linux; macOS allows a few less."""

START_SECONDS = 10.0
"""After a crash the old server's children keep its shared memory for about 1.5 s: keep trying."""

LEAVING_SECONDS = 1.0
"""A session that is closed is listed until its server process has ended."""


class EmbeddedPostgres:
    """The server whose data lies below ``home``.

    ``options`` are further server settings (tests).
    """

    def __init__(
        self,
        home: Path,
        options: Mapping[str, str] | None = None,
        *,
        installation: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._account = server_account()
        self._home = _reachable(home.absolute(), self._account)
        self._data = self._home / "postgres"
        self._sockets = _socket_folder(self._data)
        self._options = dict(options or {})
        self._installation = installation
        self._clock = clock
        self._pause = pause
        # The system lets go of it when its holder is killed. Start and stop may be in different threads.
        self._charge = FileLock(self._home / "postgres.charge.lock", timeout=0, thread_local=False)

    def start(self) -> str:
        """Attach to the running server or start it.

        Returns the URL of its ``postgres`` database.

        Raises :class:`DatabaseUnreachable` with the server's own last words.
        """
        self._home.mkdir(parents=True, exist_ok=True)
        self._account.let_through(self._home)
        with FileLock(self._home / "postgres.lock"):
            if not self.answers():
                self._prepare_folders()
                self._start_until_it_answers()
            self._take_charge()
        return self.url("postgres")

    def stop(self, *, even_if_used: bool = False) -> bool:
        """Stop the server unless it is in another process's charge, or somebody else is connected.

        Returns whether it was stopped. A server left to others is stopped by the last of them.
        """
        if not self._home.exists():
            return False
        with FileLock(self._home / "postgres.lock"):
            try:
                if not self._take_charge() or not self.answers():
                    return False
                if not even_if_used and self._others_stay():
                    return False
                self._run("pg_ctl", "-D", str(self._data), "-m", "fast", "-w", "stop")
                return True
            finally:
                self._charge.release()

    def _take_charge(self) -> bool:
        """Whether the server is now in our charge; False when it is in that of a living process."""
        if not self._charge.is_locked:
            try:
                self._charge.acquire()
            except Timeout:
                return False
        return True

    def url(self, database: str) -> str:
        """Explicit host and port, so that no PG* variable of the environment redirects it."""
        return f"postgresql://postgres@/{quote(database)}?host={quote(str(self._sockets), safe='')}&port=5432"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create ``name`` unless it is there (optionally as a copy of ``template``). Returns its URL."""
        with contextlib.closing(self._connect()) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if cursor.fetchone() is None:
                origin = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
                quickly = sql.SQL(" STRATEGY file_copy" if connection.server_version >= 150_000 else "")
                cursor.execute(
                    sql.SQL("CREATE DATABASE {}{}{}").format(sql.Identifier(name), origin, quickly)
                )
        return self.url(name)

    def answers(self) -> bool:
        """Alive means: accepts a connection. A PID proves nothing."""
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def _connect(self) -> psycopg2.extensions.connection:
        return psycopg2.connect(
            self.url("postgres"), connect_timeout=3, application_name="feedly-embedded-manager"
        )

    def _others_stay(self) -> bool:
        """Whether somebody else is connected, and not merely about to leave, as our own pool is."""
        deadline = self._clock() + LEAVING_SECONDS
        while self._others_connected():
            if self._clock() >= deadline:
                return True
            self._pause(0.05)
        return False

    def _others_connected(self) -> bool:
        try:
            with contextlib.closing(self._connect()) as connection, connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
                )
                row = cursor.fetchone()
                return bool(row and row[0])
        except psycopg2.OperationalError:
            return False

    def _prepare_folders(self) -> None:
        for folder in (self._data, self._sockets):
            folder.mkdir(parents=True, exist_ok=True)
            self._require_ours(folder)
            folder.chmod(0o700)
            self._account.own(folder)
        if not (self._data / "PG_VERSION").exists():
            self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", *_CLUSTER)
        if not self._owner_is_running():
            (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _require_ours(self, folder: Path) -> None:
        """A socket folder below ``/tmp`` may have been put there by another user, to listen in."""
        if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), self._account.uid}:
            raise DatabaseUnreachable(
                N_("The folder {folder} belongs to somebody else.", folder=folder),
                hint=N_("Set FEEDLY_HOME to a folder of your own with a short path."),
            )

    def _owner_is_running(self) -> bool:
        """Whether ``postmaster.pid`` names a living postgres process of this very data folder.

        Where the system does not say, it is left to ``pg_ctl``, which then refuses to start.
        """
        try:
            pid = int((self._data / "postmaster.pid").read_text().split(maxsplit=1)[0])
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE or "postgres" not in process.name():
                return False
            return str(self._data) in process.cmdline()
        except psutil.AccessDenied:
            return True
        except (OSError, ValueError, IndexError, psutil.Error):
            return False

    def _start_until_it_answers(self) -> None:
        deadline = self._clock() + START_SECONDS
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._sockets),
            "port": "5432",
            **self._options,
        }
        settings = " ".join(f"-c {name}={_quoted(value)}" for name, value in options.items())
        log = self._data / "server.log"
        command = ("pg_ctl", "-D", str(self._data), "-l", str(log), "-w", "-t", "10", "-o", settings, "start")
        while True:
            result = self._run(*command, must_succeed=False)
            if self.answers():
                return
            if self._clock() >= deadline:
                raise _did_not_start(result.stderr or result.stdout, log)
            self._pause(0.2)

    def _run(self, tool: str, *arguments: str, must_succeed: bool = True) -> subprocess.CompletedProcess[str]:
        self._installation = self._installation or find_installation(self._account)
        if not (self._installation / tool).exists():
            raise no_program(N_("There is no {tool} in {folder}.", tool=tool, folder=self._installation))
        with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open in the server
            done = subprocess.run(
                [str(self._installation / tool), *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd="/",
                env=_tool_environment(),
                check=False,
                **self._account.identity(),
            )
            output.seek(0)
            result = subprocess.CompletedProcess(done.args, done.returncode, output.read(), "")
        if must_succeed and result.returncode:
            raise _did_not_start(result.stdout, None)
        return result


_CLUSTER: Sequence[str] = ("--encoding=UTF8", "--no-locale", "--no-instructions")


def _reachable(home: Path, account: Account) -> Path:
    """``home``, or for root a stand-in outside root-only folders, the same for the same home."""
    if not account.is_other or open_to_others(home):
        return home
    return SHARED_HOME / f"home-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"


def _socket_folder(data: Path) -> Path:
    beside = data.parent / "sockets"
    if len(str(beside / ".s.PGSQL.5432.lock").encode()) <= SOCKET_PATH_LIMIT - 4:
        return beside
    return Path(tempfile.gettempdir()) / f"feedly-{hashlib.sha256(str(data).encode()).hexdigest()[:12]}"


def _quoted(value: str) -> str:
    """For ``pg_ctl -o``, which a shell reads again."""
    return "'" + value.replace("'", "'\\''") + "'"


def _tool_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "LC_MESSAGES": "C"}


def _did_not_start(output: str, log: Path | None) -> DatabaseUnreachable:
    last_words = output.strip().splitlines()[-5:]
    if log is not None and log.exists():
        last_words += log.read_text(errors="replace").strip().splitlines()[-5:]
    return DatabaseUnreachable(
        N_("The embedded PostgreSQL did not start."),
        detail=verbatim("\n".join(last_words)),
        hint=N_("Start the dashboard as an ordinary user, or set DATABASE_URL to your own database."),
    )
