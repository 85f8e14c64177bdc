"""Transactions keep their limits; each failure of the database has its own words, none a password."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import Connection, Engine, insert, select, text, update
from sqlalchemy.engine import make_url

from dashboard.demo.postgres import EmbeddedPostgres
from feedly_core.db.engine import (
    LOCK_TIMEOUT_MS,
    capabilities,
    make_engine,
    or_null,
    present,
    reading,
    verify_feedly,
    writing,
)
from feedly_core.domain.tables import jobs, tenants
from feedly_core.errors import (
    DatabaseUnreachable,
    FeedlyError,
    InvalidInput,
    MissingInSchema,
    NotFeedlyDatabase,
    PermissionDenied,
    QueryFailed,
    QueryTimedOut,
    RowLocked,
    SettingsInvalid,
)
from feedly_core.i18n import LANGUAGES
from feedly_core.results.report import job_report
from feedly_core.settings import load_settings
from tests.factories import make_job
from tests.faults.proxy import proxied, socket_of, through
from tests.waiting import wait_until

PASSWORD = "geheim-4711"


def failure_of(url: str, statement: str = "SELECT 1") -> FeedlyError:
    """The error that one statement on ``url`` ends with; no language may show the password."""
    engine = make_engine(load_settings(DATABASE_URL=url))
    try:
        with pytest.raises(FeedlyError) as caught, reading(engine) as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()
    for language in LANGUAGES:
        assert PASSWORD not in " ".join(caught.value.sentences(language))
    assert caught.value.hint is not None
    return caught.value


def asked_for_password(postgres: EmbeddedPostgres, role: str) -> None:
    """Make the server ask ``role`` for its password; all others come in as before."""
    with contextlib.closing(psycopg2.connect(postgres.url("postgres"))) as admin, admin.cursor() as cursor:
        cursor.execute("SHOW hba_file")
        shown = cursor.fetchone()
        assert shown is not None
        file = Path(shown[0])
        rule = f"local all {role} scram-sha-256\n"
        if rule not in file.read_text():
            file.write_text(rule + file.read_text())
        cursor.execute("SELECT pg_reload_conf()")
        admin.commit()


@pytest.fixture
def role_with_password(postgres: EmbeddedPostgres, database_url: str) -> Iterator[str]:
    """URL for a role without any right whose password is PASSWORD."""
    role = "feedly_guest"
    with contextlib.closing(psycopg2.connect(postgres.url("postgres"))) as admin, admin.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD %s", (PASSWORD,))
        admin.commit()
        asked_for_password(postgres, role)
        url = make_url(database_url).set(username=role, password=PASSWORD)
        yield url.render_as_string(hide_password=False)
        cursor.execute(f"DROP ROLE {role}")
        admin.commit()


# Connecting


def test_without_an_address_there_is_no_engine() -> None:
    with pytest.raises(SettingsInvalid, match="DATABASE_URL is not set"):
        make_engine(load_settings(DATABASE_URL=None))


@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid:5432"])
def test_a_server_that_is_not_there(host: str) -> None:
    error = failure_of(f"postgresql://feedlyai:{PASSWORD}@{host}/feedlyai")
    assert isinstance(error, DatabaseUnreachable)
    assert "cannot be reached" in str(error)


def test_a_database_that_is_not_there(postgres: EmbeddedPostgres) -> None:
    error = failure_of(postgres.url("nowhere"))
    assert isinstance(error, DatabaseUnreachable)
    assert "not the database or user" in str(error)
    assert "nowhere" in str(error)


def test_a_wrong_password(role_with_password: str) -> None:
    wrong = role_with_password.replace(PASSWORD, f"{PASSWORD}-no")
    wait_until(lambda: "refused the user name or password" in str(_connects(wrong)))
    error = failure_of(wrong)
    assert isinstance(error, DatabaseUnreachable)
    assert "refused the user name or password" in str(error)


def _connects(url: str) -> FeedlyError | None:
    engine = make_engine(load_settings(DATABASE_URL=url))
    try:
        with reading(engine):
            return None
    except FeedlyError as error:
        return error
    finally:
        engine.dispose()


def test_the_server_cuts_a_connection_and_the_next_question_works(engine: Engine, database_url: str) -> None:
    with pytest.raises(DatabaseUnreachable), reading(engine) as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
        with contextlib.closing(psycopg2.connect(database_url)) as admin, admin.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", (pid,))
        connection.execute(text("SELECT 1"))
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def test_connections_cut_while_idle_are_replaced_unnoticed(engine: Engine, database_url: str) -> None:
    with reading(engine) as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
    with contextlib.closing(psycopg2.connect(database_url)) as admin, admin.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", (pid,))
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) != pid


def test_a_transaction_costs_two_round_trips_beside_its_questions(database_url: str) -> None:
    with proxied(socket_of(database_url)) as proxy:
        engine = make_engine(load_settings(DATABASE_URL=through(database_url, proxy.port)))
        for begin in (reading, writing):
            with begin(engine) as connection:
                before = proxy.round_trips
                assert connection.scalar(text("SELECT 1")) == 1
            with begin(engine) as connection:
                assert connection.scalar(text("SELECT 2")) == 2
            assert proxy.round_trips - before == 2 + 3, begin
        engine.dispose()


def test_what_fails_in_a_transaction_is_taken_back_and_ends_it(engine: Engine) -> None:
    for broken in ("SELECT 1/0", "CREATE TABLE left_over (n int)"):
        with pytest.raises((FeedlyError, KeyboardInterrupt)), writing(engine) as connection:
            connection.execute(text("CREATE TABLE left_over (n int)"))
            connection.execute(text(broken))
    with pytest.raises(KeyboardInterrupt), writing(engine) as connection:
        connection.execute(text("CREATE TABLE left_over (n int)"))
        raise KeyboardInterrupt
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT to_regclass('left_over')")) is None
        open_ones = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        waiting = connection.scalar(text(open_ones + " AND state LIKE 'idle in transaction%'"))
    assert waiting == 0, "no connection goes back to the pool within a transaction"


def test_no_more_than_ten_connections_at_once(database_url: str) -> None:
    engine = make_engine(load_settings(DATABASE_URL=database_url, FEEDLY_STATEMENT_TIMEOUT_MS=200))
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(reading(engine))
        with pytest.raises(DatabaseUnreachable, match="connections are busy"), reading(engine):
            pass
    engine.dispose()


# A transaction's limits


def test_a_transaction_sets_its_limits_and_leaves_none_behind(engine: Engine) -> None:
    shown = text(
        "SELECT current_setting('TimeZone'), current_setting('statement_timeout'),"
        " current_setting('lock_timeout'), current_setting('transaction_read_only'), current_setting('jit')"
    )
    with reading(engine) as connection:
        limits = ("UTC", "5s", f"{LOCK_TIMEOUT_MS // 1000}s", "on", "off")
        assert tuple(connection.execute(shown).one()) == limits
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
    with engine.connect() as connection:  # the pool's same connection, outside reading()
        assert connection.scalar(text("SELECT pg_backend_pid()")) == pid
        assert tuple(connection.execute(shown).one())[1:4] == ("0", "0", "off")


def test_the_server_sees_who_we_are(engine: Engine) -> None:
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT current_setting('application_name')")) == "feedly-dashboard"


def test_a_slow_query_is_stopped(database_url: str) -> None:
    engine = make_engine(load_settings(DATABASE_URL=database_url, FEEDLY_STATEMENT_TIMEOUT_MS=100))
    with pytest.raises(QueryTimedOut, match="took too long"), reading(engine) as connection:
        connection.execute(text("SELECT pg_sleep(30)"))
    engine.dispose()


def test_reading_cannot_write(engine: Engine) -> None:
    with pytest.raises(PermissionDenied), reading(engine) as connection:
        connection.execute(insert(tenants).values(tenant_id="x"))


def test_a_read_only_dashboard_refuses_before_it_connects() -> None:
    engine = make_engine(load_settings(DATABASE_URL="postgresql://h:1/d", FEEDLY_READ_ONLY="1"))
    with pytest.raises(PermissionDenied, match="read-only"), writing(engine):
        pass


def test_a_broken_block_writes_nothing(engine: Engine) -> None:
    with pytest.raises(RuntimeError), writing(engine) as connection:
        connection.execute(insert(tenants).values(tenant_id="x"))
        raise RuntimeError
    with reading(engine) as connection:
        assert connection.execute(select(tenants)).all() == []


# The server's refusals


def test_a_row_that_a_worker_holds(engine: Engine) -> None:
    make_job(engine, variants=0)
    with engine.connect() as worker:
        worker.execute(select(jobs).with_for_update())
        with pytest.raises(RowLocked, match="nothing was changed"), writing(engine) as connection:
            connection.execute(update(jobs).values(retry_count=1))


def test_a_deadlock(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(tenants), [{"tenant_id": "a"}, {"tenant_id": "b"}])
    barrier = threading.Barrier(2)
    errors: list[FeedlyError] = []

    def change(first: str, second: str) -> None:
        try:
            with writing(engine) as connection:
                connection.execute(text("SET LOCAL lock_timeout = '30s'"))
                connection.execute(text("SET LOCAL deadlock_timeout = '10ms'"))
                for number, name in enumerate((first, second)):
                    if number:
                        barrier.wait(10)
                    statement = update(tenants).where(tenants.c.tenant_id == name)
                    connection.execute(statement.values(display_name=first))
        except FeedlyError as error:
            errors.append(error)

    threads = [threading.Thread(target=change, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [type(error) for error in errors] == [RowLocked]


def test_a_missing_right(role_with_password: str) -> None:
    error = failure_of(role_with_password, "SELECT * FROM jobs")
    assert isinstance(error, PermissionDenied)
    assert "permission denied for table jobs" in str(error)


@pytest.mark.parametrize("statement", ["SELECT rank FROM jobs", "SELECT 1 FROM stories"])
def test_something_an_older_schema_lacks(database_url: str, statement: str) -> None:
    assert isinstance(failure_of(database_url, statement), MissingInSchema)


def test_any_other_refusal_keeps_the_servers_words(database_url: str) -> None:
    error = failure_of(database_url, "SELECT 1 / 0")
    assert isinstance(error, QueryFailed)
    assert "division by zero" in str(error)


def test_a_broken_rule_of_the_data_is_told_and_nothing_is_written(engine: Engine) -> None:
    with pytest.raises(QueryFailed, match="foreign key"), writing(engine) as connection:
        connection.execute(insert(jobs).values(tenant_id="nobody"))


@pytest.mark.parametrize("typed", ["a\x00b", "a\ud800b"], ids=["NUL", "lone surrogate"])
def test_text_that_no_database_can_hold(engine: Engine, typed: str) -> None:
    with pytest.raises(InvalidInput, match="character"), reading(engine) as connection:
        connection.execute(select(tenants).where(tenants.c.tenant_id == typed))


# What this database has


def test_the_current_schema_is_feedlys(connection: Connection) -> None:
    verify_feedly(connection)


def test_an_empty_database_is_not(empty_database_url: str) -> None:
    engine = make_engine(load_settings(DATABASE_URL=empty_database_url))
    with pytest.raises(NotFeedlyDatabase, match="jobs, jobs_variants"), reading(engine) as connection:
        verify_feedly(connection)
    engine.dispose()


def test_half_a_schema_is_named(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE jobs_variants DROP COLUMN creation_order"))
    with (
        pytest.raises(NotFeedlyDatabase, match=r"jobs_variants\.creation_order"),
        reading(engine) as connection,
    ):
        verify_feedly(connection)


def test_a_missing_column_reads_as_null(engine: Engine) -> None:
    make_job(engine, variants=0, retry_count=4)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE jobs DROP COLUMN retry_count"))
    with reading(engine) as connection:
        capable = capabilities(connection)
        assert not capable.has("jobs", "retry_count")
        assert "retry_count" not in [column.name for column in present(jobs, capable)]
        row = connection.execute(select(*present(jobs, capable), or_null(jobs.c.retry_count, capable))).one()
    assert row.retry_count is None
    assert row.status == "done"


def test_the_catalogue_is_asked_once_a_minute(engine: Engine) -> None:
    with reading(engine) as connection:
        assert capabilities(connection) is capabilities(connection)
        assert capabilities(connection, fresh=True) is capabilities(connection)


def test_a_role_without_rights_is_told_so(role_with_password: str) -> None:
    engine = make_engine(load_settings(DATABASE_URL=role_with_password))
    with (
        pytest.raises(PermissionDenied, match=r"may not read.*jobs_variants"),
        reading(engine) as connection,
    ):
        verify_feedly(connection)
    engine.dispose()


def test_a_table_closed_to_the_role_is_as_good_as_missing(engine: Engine, role_with_password: str) -> None:
    role = make_url(role_with_password).username
    with engine.begin() as connection:
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"))
        connection.execute(text(f"REVOKE SELECT ON llm_traces FROM {role}"))
    guest = make_engine(load_settings(DATABASE_URL=role_with_password))
    made = make_job(engine)
    with reading(guest) as connection:
        verify_feedly(connection)
        assert not capabilities(connection).has_table("llm_traces")
        assert job_report(connection, made.job_id).feed is not None
    guest.dispose()
    with engine.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {role}"))
