"""Reports and statuses are planned once per server connection, and right whatever happened to that one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg2.errors import FeatureNotSupported
from sqlalchemy import Connection, Engine, String, bindparam, event, func, insert, literal, select, text
from sqlalchemy.exc import DBAPIError

from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.db.engine import capabilities, make_engine, reading, writing
from feedly_core.db.job_rows import read_statuses
from feedly_core.db.prepared import GIVEN, MOST, PREFIX
from feedly_core.db.query_budget import budget_of
from feedly_core.domain import tables as t
from feedly_core.domain.pipeline import LAST_STEP
from feedly_core.errors import MissingInSchema, QueryFailed, QueryTimedOut
from feedly_core.results.report import job_report
from feedly_core.results.report_types import JobReport
from feedly_core.settings import Settings, load_settings
from tests.factories import MadeJob, write_job
from tests.faults.proxy import proxied, socket_of, through
from tests.plan_guard import Statements, counted, rows_scanned

LEFT = text(
    "SELECT name, generic_plans, custom_plans FROM pg_prepared_statements WHERE starts_with(name, :prefix)"
).bindparams(prefix=PREFIX)
TONES = select(t.tone_styles.c.kor_name).order_by(t.tone_styles.c.pk)


def left(connection: Connection) -> dict[str, tuple[int, int]]:
    """What is prepared on this server connection: executions with a kept plan, and with one of their own."""
    return {row.name: (row.generic_plans, row.custom_plans) for row in connection.execute(LEFT)}


def plans(engine: Engine) -> list[tuple[int, int]]:
    with reading(engine) as connection:
        return list(left(connection).values())


def report_of(engine: Engine, job: MadeJob) -> JobReport:
    with reading(engine) as connection:
        return job_report(connection, job.job_id)


def told(report: JobReport) -> list[object]:
    return [(one.variant_id, one.overlay, one.judgement, one.ocr, one.overlaid) for one in report.variants]


@pytest.fixture
def job(engine: Engine) -> MadeJob:
    return write_job(engine)


@pytest.fixture
def plainly(engine: Engine, job: MadeJob) -> list[object]:
    """What the plain statement answers: in a transaction that may write nothing is prepared."""
    with writing(engine) as connection:
        answer = told(job_report(connection, job.job_id))
        assert left(connection) == {}
    return answer


def test_a_second_report_is_executed_as_the_first_was_planned(
    engine: Engine, job: MadeJob, plainly: list[object]
) -> None:
    other = write_job(engine, variants=1)
    with counted(engine) as sent:
        assert told(report_of(engine, job)) == plainly
        assert plans(engine) == [(1, 0)]
        assert [one.variant_id for one in report_of(engine, other).variants] == list(other.variant_ids)
    assert plans(engine) == [(2, 0)]
    reports = [statement for statement, _ in sent.sent if statement.startswith("WITH")]
    assert len(reports) == 2, "who counts statements sees the question itself"


def test_statuses_are_planned_once_too(engine: Engine, job: MadeJob) -> None:
    now = datetime.now(UTC)
    with writing(engine) as connection:
        plain = read_statuses(connection, [job.job_id], now)
    for times in (1, 2):
        with reading(engine) as connection:
            assert read_statuses(connection, [job.job_id], now) == plain
        assert plans(engine) == [(times, 0)]


def test_neither_preparing_nor_executing_takes_a_round_trip_more(database_url: str, job: MadeJob) -> None:
    with proxied(socket_of(database_url)) as proxy:
        engine = make_engine(load_settings(DATABASE_URL=through(database_url, proxy.port).get_secret_value()))
        with reading(engine) as connection:
            capabilities(connection)
        for _ in ("prepared", "executed"):
            before = proxy.round_trips
            report_of(engine, job)
            assert proxy.round_trips - before == 3, "begin, question, end"
        assert plans(engine) == [(2, 0)]
        engine.dispose()


def test_the_kept_plan_scans_no_more_rows(postgres: EmbeddedPostgres, filled_template: str) -> None:
    """On 3,000 jobs, as the budgets are measured."""
    engine = make_engine(load_settings(DATABASE_URL=postgres.create_database("prepared", filled_template)))
    newest = select(t.jobs.c.job_id).where(t.jobs.c.current_step == LAST_STEP).order_by(t.jobs.c.created_at)
    with reading(engine) as connection:
        for job_id in connection.scalars(newest.limit(3)).all():
            job_report(connection, job_id)
            [name] = left(connection)
            given = {"job": job_id, "of_jobs": f"{{{job_id}}}"}
            sent = Statements([(f"EXECUTE {name} (%(job)s, %(of_jobs)s)", given)])
            budget = budget_of(job_report)
            assert budget is not None
            assert 0 < max(rows_scanned(connection, sent).values()) <= budget.rows
    engine.dispose()


def test_somebody_else_has_discarded_all(engine: Engine, job: MadeJob, plainly: list[object]) -> None:
    report_of(engine, job)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("DISCARD ALL"))
        assert told(job_report(connection, job.job_id)) == plainly, "nobody asked what is prepared"
    assert plans(engine) == []
    assert told(report_of(engine, job)) == plainly
    assert plans(engine) == [(1, 0)]


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE overlay_layouts ADD COLUMN mood text",
        "ALTER TABLE txt_ad_copy_generations ALTER COLUMN status TYPE varchar(90)",
        "ALTER TABLE jobs RENAME TO of_jobs; CREATE VIEW jobs AS SELECT * FROM of_jobs",
        "CREATE INDEX ON overlay_layouts (created_at); ANALYZE",
    ],
)
def test_the_schema_has_changed(engine: Engine, job: MadeJob, plainly: list[object], change: str) -> None:
    report_of(engine, job)
    with writing(engine) as connection:
        connection.execute(text(change))
    assert told(report_of(engine, job)) == plainly
    assert plans(engine) == [(2, 0)]


def test_a_dropped_column_is_named_and_missed_no_longer(engine: Engine, job: MadeJob) -> None:
    report_of(engine, job)
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE jobs DROP COLUMN retry_count"))
    for _ in ("prepared", "plain"):
        with pytest.raises(MissingInSchema, match="retry_count"):
            report_of(engine, job)
    with reading(engine) as connection:
        capabilities(connection, fresh=True)
    assert [one.variant_id for one in report_of(engine, job).variants] == list(job.variant_ids)
    assert (1, 0) in plans(engine), "the new generation's is prepared"


def asked_kept(connection: Connection, statement: Any, **given: object) -> list[Any]:
    """What a statement answers that is to be prepared."""
    options = {GIVEN: tuple(given)}
    return list(connection.execute(statement, given, execution_options=options).scalars())


def test_only_a_handful_is_left_on_a_server_connection(engine: Engine) -> None:
    names = [f"말투 {number}" for number in range(MOST + 3)]
    with writing(engine) as connection:
        connection.execute(insert(t.tone_styles), [{"kor_name": name} for name in names])
    for _ in range(2):
        for number in range(1, len(names) + 1):
            with reading(engine) as connection:
                assert asked_kept(connection, TONES.limit(number)) == names[:number]
                assert len(left(connection)) <= MOST
    assert len(plans(engine)) == MOST


def test_values_reach_a_kept_statement_whole(engine: Engine) -> None:
    odd = ("100% '%(x)s' \\ $1 말", "", None, "7")
    query = select(bindparam("said", type_=String) + literal("%'\\%%"))
    for said in odd:
        with reading(engine) as connection:
            expected = None if said is None else said + "%'\\%%"
            assert asked_kept(connection, query, said=said) == [expected]
    assert plans(engine) == [(len(odd), 0)]


def test_the_bounds_of_an_answer_hold(settings: Settings) -> None:
    small = make_engine(settings.model_copy(update={"read_max_rows": 10, "read_memory_mb": 1}))
    with writing(small) as connection:
        connection.execute(
            text("INSERT INTO tone_styles (kor_name) SELECT repeat('x', 50) FROM generate_series(1, 11)")
        )
    for _ in ("prepared", "executed"):
        with pytest.raises(QueryFailed, match="more than 10 rows"), reading(small) as connection:
            asked_kept(connection, TONES)
        wide = select(func.repeat("x", 300_000)).select_from(t.tone_styles).limit(10)
        with pytest.raises(QueryFailed, match="larger than 1 MB"), reading(small) as connection:
            asked_kept(connection, wide)
    assert plans(small) == [(2, 0), (2, 0)]
    small.dispose()


def test_an_error_inside_a_savepoint_leaves_the_transaction_usable(engine: Engine, job: MadeJob) -> None:
    ratio = select(1 / bindparam("by", type_=t.jobs_variants.c.creation_order.type))
    with reading(engine) as connection:
        for number in range(MOST):
            asked_kept(connection, TONES.limit(number + 1))
        with pytest.raises(DBAPIError, match="division by zero"), connection.begin_nested():
            asked_kept(connection, ratio, by=0)
        assert asked_kept(connection, ratio, by=1) == [1]
        assert asked_kept(connection, TONES.limit(MOST + 1)) == asked_kept(connection, TONES)
        assert len(job_report(connection, job.job_id).variants) == 3


def test_after_an_error_the_statement_is_sent_plainly(engine: Engine) -> None:
    """A plan may fit the values of this time badly."""
    sleep = select(func.pg_sleep(bindparam("seconds", type_=t.evaluations.c.pk.type)).cast(String))
    with reading(engine) as connection:
        asked_kept(connection, sleep, seconds=0)
    with pytest.raises(QueryTimedOut), reading(engine, 50) as connection:
        asked_kept(connection, sleep, seconds=30)
    with reading(engine) as connection:
        asked_kept(connection, sleep, seconds=0)
    assert plans(engine) == [(2, 0)]


@pytest.fixture
def refusing(settings: Settings) -> Iterator[Engine]:
    """As through a proxy that knows no PREPARE."""
    engine = make_engine(settings)

    def refuse(connection: Any, _record: object) -> None:
        class Refusing(connection.cursor_factory):  # type: ignore[misc]
            def execute(self, query: Any, vars: Any = None) -> None:
                if b"PREPARE " in (query if isinstance(query, bytes) else query.encode()):
                    raise FeatureNotSupported("PREPARE is not supported")
                super().execute(query, vars)

        connection.cursor_factory = Refusing

    event.listen(engine, "connect", refuse)
    yield engine
    engine.dispose()


def test_where_nothing_can_be_prepared_one_report_fails_and_the_next_are_right(
    refusing: Engine, job: MadeJob, plainly: list[object]
) -> None:
    with pytest.raises(QueryFailed) as raised:
        report_of(refusing, job)
    assert "PREPARE is not supported" in str(raised.value.detail)
    for _ in range(2):
        assert told(report_of(refusing, job)) == plainly
