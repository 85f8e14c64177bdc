"""Behind PgBouncer in transaction mode, with a direct connection for LISTEN beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg2
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text

from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine, reading, verify_feedly
from feedly_core.jobs.cleanup import JobSelection, delete_jobs, plan_deletion
from feedly_core.jobs.create import create_job
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures
from feedly_core.live.hub import Hub
from feedly_core.live.overview import board_without_hub
from feedly_core.live.snapshot import HubKind
from feedly_core.permissions import Person, Role
from feedly_core.results.report import job_report
from feedly_core.settings import Settings
from tests.factories import make_job
from tests.faults.pooler import needs_pgbouncer, pgbouncer
from tests.moving_job import moving_job
from tests.waiting import wait_until

pytestmark = needs_pgbouncer

OPERATOR = Person("kim", Role.OPERATOR)
SHOWN = (
    "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),"
    " current_setting('transaction_read_only')"
)


@pytest.fixture
def pooled(settings: Settings, database_url: str) -> Iterator[Settings]:
    """One server connection for all clients, so that whatever leaks is met; start-up options are refused."""
    with pgbouncer(database_url, default_pool_size=1, ignore_startup_parameters="extra_float_digits") as url:
        addresses = {"database_url": SecretStr(url), "listen_database_url": SecretStr(database_url)}
        yield settings.model_copy(update=addresses)


@pytest.fixture
def pooled_engine(pooled: Settings) -> Iterator[Engine]:
    engine = make_engine(pooled)
    yield engine
    engine.dispose()


def test_a_transactions_limits_never_reach_another_client(pooled: Settings, pooled_engine: Engine) -> None:
    assert pooled.database_url is not None
    with contextlib.closing(psycopg2.connect(pooled.database_url.get_secret_value())) as other:
        other.autocommit = True
        with other.cursor() as cursor:
            cursor.execute(SHOWN)
            untouched = cursor.fetchone()
            with reading(pooled_engine) as connection:
                assert tuple(connection.execute(text(SHOWN)).one()) == ("5s", "1s", "on")
            cursor.execute(SHOWN)
            assert cursor.fetchone() == untouched


def test_ten_clients_share_one_connection(pooled_engine: Engine) -> None:
    made = make_job(pooled_engine)

    def ask(_: int) -> UUID:
        with reading(pooled_engine) as connection:
            return job_report(connection, made.job_id).job.job_id

    with ThreadPoolExecutor(10) as threads:
        assert set(threads.map(ask, range(50))) == {made.job_id}


def test_two_dashboards_share_what_is_prepared_on_two_connections(
    settings: Settings, database_url: str
) -> None:
    """Each transaction may meet a server connection that the other has prepared, discarded or never seen."""
    with pgbouncer(database_url, default_pool_size=2) as url:
        address = settings.model_copy(update={"database_url": SecretStr(url)})
        dashboards = (make_engine(address), make_engine(address))
        made = [make_job(dashboards[0], variants=number) for number in (1, 2, 3)]

        def ask(turn: int) -> bool:
            job, dashboard = made[turn % 3], dashboards[turn % 2]
            if turn % 7 == 0:
                with dashboard.execution_options(isolation_level="AUTOCOMMIT").connect() as other:
                    other.execute(text("DISCARD ALL" if turn % 2 else "DEALLOCATE ALL"))
            with reading(dashboard) as connection:
                report = job_report(connection, job.job_id)
                names = connection.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
            return [one.variant_id for one in report.variants] == list(job.variant_ids) and names == 1

        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(ask, range(200)))
        for dashboard in dashboards:
            dashboard.dispose()


def test_a_job_is_made_watched_and_removed(pooled: Settings, pooled_engine: Engine) -> None:
    own_schema.install(pooled_engine)
    order = JobRequest(
        JobKind.FULL, "pooler_test_tenant", (sample_pictures()[0],), "따끈한 국물", start=False
    )
    assert pooled.assets_dir is not None
    now = datetime.now(UTC)
    made = create_job(
        pooled_engine,
        order,
        key=uuid4(),
        assets_dir=pooled.assets_dir,
        person=OPERATOR,
        settings=pooled,
        now=now,
    )
    with reading(pooled_engine) as connection:
        verify_feedly(connection)
        assert [row.view.job_id for row in board_without_hub(connection, now).rows] == [made.job_id]
        assert plan_deletion(connection, JobSelection(), pooled.assets_dir, pooled).jobs
    result = delete_jobs(
        pooled_engine, [made.job_id], assets_dir=pooled.assets_dir, person=OPERATOR, settings=pooled
    )
    assert (result.removed, result.kept) == (1, ())


def test_the_hub_is_live_through_the_direct_connection(pooled: Settings, pooled_engine: Engine) -> None:
    job = moving_job(pooled_engine)
    hub = Hub(pooled_engine, pooled)
    hub.start()
    try:
        wait_until(lambda: hub.state.kind is HubKind.LIVE, timeout=20, what="live")
        job.move(0, "vlm_analyze", "done")
        wait_until(lambda: hub.recent(job.job_id), timeout=20, what="the event")
        assert hub.state.kind is HubKind.LIVE
    finally:
        hub.stop()
