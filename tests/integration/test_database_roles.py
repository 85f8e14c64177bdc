"""``deploy/database_roles.sql``: the reader reads, the operator does its work, and neither does more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, select, text, update

from feedly_core.db import own_schema
from feedly_core.db.engine import capabilities, make_engine, reading, writing
from feedly_core.diagnostics.check import CheckOutcome
from feedly_core.diagnostics.check_report import run_checks
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.diagnostics.checks.rights import rights
from feedly_core.diagnostics.context import open_context
from feedly_core.diagnostics.probe.run import probe_trigger
from feedly_core.domain.tables import jobs, jobs_variants
from feedly_core.errors import FeedlyError
from feedly_core.jobs.create import create_job
from feedly_core.jobs.delete import delete_rows
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures
from feedly_core.live.overview import board_without_hub
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.factories import make_job
from tests.faults.stand_in import listening

SCRIPT = Path(__file__).parents[2] / "deploy" / "database_roles.sql"
OPERATOR = Person("operator", Role.OPERATOR)


@pytest.fixture
def settings_of(engine: Engine, settings: Settings) -> Callable[[str], Settings]:
    """The test's settings with the database role of a name."""
    with engine.begin() as connection:
        connection.exec_driver_sql(SCRIPT.read_text(encoding="utf-8").replace("%", "%%"))

    def settings_for(role: str) -> Settings:
        assert settings.database_url is not None
        url = settings.database_url.get_secret_value().replace("//postgres@", f"//{role}@")
        return settings.model_copy(update={"database_url": SecretStr(url)})

    return settings_for


@pytest.fixture
def engine_of(settings_of: Callable[[str], Settings]) -> Iterator[Callable[[str], Engine]]:
    with ExitStack() as opened:

        def connect(role: str) -> Engine:
            made = make_engine(settings_of(role))
            opened.callback(made.dispose)
            return made

        yield connect


def test_the_script_may_run_twice(engine: Engine, engine_of: Callable[[str], Engine]) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(SCRIPT.read_text(encoding="utf-8").replace("%", "%%"))


def test_the_reader_reads_and_writes_nothing(engine: Engine, engine_of: Callable[[str], Engine]) -> None:
    make_job(engine)
    reader = engine_of("dashboard_reader")
    with reading(reader) as connection:
        assert board_without_hub(connection, datetime.now(UTC)).total == 1
    for statement in (update(jobs).values(status="done"), update(jobs_variants).values(status="done")):
        with pytest.raises(FeedlyError), writing(reader) as connection:
            connection.execute(statement)
    with pytest.raises(FeedlyError):
        own_schema.install(reader)


def test_the_operator_makes_repeats_and_removes_jobs(
    engine_of: Callable[[str], Engine], settings_of: Callable[[str], Settings]
) -> None:
    operator, settings = engine_of("dashboard_operator"), settings_of("dashboard_operator")
    own_schema.install(operator)
    assert settings.assets_dir is not None
    order = JobRequest(
        JobKind.FULL, "pipeline_test_tenant", (sample_pictures()[0],), "따끈한 국물", variants=2
    )
    made = create_job(
        operator,
        order,
        key=uuid4(),
        assets_dir=settings.assets_dir,
        person=OPERATOR,
        settings=settings,
        now=datetime.now(UTC),
    )
    with writing(operator) as connection:
        moved = update(jobs_variants).values(current_step="planner", status="done", updated_at=text("now()"))
        connection.execute(moved.where(jobs_variants.c.job_id == made.job_id))
    with reading(operator) as connection:
        assert connection.scalar(select(jobs.c.current_step)) == "planner", "the roll-up trigger works"
    with writing(operator) as connection:
        deleted = delete_rows(connection, [made.job_id], capabilities(connection))
    assert deleted.rows["jobs"] == 1


def test_the_operator_runs_the_live_test_and_sees_who_listens(
    settings_of: Callable[[str], Settings], database_url: str
) -> None:
    with listening(database_url), open_context(settings_of("dashboard_operator")) as context:
        check_report = run_checks(context, ALL_CHECKS)
        for key in ("database.rights", "listeners.present", "listeners.blockers"):
            assert check_report[key].outcome is CheckOutcome.OK, str(check_report[key].finding.found)
        report = probe_trigger(context, OPERATOR)
    assert (report.broken, report.cleaned) == (None, True)


def test_the_reader_lacks_nothing_where_only_looking_is_meant(
    settings_of: Callable[[str], Settings],
) -> None:
    looking = settings_of("dashboard_reader").model_copy(update={"read_only": True})
    with open_context(looking) as context:
        assert rights(context).outcome is CheckOutcome.OK


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE jobs SET tenant_id = NULL",
        "DROP TABLE evaluations",
        "TRUNCATE jobs CASCADE",
        "ALTER TABLE jobs DISABLE TRIGGER ALL",
        "INSERT INTO evaluations (evaluation_type) VALUES ('ocr')",
        "CREATE TABLE public.mine (x int)",
    ],
)
def test_the_operator_may_do_nothing_else(engine_of: Callable[[str], Engine], statement: str) -> None:
    with pytest.raises(FeedlyError), writing(engine_of("dashboard_operator")) as connection:
        connection.execute(text(statement))
