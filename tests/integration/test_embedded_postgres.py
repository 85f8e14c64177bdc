"""The embedded server: shared, recovered after a crash, and never at the cost of a foreign process."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import psycopg2
import pytest

import feedly_core
from dashboard.demo.postgres import SOCKET_PATH_LIMIT, EmbeddedPostgres
from feedly_core.errors import DatabaseUnreachable
from tests.conftest import memory_folder
from tests.waiting import wait_until

REPOSITORY = Path(feedly_core.__file__).parents[1]

Manager = Callable[..., EmbeddedPostgres]


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder with a space in its name, open to the server's account; its server is stopped at the end."""
    base = Path(tempfile.mkdtemp(prefix="feedly embedded ", dir=memory_folder()))
    base.chmod(0o755)
    yield base / "home of ours"
    shutil.rmtree(base)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """The data of a server that was started once: making them is most of a cold start."""
    base = Path(tempfile.mkdtemp(prefix="feedly-cluster-", dir=memory_folder()))
    base.chmod(0o755)
    server = EmbeddedPostgres(base, {"fsync": "off"})
    server.start()
    assert server.stop(even_if_used=True)
    yield base / "postgres"
    shutil.rmtree(base)


@pytest.fixture
def manager(home: Path, cluster: Path) -> Iterator[Manager]:
    """Make managers of the same home, as several processes would; ``cold``: of one without data."""
    made: list[EmbeddedPostgres] = []

    def make(folder: Path = home, *, cold: bool = False) -> EmbeddedPostgres:
        if not cold and not (folder / "postgres").exists():
            folder.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", cluster, folder / "postgres"], check=True)
        made.append(EmbeddedPostgres(folder, {"fsync": "off"}))
        return made[-1]

    yield make
    for server in made:
        server.stop(even_if_used=True)


def postmaster(url: str) -> psutil.Process:
    with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        found = cursor.fetchone()
        assert found is not None
        parent = psutil.Process(found[0]).parent()
    assert parent is not None
    return parent


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    with contextlib.closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []


def pid_file(server: EmbeddedPostgres, url: str) -> Path:
    [(folder,)] = run(url, "SHOW data_directory")
    return Path(str(folder)) / "postmaster.pid"


def test_a_cold_start_in_a_path_with_spaces(manager: Manager) -> None:
    server = manager(cold=True)
    assert not server.answers()
    url = server.start()
    assert run(url, "SELECT 1") == [(1,)]
    assert run(url, "SHOW listen_addresses") == [("",)]


def test_a_second_manager_attaches_and_leaves_the_server_to_the_first(manager: Manager) -> None:
    first, second = manager(), manager()
    url = first.start()
    assert second.start() == url
    assert second.stop() is False
    assert first.answers()
    assert first.stop() is True
    assert not first.answers()


