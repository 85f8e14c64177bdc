"""How the process's dashboard comes up, waits for a database, and goes down."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from rich.console import Console
from sqlalchemy import Connection

from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.output import progress_bar
from dashboard.server import startup
from dashboard.server.exposure import ExposureRefused, check_exposure
from dashboard.server.startup import NotOpenYet
from feedly_core.db.engine import verify_feedly
from feedly_core.errors import DatabaseUnreachable, NotFeedlyDatabase, SettingsInvalid
from feedly_core.i18n import N_, Message
from feedly_core.settings import Settings, load_settings
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    startup.close()


def test_it_opens_and_closes_with_all_its_threads(settings: Settings) -> None:
    before = set(threading.enumerate())
    dashboard = startup.start(settings)
    dashboard.wait(10)
    opened = dashboard.ready
    assert opened
    assert dashboard.hub is not None
    assert startup.current() is dashboard
    startup.close()
    assert not dashboard.ready
    wait_until(lambda: set(threading.enumerate()) <= before, what="the end of the threads")


def test_read_only_starts_nothing_that_writes(settings: Settings) -> None:
    dashboard = startup.start(settings.model_copy(update={"read_only": True}))
    dashboard.wait(10)
    assert dashboard.ready
    assert dashboard.driver is None


def test_a_database_that_comes_later_is_found(
    settings: Settings, postgres: EmbeddedPostgres, feedly_template: str
) -> None:
    late = settings.model_copy(update={"database_url": SecretStr(postgres.url("late"))})
    dashboard = startup.start(late, live=False)
    dashboard.wait(10)
    assert isinstance(dashboard.problem, DatabaseUnreachable)
    with pytest.raises(DatabaseUnreachable):
        _ = dashboard.engine
    postgres.create_database("late", feedly_template)
    dashboard.retry()
    wait_until(lambda: dashboard.ready, what="the opening")
    assert dashboard.problem is None


def test_a_foreign_database_is_refused(settings: Settings, empty_database_url: str) -> None:
    dashboard = startup.start(
        settings.model_copy(update={"database_url": SecretStr(empty_database_url)}), live=False
    )
    dashboard.wait(10)
    assert isinstance(dashboard.problem, NotFeedlyDatabase)


def test_bad_settings_become_the_problem_that_pages_show(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://nobody:hushhush@somewhere/db")
    dashboard = startup.start(live=False)
    assert isinstance(dashboard.problem, SettingsInvalid)
    assert "DATABASE_URL" in str(dashboard.problem)
    assert "hushhush" not in str(dashboard.problem)


def test_asking_too_early_says_how_far_the_start_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def verify_later(connection: Connection) -> None:
        if go_on.wait(10):
            verify_feedly(connection)

    monkeypatch.setattr(startup, "verify_feedly", verify_later)
    dashboard = startup.start(settings, live=False)
    with pytest.raises(NotOpenYet, match="Connecting to the database"):
        _ = dashboard.engine
    go_on.set()
    dashboard.wait(10)
    assert dashboard.ready


def test_the_banner_name_has_no_password(settings: Settings) -> None:
    url = SecretStr("postgresql://somebody:hushhush@db.example:5433/feedlyai?sslmode=require")
    dashboard = startup.Dashboard(settings.model_copy(update={"database_url": url}), live=False)
    assert dashboard.database_name == "feedlyai@db.example"


def test_what_may_not_be_opened_stays_closed(settings: Settings) -> None:
    def refuse(_settings: Settings) -> None:
        check_exposure(settings, address=None, has_login=False)

    dashboard = startup.start(settings, prepare=refuse)
    assert isinstance(dashboard.problem, ExposureRefused)
    assert not dashboard.ready


def test_the_first_start_shows_how_far_it_is_and_can_be_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    drawn = threading.Semaphore(0)

    def prepare_demo(_settings: Settings, progress: Callable[[float, Message], None]) -> None:
        for picture in range(1000):
            progress(picture / 1000, N_("Drawing"))
            assert drawn.acquire(timeout=10)

    monkeypatch.delenv("DATABASE_URL", raising=False)
    printed = io.StringIO()
    terminal = Console(file=printed, force_terminal=True)
    monkeypatch.setattr("dashboard.demo.setup.prepare_demo", prepare_demo)
    monkeypatch.setattr(startup, "progress_bar", lambda: progress_bar(terminal))
    dashboard = startup.start(load_settings(FEEDLY_HOME=tmp_path))
    drawn.release(500)
    wait_until(lambda: dashboard.progress.fraction == 0.5, what="half of the pictures")
    assert dashboard.demo
    wait_until(lambda: "Drawing" in printed.getvalue(), what="the bar in the terminal")
    dashboard._opener.finish()
    drawn.release()
    startup.close()
    assert not dashboard._opener.running
    assert dashboard.progress.fraction == 0.5
