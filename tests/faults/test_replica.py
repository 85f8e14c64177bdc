"""Pointed at a replica: everything that reads works; what writes says why not; the hub polls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, insert, update
from sqlalchemy.engine import make_url

from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.analytics.recent import recent_jobs
from feedly_core.campaigns.campaigns import list_campaigns
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine, reading, verify_feedly, writing
from feedly_core.diagnostics.background_run import BackgroundRun
from feedly_core.diagnostics.check import CheckOutcome
from feedly_core.diagnostics.check_report import run_checks
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.diagnostics.context import open_context
from feedly_core.diagnostics.probe.run import probe_trigger
from feedly_core.domain.tables import jobs_variants, tenants
from feedly_core.errors import PermissionDenied
from feedly_core.jobs.choices import read_choices
from feedly_core.jobs.cleanup import DeletionResult, delete_jobs
from feedly_core.jobs.create import create_job
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures
from feedly_core.live.hub import Hub
from feedly_core.live.job_history import read_job_record
from feedly_core.live.overview import board_without_hub, newest_pictures, throughput
from feedly_core.live.snapshot import HubKind
from feedly_core.permissions import Person, Role
from feedly_core.results.report import job_report
from feedly_core.settings import Settings
from tests.database_url import database_url_of
from tests.factories import MadeJob, make_job
from tests.faults.invariants import shows_the_truth
from tests.faults.replica import Replica, replica_of
from tests.waiting import wait_until
from tests.writes import WRITES
from tests.writes.team import Team, Write, gather

OPERATOR = Person("kim", Role.OPERATOR)


@pytest.fixture(scope="module")
def replica(postgres: EmbeddedPostgres) -> Iterator[Replica]:
    with replica_of(postgres) as standby:
        yield standby


@pytest.fixture
def made(engine: Engine, our_schema: None, settings: Settings) -> MadeJob:
    """Written on the primary, moving, with our own schema beside it."""
    return make_job(
        engine,
        step="overlay",
        status="running",
        variants=[("overlay", "done"), ("planner", "done")],
        assets_dir=settings.assets_dir,
    )


@pytest.fixture
def there(replica: Replica, made: MadeJob, settings: Settings, database_url: str) -> Settings:
    """Settings that point at the replica, which has everything of the primary."""
    replica.catch_up()
    name = make_url(database_url).database or ""
    return settings.model_copy(update={"database_url": SecretStr(replica.url(name))})


@pytest.fixture
def standby_engine(there: Settings) -> Iterator[Engine]:
    engine = make_engine(there)
    yield engine
    engine.dispose()


def test_everything_that_reads_works(standby_engine: Engine, made: MadeJob) -> None:
    with reading(standby_engine) as connection:
        verify_feedly(connection)
        assert own_schema.installed(connection)
        now = datetime.now(UTC)
        assert len(board_without_hub(connection, now).rows) == 1
        assert throughput(connection, now).made
        newest_pictures(connection)
        read_job_record(connection, made.job_id)
        assert len(job_report(connection, made.job_id).variants) == 2
        assert [job.job_id for job in recent_jobs(connection, now=datetime.now(UTC))] == [made.job_id]
        read_choices(connection)
        assert list_campaigns(connection) == []


def test_what_writes_says_why_not(standby_engine: Engine, made: MadeJob, there: Settings) -> None:
    with (
        pytest.raises(PermissionDenied, match="primary rather than a replica"),
        writing(standby_engine) as connection,
    ):
        connection.execute(insert(tenants).values(tenant_id="x"))
    assert there.assets_dir is not None
    files = {path for path in there.assets_dir.rglob("*") if path.is_file()}
    order = JobRequest(
        JobKind.FULL, "replica_test_tenant", (sample_pictures()[0],), "따끈한 국물", variants=1
    )
    with pytest.raises(PermissionDenied):
        create_job(
            standby_engine,
            order,
            key=uuid4(),
            assets_dir=there.assets_dir,
            person=OPERATOR,
            settings=there,
            now=datetime.now(UTC),
        )
    assert {path for path in there.assets_dir.rglob("*") if path.is_file()} == files
    result = delete_jobs(
        standby_engine, [made.job_id], assets_dir=there.assets_dir, person=OPERATOR, settings=there
    )
    assert (result.removed, result.files) == (0, 0)
    [(kept, reason)] = result.kept
    assert (kept, str(reason)) == (made.job_id, "The database does not allow this.")
    assert {path for path in there.assets_dir.rglob("*") if path.is_file()} == files


@pytest.fixture(scope="module")
def team(replica: Replica, shared_settings: Settings) -> Iterator[Team]:
    """A team that asks the replica. It changes nothing there, so it stays as it is for all writes."""
    primary = make_engine(shared_settings)
    gathered = gather(primary, shared_settings)
    primary.dispose()
    replica.catch_up()
    name = make_url(database_url_of(shared_settings)).database or ""
    there = gathered.settings.model_copy(update={"database_url": SecretStr(replica.url(name))})
    standby = make_engine(there)
    yield replace(gathered, engine=standby, settings=there)
    standby.dispose()


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.function.__qualname__)
def test_every_write_says_why_not(write: Write, team: Team) -> None:
    refused: object
    try:
        done = write.do(team, OPERATOR, team.settings)
    except PermissionDenied as error:
        refused = error
    else:
        refused = rephrased(done)
    assert isinstance(refused, PermissionDenied) or str(refused) == "The database does not allow this."


def rephrased(done: object) -> object:
    """The reason where it is no exception: of a run in the background, and beside each job that was kept."""
    if isinstance(done, BackgroundRun):
        done.join(20)
        return done.error
    assert isinstance(done, DeletionResult)
    [(_, reason)] = done.kept
    return reason


def test_the_hub_polls_and_still_sees_changes(
    there: Settings, standby_engine: Engine, made: MadeJob, engine: Engine
) -> None:
    hub = Hub(standby_engine, there)
    hub.start()
    try:
        wait_until(lambda: hub.state.kind is HubKind.POLLING, timeout=20, what="polling")
        shows_the_truth(hub, engine)
        make_job(engine, step="planner", status="running", variants=[("planner", "done")])
        with engine.begin() as primary:
            primary.execute(update(jobs_variants).values(current_step="vlm_judge", status="done"))
        shows_the_truth(hub, engine)
    finally:
        hub.stop()


def test_the_live_test_refuses_with_the_reason(there: Settings) -> None:
    with open_context(there) as context, pytest.raises(PermissionDenied):
        probe_trigger(context, OPERATOR)


def test_the_doctor_names_the_replica(there: Settings) -> None:
    with open_context(there) as context:
        check_report = run_checks(context, ALL_CHECKS)
    told = " ".join(str(result.finding) for result in check_report)
    assert "replica" in told
    assert check_report.outcome is CheckOutcome.FAILED
