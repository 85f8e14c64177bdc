"""The dashboard's own sessions are named as such and never suspects, however long they have run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import psycopg2
import pytest
from psycopg2.extensions import connection as Session

from dashboard.server import startup
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine
from feedly_core.diagnostics.check import CheckOutcome, Finding
from feedly_core.diagnostics.check_report import run_checks
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.diagnostics.checks.blockers import blockers
from feedly_core.diagnostics.context import open_context
from feedly_core.diagnostics.thresholds import Thresholds
from feedly_core.domain.contract import DASHBOARD_APPLICATION
from feedly_core.live.snapshot import HubKind
from tests.faults.breaking import a_job, count
from tests.faults.world import PATIENT, World
from tests.waiting import wait_until

OLDER_THAN_ALL = replace(
    PATIENT,
    lock_wait=0.0,
    idle_in_transaction=0.0,
    listener_in_transaction=0.0,
    stalled_after=0.0,
    rollup_after=0.0,
)
"""Every duration is over at once: as on a dashboard that has run longer than each threshold."""

IDLE_IN_TRANSACTION = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    f" AND application_name LIKE '{DASHBOARD_APPLICATION}%' AND state LIKE 'idle in transaction%'"
)


def test_a_dashboard_that_has_run_longer_than_every_threshold_accuses_nobody(world: World) -> None:
    engine = make_engine(world.settings)
    own_schema.install(engine)
    engine.dispose()
    dashboard = startup.start(world.settings)
    dashboard.wait(60)
    hub = dashboard.hub
    assert hub is not None
    wait_until(lambda: hub.state.kind is HubKind.LIVE, 30)
    wait_until(lambda: count(world, IDLE_IN_TRANSACTION) > 0, 30, "the lock of a shared duty")
    try:
        with open_context(world.settings, OLDER_THAN_ALL) as context:
            report = run_checks(context, ALL_CHECKS)
    finally:
        startup.close()
    assert [
        (result.check.key, str(result.finding.found))
        for result in report
        if result.outcome is not CheckOutcome.OK
    ] == []


@pytest.fixture
def sessions(world: World) -> Iterator[dict[str, Session]]:
    """Three sessions: two of the dashboard, one of somebody else."""
    names = {"ours": f"{DASHBOARD_APPLICATION} x", "ours too": DASHBOARD_APPLICATION, "theirs": "psql"}
    opened = {name: psycopg2.connect(world.url, application_name=app) for name, app in names.items()}
    yield opened
    for session in opened.values():
        session.close()


def held_back(world: World, thresholds: Thresholds) -> Finding:
    with open_context(world.settings, thresholds) as context:
        return blockers(context)


@pytest.mark.parametrize(
    ("holder", "waiter", "cause"),
    [
        ("ours", "theirs", "blocked_by_dashboard"),
        ("ours", "ours too", ""),
        ("theirs", "ours", "blocked"),
    ],
)
def test_who_keeps_whom_waiting(
    world: World, sessions: dict[str, Session], holder: str, waiter: str, cause: str
) -> None:
    variant = a_job(world)
    statement = f"UPDATE jobs_variants SET selected = true WHERE job_variants_id = '{variant}'"
    sessions[holder].cursor().execute(statement)
    name = sessions[waiter].info.dsn_parameters["application_name"]
    with closing(psycopg2.connect(world.url, application_name=name, async_=True)) as waiting:
        wait_until(lambda: waiting.poll() == psycopg2.extensions.POLL_OK)
        waiting.cursor().execute(statement)
        blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        wait_until(lambda: count(world, blocked) > 0, 10, "the wait")
        finding = held_back(world, replace(OLDER_THAN_ALL, idle_in_transaction=3600.0))
        sessions[holder].rollback()
    assert finding.cause == cause
    terminates = "pg_terminate_backend" in (finding.fix.sql if finding.fix else "")
    assert terminates == (cause == "blocked")


def test_a_foreign_transaction_left_open_is_still_a_suspect(
    world: World, sessions: dict[str, Session]
) -> None:
    for session in sessions.values():
        session.cursor().execute("SELECT 1")
    finding = held_back(world, OLDER_THAN_ALL)
    assert finding.cause == "idle_in_transaction"
    assert finding.fix is not None
    ended = str(sessions["theirs"].info.backend_pid)
    assert finding.fix.sql == f"SELECT pg_terminate_backend({ended});"
