"""What networks, servers and poolers do to the hub. Each time the board ends up true, row by row."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text

from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.demo.schema import create_schema
from feedly_core.db.engine import make_engine
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES
from feedly_core.live import connection
from feedly_core.live.events import Event
from feedly_core.live.hub import Hub
from feedly_core.live.publisher import RING
from feedly_core.live.recorder import WAITING_LIMIT
from feedly_core.live.snapshot import HubKind
from feedly_core.settings import Settings, load_settings
from tests.faults.invariants import shows_the_truth
from tests.faults.load import storm
from tests.faults.pooler import needs_pgbouncer, pgbouncer
from tests.faults.proxy import proxied, socket_of, through
from tests.moving_job import moving_job
from tests.waiting import wait_until


@pytest.fixture
def start_hub(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Hub]]:
    """Start a hub with changed settings and wait for its first reading; it is stopped after the test.

    It asks whether its line still lives every four seconds, so that a silence is noticed the sooner.
    """
    monkeypatch.setattr(connection, "HEARTBEAT_SECONDS", 4.0)
    running: list[Hub] = []

    def start(kind: HubKind = HubKind.LIVE, **changed: object) -> Hub:
        hub = Hub(engine, settings.model_copy(update=changed))
        running.append(hub)
        hub.start()
        wait_until(lambda: hub.state.kind is kind, timeout=20, what=f"the hub being {kind}")
        return hub

    yield start
    for hub in running:
        hub.stop()


def test_a_killed_backend_is_replaced_and_what_was_missed_is_read(
    start_hub: Callable[..., Hub], engine: Engine
) -> None:
    hub = start_hub()
    job = moving_job(engine)
    with engine.begin() as connection:
        killed = connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name LIKE 'feedly-dashboard-%' AND datname = current_database()"
            )
        ).all()
    assert len(killed) == 2
    job.move(0, "planner", "done")
    shows_the_truth(hub, engine)
    wait_until(lambda: hub.state.kind is HubKind.LIVE, timeout=20)
    job.move(1, "overlay", "done")
    shows_the_truth(hub, engine)


def test_a_server_that_stops_and_starts_again(own_server: EmbeddedPostgres) -> None:
    url = own_server.create_database("own")
    settings = load_settings(DATABASE_URL=url)
    engine = make_engine(settings)
    with engine.begin() as connection:
        create_schema(connection)
    hub = Hub(engine, settings)
    hub.start()
    try:
        wait_until(lambda: hub.state.kind is HubKind.LIVE, timeout=20)
        job = moving_job(engine)
        own_server.stop(even_if_used=True)
        wait_until(lambda: hub.state.kind is HubKind.RECONNECTING, timeout=20)
        assert hub.snapshot.jobs or hub.version, "the last known state stays on the screen"
        own_server.start()
        job.move(0, "ocr_eval", "done")
        wait_until(lambda: hub.state.kind is HubKind.LIVE, timeout=60)
        shows_the_truth(hub, engine)
    finally:
        hub.stop()
        engine.dispose()


def test_a_trigger_dropped_while_watching_is_noticed_and_polled_around(
    start_hub: Callable[..., Hub], engine: Engine
) -> None:
    hub = start_hub()
    job = moving_job(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER job_variant_state_change_trigger ON jobs_variants"))
        connection.execute(text("DROP TRIGGER check_all_variants_done_trigger ON jobs_variants"))
    job.move(0, "planner", "done")
    wait_until(lambda: hub.state.kind is HubKind.POLLING, timeout=20)
    assert "job_variant_state_change_trigger" in str(hub.state.reason)
    shows_the_truth(hub, engine)
    job.move(1, "vlm_judge", "done")
    shows_the_truth(hub, engine)
    assert any(event.source == "poll" for event in hub.recent(job.job_id))


@needs_pgbouncer
def test_a_pooler_in_transaction_mode_is_noticed_and_a_direct_line_helps(
    start_hub: Callable[..., Hub], engine: Engine, database_url: str
) -> None:
    with pgbouncer(database_url, ignore_startup_parameters="extra_float_digits") as pooled:
        hub = start_hub(HubKind.POLLING, database_url=SecretStr(pooled))
        assert "pooler" in str(hub.state.reason)
        job = moving_job(engine)
        job.move(0, "planner", "done")
        shows_the_truth(hub, engine)
        direct = {"listen_database_url": SecretStr(database_url)}
        assert start_hub(HubKind.LIVE, database_url=SecretStr(pooled), **direct)
        hub.stop()


def test_a_half_open_line_is_noticed_by_its_silence(
    start_hub: Callable[..., Hub], engine: Engine, database_url: str
) -> None:
    with proxied(socket_of(database_url)) as proxy:
        hub = start_hub(listen_database_url=through(database_url, proxy.port))
        job = moving_job(engine)
        proxy.stall()
        job.move(0, "planner", "done")
        wait_until(lambda: hub.state.kind is not HubKind.LIVE, timeout=40, what="the silence being noticed")
        shows_the_truth(hub, engine)
        hub.stop(timeout=10)


def test_half_open_connections_of_both_kinds_cannot_hang_the_hub(
    start_hub: Callable[..., Hub], engine: Engine, database_url: str
) -> None:
    with proxied(socket_of(database_url)) as proxy:
        url = through(database_url, proxy.port)
        hub = start_hub(database_url=url)
        job = moving_job(engine)
        proxy.stall()
        job.move(0, "planner", "done")
        wait_until(lambda: hub.state.kind is HubKind.RECONNECTING, timeout=30)
        proxy.resume()
        proxy.cut()
        shows_the_truth(hub, engine, timeout=60)
        wait_until(lambda: hub.state.kind is HubKind.LIVE, timeout=60)


@pytest.mark.timed
@pytest.mark.usefixtures("our_schema")
def test_a_storm_of_events_neither_grows_memory_nor_delays_the_screen(
    start_hub: Callable[..., Hub], engine: Engine, database_url: str
) -> None:
    hub = start_hub()
    watched = [moving_job(engine) for _ in range(20)]
    most = 0
    with storm(database_url, watched):
        wait_until(lambda: hub.coalesced > 10_000, timeout=20)
        for step in VARIANT_STEP_NAMES:
            watched[0].move(1, step, "done")
            shows_the_truth(hub, engine, timeout=2)
            most = max(most, events_in_memory())
    shows_the_truth(hub, engine, timeout=2)
    wait_until(lambda: hub.coalesced > 40_000)
    assert RING <= max(most, events_in_memory()) <= RING + WAITING_LIMIT


def events_in_memory() -> int:
    return sum(type(thing) is Event for thing in gc.get_objects())
