"""A real PostgreSQL for the session; a fresh database a test, cloned from a template in milliseconds."""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Connection, Engine

from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.demo.schema import create_schema
from dashboard.output import choose_language
from dashboard.server.heap import collect_rarely
from feedly_core.analytics.refresher import rebuild
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine, reading, writing
from feedly_core.settings import Settings, load_settings
from tests.compiled_once import compiled_once
from tests.databases import Databases
from tests.generated import generate_jobs
from tests.generations import Residents, aged, last_moved_now, populate
from tests.run_guard import RunGuard

# Where this is set, every process of the tests compiles the whole program anew: servers, commands, workers.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

hypothesis.settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")

MakeTemplate = Callable[[str, str | None, Callable[[Engine], object]], str]

_numbers = itertools.count(1)

SPEED_OVER_SAFETY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Only for tests: their data need not survive a power cut."""


_GUARD = pytest.StashKey[RunGuard]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_GUARD] = RunGuard()


def pytest_unconfigure(config: pytest.Config) -> None:
    left = config.stash[_GUARD].end()
    if left:
        print("Left running by the tests, and killed:", *left, sep="\n  ")  # noqa: T201


LONGEST = (
    *("test_demo", "test_review", "test_two_processes", "test_hostile_rows", "test_gallery"),
    *("test_live_faults", "test_back_and_forward", "test_restart", "test_end_notification"),
    *("test_generations_terminal", "test_diagnosed_faults", "test_gallery_cost", "test_probe_links"),
    *("test_query_budgets", "test_hub_faults", "test_generations"),
    *("test_killed_drivers", "test_review_page", "test_run_guard"),
    *("test_programs", "test_answer_versions", "test_monitor_cost", "test_create_jobs"),
    *("test_server_life", "test_left_viewers", "test_embedded_postgres"),
    *("test_results_page", "test_killed_probes", "test_trigger_diagnostics"),
    *("test_killed_senders", "test_sample_data", "test_contained"),
)
"""Files in the order of their beginning. Those that wait, for time-outs and restarts, stand beside such that
compute: three workers share two cores."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks a database, for `make test-postgres`; the longest files begin, lest they end alone."""
    place = {name: number for number, name in enumerate(LONGEST)}
    for item in items:
        if {"postgres", "own_server"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")
    items.sort(key=lambda item: place.get(item.path.stem, len(LONGEST)))


def pytest_collection_finish() -> None:
    """As the server does: what is imported lives as long as the run, and each collection walked it all."""
    collect_rarely()


def memory_folder() -> Path | None:
    """Memory where there is enough: cloning a template makes hundreds of files, 0.02 s instead of 0.6 s."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 * 2**30:
        return memory
    return None


def _home_of_a_server(config: pytest.Config, prefix: str) -> Path:
    home = Path(tempfile.mkdtemp(prefix=prefix, dir=memory_folder()))
    home.chmod(0o755)
    config.stash[_GUARD].remove_at_the_end(home)
    return home


def other_installation() -> Path | None:
    """``TEST_POSTGRES`` names another server's folder of programs: the same tests on another version."""
    named = os.environ.get("TEST_POSTGRES")
    return Path(named) if named else None


@pytest.fixture(autouse=True, scope="session")
def _statements_compiled_once() -> Iterator[None]:
    with compiled_once():
        yield


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[EmbeddedPostgres]:
    """The session's server, in a folder that the server's own account may enter.

    The space is meant: every connection of every test goes through it.
    """
    home = _home_of_a_server(pytestconfig, "feedly tests-")
    server = EmbeddedPostgres(
        home, {**SPEED_OVER_SAFETY, "max_connections": "200"}, installation=other_installation()
    )
    server.start()
    yield server
    server.stop(even_if_used=True)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def own_server(pytestconfig: pytest.Config) -> Iterator[EmbeddedPostgres]:
    """A running PostgreSQL of the test's own, which it may stop and start."""
    home = _home_of_a_server(pytestconfig, "feedly-tests-own-")
    server = EmbeddedPostgres(home, installation=other_installation())
    server.start()
    yield server
    server.stop(even_if_used=True)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def make_template(postgres: EmbeddedPostgres) -> MakeTemplate:
    """``make_template(name, origin, fill)``: a database for tests to copy. Returns its name."""

    def make(name: str, origin: str | None, fill: Callable[[Engine], object]) -> str:
        engine = make_engine(load_settings(DATABASE_URL=postgres.create_database(name, origin)))
        fill(engine)
        engine.dispose()
        return name

    return make


@pytest.fixture(scope="session")
def feedly_template(make_template: MakeTemplate) -> str:
    """Name of a database with the FeedlyAI schema and nothing else."""

    def fill(engine: Engine) -> None:
        with writing(engine) as connection:
            create_schema(connection)

    return make_template("feedly_template", None, fill)


@pytest.fixture(scope="session")
def own_template(make_template: MakeTemplate, feedly_template: str) -> str:
    """Name of a database with the FeedlyAI schema and ours, without rows."""
    return make_template("feedly_with_ours", feedly_template, own_schema.install)


@pytest.fixture(autouse=True)
def _english_terminal() -> None:
    """Commands print in the language of the last one of the process: each test begins in English."""
    choose_language(None)


@pytest.fixture(scope="session")
def databases(postgres: EmbeddedPostgres) -> Databases:
    """The databases of the tests of this process."""
    return Databases(postgres, without_rows={"feedly_template", "feedly_with_ours"})


@pytest.fixture
def new_database(databases: Databases) -> Iterator[Callable[[str | None], str]]:
    """Make databases: ``new_database(template_name)`` returns the URL. Given back after the test."""
    made: list[str] = []

    def make(template: str | None = None) -> str:
        made.append(databases.new(template))
        return databases.server.url(made[-1])

    yield make
    for name in made:
        databases.give_back(name)


@pytest.fixture
def template(request: pytest.FixtureRequest) -> str:
    """What the test's database is a copy of; a file of tests on the same rows has its own."""
    name = "own_template" if "our_schema" in request.fixturenames else "feedly_template"
    return str(request.getfixturevalue(name))


@pytest.fixture
def database_url(new_database: Callable[[str | None], str], template: str) -> str:
    """A fresh FeedlyAI database: tables and triggers, no rows, no schema of ours unless asked for."""
    return new_database(template)


@pytest.fixture(scope="module")
def shared_settings(
    postgres: EmbeddedPostgres, own_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings on one database with our schema for all tests of a file that show the same rows."""
    folder = tmp_path_factory.mktemp("shared")
    url = postgres.create_database(f"shared_{next(_numbers)}", own_template)
    return load_settings(DATABASE_URL=url, ASSETS_DIR=folder, FEEDLY_HOME=folder / "home")


@pytest.fixture
def empty_database_url(new_database: Callable[[str | None], str]) -> str:
    """A database that is not FeedlyAI's."""
    return new_database(None)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings on the fresh database, with folders of the test's own."""
    assets = tmp_path / "assets"
    assets.mkdir()
    return load_settings(DATABASE_URL=database_url, ASSETS_DIR=assets, FEEDLY_HOME=tmp_path / "home")


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    made = make_engine(settings)
    yield made
    made.dispose()


@pytest.fixture
def our_schema(engine: Engine, template: str, own_template: str) -> None:
    """The schema feedly_dashboard in the test's database."""
    if template != own_template:
        own_schema.install(engine)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """One read transaction, for asking core functions."""
    with reading(engine) as connection:
        yield connection


@pytest.fixture(scope="session")
def big_template(make_template: MakeTemplate, feedly_template: str) -> str:
    """Name of a database with 3,000 generated jobs."""

    def fill(engine: Engine) -> None:
        with writing(engine) as connection:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            generate_jobs(connection)

    return make_template("feedly_big", feedly_template, fill)


@pytest.fixture(scope="session")
def big_engine(postgres: EmbeddedPostgres, big_template: str) -> Iterator[Engine]:
    """An engine on the 3,000 jobs, for plan guards that only read."""
    url = postgres.create_database("feedly_big_read", big_template)
    made = make_engine(load_settings(DATABASE_URL=url))
    yield made
    made.dispose()


@pytest.fixture
def big_copy(new_database: Callable[[str | None], str], big_template: str) -> Iterator[Engine]:
    """An engine on a copy of the 3,000 jobs of the test's own."""
    made = make_engine(load_settings(DATABASE_URL=new_database(big_template)))
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def filled_template(make_template: MakeTemplate, big_template: str) -> str:
    """Name of a copy of the 3,000 jobs with our schema and every fact computed."""

    def fill(engine: Engine) -> None:
        own_schema.install(engine)
        rebuild(engine, lambda done, total: None, now=datetime.now(UTC))

    return make_template("feedly_filled", big_template, fill)


@pytest.fixture
def filled_engine(new_database: Callable[[str | None], str], filled_template: str) -> Iterator[Engine]:
    """An engine on a copy of the 3,000 jobs and their facts."""
    made = make_engine(load_settings(DATABASE_URL=new_database(filled_template)))
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def old_template(
    postgres: EmbeddedPostgres, feedly_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[str, Residents, Path]]:
    """``old_template("v1.0")``: a populated database of that generation, its jobs, and ASSETS_DIR."""

    @functools.cache
    def build(generation: str) -> tuple[str, Residents, Path]:
        name = f"template {generation}"
        assets = tmp_path_factory.mktemp("assets")
        made = make_engine(load_settings(DATABASE_URL=postgres.create_database(name, feedly_template)))
        with writing(made) as connection:
            residents = populate(connection, assets)
        with writing(made) as connection:
            aged(connection, generation)
        made.dispose()
        return name, residents, assets

    return build


@pytest.fixture
def old_database(
    old_template: Callable[[str], tuple[str, Residents, Path]],
    new_database: Callable[[str | None], str],
    tmp_path: Path,
) -> Callable[[str], tuple[Settings, Residents]]:
    """``old_database("v1.0")``: settings of a database of that generation, and the jobs in it."""

    def make(generation: str) -> tuple[Settings, Residents]:
        template, residents, pictures = old_template(generation)
        assets = shutil.copytree(pictures, tmp_path / f"assets {generation}")
        found = load_settings(
            DATABASE_URL=new_database(template), ASSETS_DIR=assets, FEEDLY_HOME=tmp_path / "home"
        )
        rows = make_engine(found)
        with writing(rows) as connection:
            last_moved_now(connection)
        rows.dispose()
        return found, residents

    return make
