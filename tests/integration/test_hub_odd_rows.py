"""One odd value costs at most its own job: the hub goes on for everybody else."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text, update

from feedly_core.db.background import duty_health
from feedly_core.diagnostics.check import CheckOutcome
from feedly_core.diagnostics.checks import duties, row_times
from feedly_core.diagnostics.context import open_context
from feedly_core.domain.status import State
from feedly_core.domain.tables import jobs, jobs_variants
from feedly_core.live.hub import Hub
from feedly_core.settings import Settings
from tests.moving_job import MovingJob, moving_job
from tests.waiting import wait_until

_TIMES = ("infinity", "-infinity", "294276-12-31 23:59:59+00", "4713-01-01 00:00:00+00 BC")
_LATENCIES = ('"12.3 ms"', '"NaN"', "1e400", "-5", "null", "[]", '{"ms": 3}')


@pytest.fixture
def odd(engine: Engine) -> MovingJob:
    return moving_job(engine)


def goes_on(hub: Hub, engine: Engine) -> None:
    """Another job is received, shown, and found without a trigger."""
    other = moving_job(engine)
    other.move(0, "planner", "done")
    wait_until(lambda: finished(hub, other.job_id) == 3, what="another job being followed")


def finished(hub: Hub, job_id: UUID) -> int:
    views = [row.view for row in hub.board().rows if row.view.job_id == job_id]
    return views[0].variants[0].status.finished if views else -1


def failing() -> dict[str, str]:
    return {one.name: one.error for one in duty_health() if one.failing_since}


@pytest.mark.parametrize("value", _TIMES)
@pytest.mark.parametrize("place", ["jobs.created_at", "jobs.updated_at", "jobs_variants.updated_at"])
def test_an_odd_time(
    start_hub: Callable[..., Hub], engine: Engine, odd: MovingJob, place: str, value: str
) -> None:
    table, column = place.split(".")
    with engine.begin() as connection:
        connection.execute(
            text(f"UPDATE {table} SET {column} = CAST(:value AS timestamptz) WHERE job_id = :job"),
            {"value": value, "job": odd.job_id},
        )
    hub = start_hub()
    goes_on(hub, engine)
    odd.move(1, "overlay", "done")
    goes_on(hub, engine)


@pytest.mark.usefixtures("our_schema")
def test_odd_latencies_leave_out_themselves(
    start_hub: Callable[..., Hub], engine: Engine, odd: MovingJob
) -> None:
    with engine.begin() as connection:
        for latency in (*_LATENCIES, *["200"] * 5):
            connection.execute(
                text(
                    "INSERT INTO evaluations (evaluation_id, job_id, evaluation_type, metrics)"
                    " VALUES (:id, :job, 'ocr', jsonb_build_object('latency_ms', CAST(:latency AS jsonb)))"
                ),
                {"id": uuid4(), "job": odd.job_id, "latency": latency},
            )
        for latency in ("Infinity", "NaN", "-Infinity"):
            connection.execute(
                text(
                    "INSERT INTO llm_traces (llm_trace_id, job_id, operation_type, latency_ms)"
                    " VALUES (:id, :job, 'feed_gen', CAST(:latency AS float8))"
                ),
                {"id": uuid4(), "job": odd.job_id, "latency": latency},
            )
    hub = start_hub()
    wait_until(lambda: hub.metrics is not None and "ocr_eval" in hub.history.steps)
    assert hub.history.steps["ocr_eval"].median == 0.2 and "instagram_feed_gen" not in hub.history.steps
    goes_on(hub, engine)
    assert failing() == {}


@pytest.mark.usefixtures("our_schema")
def test_a_broken_table_of_ours_costs_only_what_it_remembers(
    start_hub: Callable[..., Hub], engine: Engine, settings: Settings
) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE feedly_dashboard.campaign_jobs RENAME COLUMN job_id TO odd"))
        connection.execute(text("ALTER TABLE feedly_dashboard.step_events RENAME COLUMN seen_at TO odd"))
    hub = start_hub()
    goes_on(hub, engine)
    broken = {"hub own records", "hub durations", "hub throughput"}
    wait_until(lambda: broken <= failing().keys())
    with open_context(settings) as context:
        finding = duties.duties(context)
    assert finding.cause == "duty_failing" and broken <= {str(row[0]) for row in finding.rows}


def test_rows_without_any_time_are_shown(
    start_hub: Callable[..., Hub], engine: Engine, odd: MovingJob
) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE jobs_variants SET created_at = NULL, updated_at = NULL WHERE job_id = :job"),
            {"job": odd.job_id},
        )
    hub = start_hub()
    wait_until(lambda: finished(hub, odd.job_id) >= 0, what="the job on the board")
    goes_on(hub, engine)


@pytest.mark.parametrize("hours", [9.0, 5.5])
def test_a_fresh_job_whose_service_loses_the_zone_is_no_standstill(
    start_hub: Callable[..., Hub], engine: Engine, settings: Settings, odd: MovingJob, hours: float
) -> None:
    """Nine hours before its own creation: judged by its creation, then by what was received."""
    early = text("clock_timestamp() - make_interval(secs => :seconds)").bindparams(seconds=hours * 3600)
    with engine.begin() as connection:
        for table in (jobs, jobs_variants):
            connection.execute(update(table).where(table.c.job_id == odd.job_id).values(updated_at=early))
    hub = start_hub()
    wait_until(lambda: finished(hub, odd.job_id) >= 0, what="the job on the board")
    (row,) = hub.board().rows
    assert row.view.status.state is State.WORKING and row.problems == ()
    with open_context(settings) as context:
        finding = row_times.zones(context)
    assert (finding.outcome, finding.cause) == (CheckOutcome.WARNING, "zone_lost")
    assert ("jobs_variants", "3") in finding.rows
    assert finding.fix is not None
    assert finding.fix.sql.count("SELECT") == 2
    with engine.begin() as connection:
        connection.execute(update(jobs).values(updated_at=text("clock_timestamp()")))
        connection.execute(update(jobs_variants).values(updated_at=text("clock_timestamp()")))
    with open_context(settings) as context:
        assert row_times.zones(context).outcome is CheckOutcome.OK
