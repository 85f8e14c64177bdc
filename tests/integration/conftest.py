"""A demo database, the simulator on it, and the hub beside it: each stopped after its test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from feedly_core.database import make_engine, writing
from feedly_core.demo.marker import mark
from feedly_core.demo.simulator import Simulator, SimulatorState
from feedly_core.demo.world import furnish
from feedly_core.monitor.hub import Hub
from feedly_core.monitor.snapshot import HubKind
from feedly_core.settings import Settings
from tests.generations import GENERATIONS, Place, Residents
from tests.waiting import wait_until

SMOOTH = {"demo_speed": 100.0, "demo_disorder": 0.0, "demo_trouble": 0.0}


@pytest.fixture
def demo(engine: Engine, settings: Settings) -> Settings:
    """A marked and furnished database, everything smooth and fast."""
    with writing(engine) as conn:
        mark(conn, 7)
        furnish(conn, datetime.now(UTC))
    return settings.model_copy(update=SMOOTH)


@pytest.fixture
def simulate() -> Iterator[Callable[[Settings], Simulator]]:
    """Start a simulator; stopped after the test."""
    started: list[Simulator] = []

    def start(settings: Settings) -> Simulator:
        simulator = Simulator(settings.database_url.get_secret_value(), settings.assets_dir, settings)
        started.append(simulator)
        simulator.start()
        wait_until(lambda: simulator.state is not SimulatorState.STARTING, what="the simulator's start")
        return simulator

    yield start
    for simulator in started:
        simulator.stop()


@pytest.fixture
def start_hub(engine: Engine, settings: Settings) -> Iterator[Callable[..., Hub]]:
    """Start a hub as a process would; it is stopped after the test."""
    running: list[Hub] = []

    def start(**changed: object) -> Hub:
        hub = Hub(engine, settings.model_copy(update=changed))
        running.append(hub)
        hub.start()
        wait_until(lambda: hub.state.kind is HubKind.LIVE, what="the hub being live")
        return hub

    yield start
    for hub in running:
        hub.stop()


@pytest.fixture(params=GENERATIONS)
def place(
    request: pytest.FixtureRequest, old_database: Callable[[str], tuple[Settings, Residents]]
) -> Iterator[Place]:
    """One after the other, every generation that the dashboard reads."""
    settings, residents = old_database(request.param)
    engine = make_engine(settings)
    yield Place(request.param, settings, engine, residents)
    engine.dispose()
