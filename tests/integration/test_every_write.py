"""Every write for a person: who may, what read-only stops, which line the audit log gets."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import Engine, select, text

from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.db.engine import make_engine, reading
from feedly_core.db.own_schema import audit_log, metadata
from feedly_core.domain.tables.columns import metadata as feedly
from feedly_core.errors import PermissionDenied
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings, load_settings
from tests.conftest import MakeTemplate
from tests.writes import WRITES
from tests.writes.team import BOSS, BOTH, Team, Write, gather


@pytest.fixture(scope="module")
def gathered(
    make_template: MakeTemplate, own_template: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Team]:
    """Name of the template, and the team that it holds."""
    teams: list[Team] = []
    settings = load_settings(ASSETS_DIR=tmp_path_factory.mktemp("assets"))
    name = make_template("gathered", own_template, lambda engine: teams.append(gather(engine, settings)))
    return name, teams[0]


@pytest.fixture
def template(gathered: tuple[str, Team]) -> str:
    return gathered[0]


@pytest.fixture
def team(engine: Engine, settings: Settings, gathered: tuple[str, Team]) -> Team:
    """The same team in a database of the test's own."""
    assert settings.assets_dir is not None and gathered[1].settings.assets_dir is not None
    shutil.copytree(gathered[1].settings.assets_dir, settings.assets_dir, dirs_exist_ok=True)
    return replace(gathered[1], engine=engine, settings=settings)


@dataclass
class Untouched:
    """The team in a database that nobody may change, and what stood in it when somebody last looked."""

    team: Team
    rows: list[tuple[str, str]]


@pytest.fixture(scope="module")
def untouched(
    postgres: EmbeddedPostgres, gathered: tuple[str, Team], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Untouched]:
    name, made = gathered
    assets = tmp_path_factory.mktemp("untouched")
    assert made.settings.assets_dir is not None
    shutil.copytree(made.settings.assets_dir, assets, dirs_exist_ok=True)
    settings = load_settings(
        DATABASE_URL=postgres.create_database("untouched", name), ASSETS_DIR=assets, FEEDLY_HOME=assets
    )
    engine = make_engine(settings)
    yield Untouched(replace(made, engine=engine, settings=settings), everything(engine))
    engine.dispose()


def everything(engine: Engine) -> list[tuple[str, str]]:
    """Each table with a sum over all its rows, and the triggers."""
    tables = [table.fullname for table in (*feedly.sorted_tables, *metadata.sorted_tables)]
    rows = "SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t"
    with reading(engine) as connection:
        sums = [(name, str(connection.scalar(text(rows.format(name))))) for name in tables]
        return [*sums, ("triggers", str(connection.scalar(text("SELECT count(*) FROM pg_trigger"))))]


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.function.__qualname__)
def test_nobody_writes_without_the_right(write: Write, untouched: Untouched) -> None:
    team = untouched.team
    if write.least > Role.VIEWER:
        lesser = Person("lee", Role(write.least - 1))
        with pytest.raises(PermissionDenied, match="This needs the role"):
            write.do(team, lesser, team.settings)
    with pytest.raises(PermissionDenied, match="read-only"):
        write.do(team, BOSS, team.settings.model_copy(update={"read_only": True}))
    before, untouched.rows = untouched.rows, everything(team.engine)
    assert untouched.rows == before


@pytest.mark.parametrize(
    "write", [each for each in WRITES if each.keeps], ids=lambda write: write.function.__qualname__
)
def test_each_write_leaves_who_what_before_and_after(write: Write, team: Team) -> None:
    with reading(team.engine) as connection:
        known = set(connection.scalars(select(audit_log.c.entry_id)))
    write.do(team, BOSS, team.settings)
    with reading(team.engine) as connection:
        lines = [line for line in connection.execute(select(audit_log)) if line.entry_id not in known]
    [line] = [line for line in lines if line.action == write.action]
    assert (line.person, line.role, bool(line.target)) == ("boss", "operator", True)
    assert [half for half in BOTH if getattr(line, half)] == list(write.keeps)
