"""Sets up the demo: embedded server, schema, marker, sample data.

And removes it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
from filelock import FileLock
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.pool import NullPool

from dashboard.demo.broken_trigger import restore_trigger
from dashboard.demo.marker import DemoMarker, is_demo, mark, read_mark, require_demo
from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.demo.sample_data import Progress, load_sample
from dashboard.demo.sample_goals import keep_sample_set, keep_sample_targets
from dashboard.demo.schema import create_schema
from dashboard.demo.seed_data import insert_seed_data
from dashboard.demo.simulator.listener import APPLICATION_YH
from feedly_core.database_address import parse_address
from feedly_core.db import own_schema
from feedly_core.db.transactions import DriverConnection
from feedly_core.domain.tables import jobs
from feedly_core.i18n import N_
from feedly_core.settings import Settings

DATABASE = "feedlyai"


@dataclass(frozen=True)
class DemoReady:
    """An open demo.

    ``sample_loaded`` is True when the history was made just now.
    """

    url: str
    assets_dir: Path
    sample_loaded: bool
    server: EmbeddedPostgres

    def settings(self, settings: Settings) -> Settings:
        """The same settings, pointing at the demo's database and pictures."""
        return settings.model_copy(
            update={
                "database_url": SecretStr(self.url),
                "assets_dir": self.assets_dir,
                "assets_base_url": None,
            }
        )

    def close(self) -> None:
        """Stop the server, unless another process owns or uses it."""
        self.server.stop()


@dataclass(frozen=True)
class DemoStatus:
    """Answer of ``demo status``.

    ``simulated_by``: process id of the server's session, None without one.
    """

    url: str
    assets_dir: Path
    mark: DemoMarker | None
    jobs: int
    simulated_by: int | None


def prepare_demo(
    settings: Settings, progress: Progress, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> DemoReady:
    """Set up the embedded demo and return when it is ready.

    Several processes may call this at once: the first creates it, the others wait.
    Raises errors of :mod:`feedly_core.errors`.
    """
    assets_dir = _assets_dir(settings)
    assets_dir.mkdir(parents=True, exist_ok=True)
    settings.home.mkdir(parents=True, exist_ok=True)
    progress(0.0, N_("Starting the embedded PostgreSQL"))
    server = EmbeddedPostgres(settings.home, installation=settings.postgres_bin)
    with FileLock(settings.home / "setup.lock"), ExitStack() as if_it_fails:
        if_it_fails.callback(server.stop)
        server.start()
        url = server.create_database(DATABASE)
        with _engine(url) as engine:
            progress(0.03, N_("Preparing the demo database"))
            _prepare_database(engine, settings.demo_seed, clock())
            seed = _seed(engine)
            loaded = load_sample(
                engine,
                assets_dir,
                seed,
                lambda fraction, sentence: progress(0.05 + 0.95 * fraction, sentence),
                now=clock(),
            )
            if loaded:
                there = settings.model_copy(update={"assets_dir": assets_dir})
                keep_sample_set(engine, there, clock())
                keep_sample_targets(engine, there)
        progress(1.0, N_("The demo is ready"))
        if_it_fails.pop_all()
    return DemoReady(url, assets_dir, loaded > 0, server)


def reset_demo(settings: Settings) -> None:
    """Drop the demo's database and its pictures.

    Pictures in an ASSETS_DIR of the user stay.
    """
    server = EmbeddedPostgres(settings.home, installation=settings.postgres_bin)
    with FileLock(settings.home / "setup.lock"):
        admin = psycopg2.connect(server.start())
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        admin.close()
        if settings.assets_dir is None:
            shutil.rmtree(_assets_dir(settings), ignore_errors=True)
        server.stop()


def demo_status(settings: Settings) -> DemoStatus | None:
    """State of the embedded demo.

    None when its server is down. Starts and writes nothing.
    """
    server = EmbeddedPostgres(settings.home, installation=settings.postgres_bin)
    if not server.answers():
        return None
    url = server.url(DATABASE)
    with _engine(url) as engine, engine.connect() as connection:
        found = read_mark(connection)
        listener = connection.scalar(
            text("SELECT pid FROM pg_stat_activity WHERE application_name = :name AND datname = :database"),
            {"name": APPLICATION_YH, "database": DATABASE},
        )
        count = connection.scalar(select(func.count()).select_from(jobs)) if found else 0
    return DemoStatus(url, _assets_dir(settings), found, count or 0, listener)


def _assets_dir(settings: Settings) -> Path:
    return settings.assets_dir or settings.home / "assets"


def _prepare_database(engine: Engine, seed: int, now: datetime) -> None:
    """Schema, marker and seed data in one transaction: a kill in the middle leaves an empty database."""
    with engine.begin() as connection:
        if not is_demo(connection):
            create_schema(connection)
            mark(connection, seed)
        restore_trigger(connection)
        insert_seed_data(connection, now)
    own_schema.install(engine)


def _seed(engine: Engine) -> int:
    with engine.connect() as connection:
        return require_demo(connection).seed


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    options = {"application_name": "feedly-demo setup", "connection_factory": DriverConnection}
    engine = create_engine(parse_address(url), poolclass=NullPool, connect_args=options)
    try:
        yield engine
    finally:
        engine.dispose()
