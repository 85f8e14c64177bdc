"""Ways to break one thing in a healthy world, and what a person does beside the printed commands."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from uuid import uuid4

import psycopg2
from sqlalchemy.engine import make_url

from feedly_core.diagnostics.trigger_needs import reference_function
from feedly_core.domain.contract import VARIANT_NOTIFY, PipelineTrigger
from tests.faults.pooler import pgbouncer
from tests.faults.stand_in import StandIn
from tests.faults.world import PATIENT, World
from tests.waiting import wait_until

Break = Callable[[World], AbstractContextManager[object]]


def sql(statement: str) -> Break:
    def broken(world: World) -> AbstractContextManager[object]:
        world.sql(statement)
        return nullcontext()

    return broken


def replaced(old: str, new: str, need: PipelineTrigger = VARIANT_NOTIFY) -> Break:
    """A function (the variants' unless said otherwise) with one part of its text replaced."""
    body = reference_function(need)
    assert old in body
    return sql(body.replace(old, new))


@contextmanager
def no_listener(world: World) -> Iterator[None]:
    world.stop_listener()
    wait_until(lambda: not _listeners(world), what="the listener's backend to be gone")
    yield


@contextmanager
def generation_deaf(world: World) -> Iterator[None]:
    world.stop_generation()
    gone = (
        "SELECT (NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND query LIKE 'LISTEN%job_state_changed%'))::int"
    )
    wait_until(lambda: count(world, gone), what="image generation's backend to be gone")
    yield


@contextmanager
def listener_elsewhere(world: World) -> Iterator[None]:
    world.stop_listener()
    wait_until(lambda: not _listeners(world))
    elsewhere = StandIn(world.make_database())
    world.listener = elsewhere
    yield


@contextmanager
def listener_stuck(world: World) -> Iterator[None]:
    world.stop_listener()
    wait_until(lambda: not _listeners(world))
    connection = psycopg2.connect(world.url, application_name="asyncpg listener")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("LISTEN job_variant_state_changed")
        cursor.execute("BEGIN")
        cursor.execute("LISTEN job_variant_state_changed")
    yield
    connection.close()


@contextmanager
def service_down(world: World) -> Iterator[None]:
    world.services["yh"].close()
    yield


@contextmanager
def service_slow(world: World) -> Iterator[None]:
    world.services["ye"].delay_s = PATIENT.service_slow + 0.1
    yield


@contextmanager
def service_silent(world: World) -> Iterator[None]:
    world.services["ye"].delay_s = 60.0
    yield


@contextmanager
def service_error(world: World) -> Iterator[None]:
    world.services["js"].status = 500
    yield


@contextmanager
def routes_hidden(world: World) -> Iterator[None]:
    world.services["js"].hides_routes = True
    yield


def routes_shown(world: World) -> None:
    world.services["js"].hides_routes = False


@contextmanager
def another_program(world: World) -> Iterator[None]:
    world.services["yh"].routes = ("/something/else",)
    yield


@contextmanager
def _as_role(world: World, statements: str) -> Iterator[None]:
    """Connect as a new role that ``statements`` give rights to (``{role}``)."""
    role = f"fault_{uuid4().hex[:12]}"
    world.sql(f"CREATE ROLE {role} LOGIN; {statements.format(role=role)}")
    world.variables["DATABASE_URL"] = (
        make_url(world.url).set(username=role).render_as_string(hide_password=False)
    )
    yield
    world.variables["DATABASE_URL"] = world.url
    world.sql(f"DROP OWNED BY {role}; DROP ROLE {role}")


EVERYTHING = (
    "GRANT ALL ON ALL TABLES IN SCHEMA public TO {role};"
    " GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role};"
)
SEES_ACTIVITY = "GRANT pg_read_all_stats TO {role};"


def role(statements: str) -> Break:
    return lambda world: _as_role(world, statements)


def limit_raised(world: World) -> None:
    name = make_url(str(world.variables["DATABASE_URL"])).username
    world.sql(f"ALTER ROLE {name} CONNECTION LIMIT -1")


@contextmanager
def behind_a_pooler(world: World) -> Iterator[None]:
    with pgbouncer(world.url) as pooled:
        world.variables["DATABASE_URL"] = pooled
        yield


@contextmanager
def listening_elsewhere(world: World) -> Iterator[None]:
    world.variables["LISTEN_DATABASE_URL"] = world.make_database()
    yield


@contextmanager
def listening_at_a_dead_address(world: World) -> Iterator[None]:
    world.variables["LISTEN_DATABASE_URL"] = "postgresql://postgres@127.0.0.1:1/feedlyai"
    yield


@contextmanager
def not_feedly(world: World) -> Iterator[None]:
    world.variables["DATABASE_URL"] = world.make_database()
    yield


@contextmanager
def clock_skewed(world: World) -> Iterator[None]:
    world.skew = timedelta(minutes=-7)
    yield


@contextmanager
def listener_switched_off(world: World) -> Iterator[None]:
    world.variables["ENABLE_JOB_STATE_LISTENER"] = "false"
    yield


@contextmanager
def blocked(world: World) -> Iterator[None]:
    """One session updated the row and fell asleep; another waits for it."""
    variant = a_job(world)
    holder, waiter = psycopg2.connect(world.url), psycopg2.connect(world.url)
    touch = f"UPDATE jobs_variants SET selected = true WHERE job_variants_id = '{variant}'"
    holder.cursor().execute(touch)
    waiting = threading.Thread(target=_try, args=(waiter, touch), daemon=True)
    waiting.start()
    wait_until(
        lambda: count(
            world,
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND clock_timestamp() - query_start > interval '0.3 s'",
        ),
        what="the second session to wait",
    )
    yield
    holder.close()
    waiting.join(10)
    waiter.close()


@contextmanager
def blocked_unseen(world: World) -> Iterator[None]:
    """The same, looked at by a role that may not see what other roles' sessions do."""
    with blocked(world), _as_role(world, EVERYTHING):
        yield


@contextmanager
def database_down(world: World) -> Iterator[None]:
    world.variables["DATABASE_URL"] = "postgresql://postgres@127.0.0.1:1/feedlyai"
    yield


@contextmanager
def database_misnamed(world: World) -> Iterator[None]:
    world.variables["DATABASE_URL"] = make_url(world.url).set(database="feedly").render_as_string()
    yield


def database_address_corrected(world: World) -> None:
    world.variables["DATABASE_URL"] = world.url


def a_job(world: World, step: str = "img_gen") -> str:
    variant = str(uuid4())
    world.sql(
        "WITH t AS (INSERT INTO tenants (tenant_id) VALUES ('fault') ON CONFLICT DO NOTHING),"
        f" j AS (INSERT INTO jobs (tenant_id, status, current_step) VALUES ('fault', 'running', '{step}')"
        "  RETURNING job_id)"
        " INSERT INTO jobs_variants (job_variants_id, job_id, creation_order, status, current_step)"
        f" SELECT '{variant}', job_id, 1, 'done', '{step}' FROM j"
    )
    return variant


def _listeners(world: World) -> int:
    return count(
        world,
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND query LIKE 'LISTEN%job_variant_state_changed%'",
    )


def count(world: World, question: str) -> int:
    connection = psycopg2.connect(world.url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(question)
            row = cursor.fetchone()
            return int(row[0]) if row else 0
    finally:
        connection.close()


def _try(connection: psycopg2.extensions.connection, statement: str) -> None:
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
    except psycopg2.Error:
        pass  # the blocked session's fate is not the subject