def test_two_processes_that_start_at_once_share_one_server(home: Path, manager: Manager) -> None:
    script = (
        "import sys, pathlib; from dashboard.demo.postgres import EmbeddedPostgres\n"
        "print(EmbeddedPostgres(pathlib.Path(sys.argv[1])).start())"
    )
    command = [sys.executable, "-c", script, str(home)]
    processes = [
        subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    urls = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert urls[0] == urls[1]
    _stop_orphan(urls[0])


def test_stopping_a_server_that_died_is_no_error(manager: Manager) -> None:
    server = manager()
    postmaster(server.start()).send_signal(signal.SIGKILL)
    wait_until(lambda: not server.answers(), what="the death of the server")
    assert server.stop() is False


def test_a_stop_waits_until_no_other_application_is_connected(manager: Manager) -> None:
    server = manager()
    guest = psycopg2.connect(server.start())
    assert server.stop() is False
    guest.close()
    wait_until(server.stop, what="the server to stop")


def test_whom_the_first_leaves_the_server_to_stops_it(manager: Manager) -> None:
    first, second = manager(), manager()
    guest = psycopg2.connect(first.start())
    second.start()
    assert first.stop() is False
    guest.close()
    wait_until(second.stop, what="the server to stop")
    assert not first.answers()


def test_a_server_whose_starter_was_killed_is_stopped_by_the_next(home: Path, manager: Manager) -> None:
    script = (
        "import sys, pathlib, signal; from dashboard.demo.postgres import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(pathlib.Path(sys.argv[1]))\n"
        "print(server.start(), flush=True); signal.pause()"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", script, str(home)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    with starter:
        url = starter.stdout.readline().strip()
        following = manager()
        assert following.start() == url
        assert following.stop() is False, "it is in the charge of a living process"
        starter.kill()
    following.start()
    assert following.stop() is True
    assert not following.answers()


def test_after_kill_9_the_next_start_has_every_row(manager: Manager) -> None:
    first = manager()
    url = first.start()
    run(url, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    postmaster(url).send_signal(signal.SIGKILL)
    wait_until(lambda: not first.answers(), what="the death of the server")
    second = manager()
    assert run(second.start(), "SELECT count(*) FROM kept") == [(1000,)]


def test_a_stale_pid_file_never_harms_the_process_it_names(manager: Manager) -> None:
    first = manager()
    url = first.start()
    file = pid_file(first, url)
    lines = file.read_text().splitlines()
    first.stop()
    bystander = subprocess.Popen(["sleep", "600"])
    try:
        file.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
        second = manager()
        assert run(second.start(), "SELECT 1") == [(1,)]
        assert postmaster(url).pid != bystander.pid
        second.stop()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_pid_file_of_another_server_is_no_owner(manager: Manager, home: Path) -> None:
    """A reused PID may even belong to a postgres, of another folder."""
    other, own = manager(home / "other"), manager()
    other_url, own_url = other.start(), own.start()
    file = pid_file(own, own_url)
    content = file.read_text().splitlines()
    own.stop()
    file.write_text("\n".join([str(postmaster(other_url).pid), *content[1:]]) + "\n")
    assert run(manager().start(), "SELECT 1") == [(1,)]
    assert other.answers()


def test_a_long_path_gets_a_short_private_socket_folder(manager: Manager, home: Path) -> None:
    deep = home / ("folder" * 10) / ("folder" * 10)
    url = manager(deep).start()
    sockets = Path(parse_qs(urlsplit(url).query)["host"][0])
    assert len(str(sockets)) < SOCKET_PATH_LIMIT
    assert sockets.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(sockets, ignore_errors=True)


def test_a_folder_that_leads_elsewhere_is_refused(manager: Manager, home: Path, tmp_path: Path) -> None:
    home.mkdir()
    (home / "sockets").symlink_to(tmp_path)
    with pytest.raises(DatabaseUnreachable, match="belongs to somebody else"):
        manager().start()


def test_databases_are_made_once_and_copied_from_templates(manager: Manager) -> None:
    server = manager()
    server.start()
    url = server.create_database("first one")
    run(url, "CREATE TABLE kept AS SELECT 1 AS n")
    assert server.create_database("first one") == url
    assert run(server.create_database("copy", template="first one"), "SELECT n FROM kept") == [(1,)]


def test_a_server_that_cannot_start_shows_its_last_words(home: Path) -> None:
    clock = iter(range(0, 1000, 6))
    broken = EmbeddedPostgres(
        home, {"shared_buffers": "nonsense"}, clock=lambda: float(next(clock)), pause=lambda _: None
    )
    with pytest.raises(DatabaseUnreachable, match="shared_buffers"):
        broken.start()


def test_a_folder_without_the_programs_is_named(home: Path, tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable, match=f"There is no initdb in {tmp_path}"):
        EmbeddedPostgres(home, installation=tmp_path).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_runs_the_server_as_an_unprivileged_account(manager: Manager) -> None:
    assert postmaster(manager().start()).username() != "root"


@pytest.mark.skipif(os.geteuid() != 0, reason="every other test of this file proves it for an ordinary user")
def test_an_ordinary_user_starts_it_too(home: Path) -> None:
    account = pwd.getpwnam("nobody")
    if not _enterable(Path(psycopg2.__file__).parent):
        pytest.skip("the installed packages are closed to other users")
    home.mkdir()
    os.chown(home, account.pw_uid, account.pw_gid)
    script = (  # the interpreter itself may lie in a folder of root's: become nobody when all is imported
        "import os, pathlib, sys; from dashboard.demo.postgres import EmbeddedPostgres\n"
        f"os.setgroups([]); os.setgid({account.pw_gid}); os.setuid({account.pw_uid})\n"
        "server = EmbeddedPostgres(pathlib.Path(sys.argv[1])); server.start(); print(server.stop())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(home)], cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout.strip(), done.returncode) == ("True", 0), done.stderr


def _enterable(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents))


def _stop_orphan(url: str) -> None:
    """Stop a server whose starters have ended, as an administrator would."""
    process = postmaster(url)
    process.send_signal(signal.SIGINT)
    psutil.wait_procs([process], timeout=10)
