"""What several files work with: a demo database, its simulator, the hub, orders, campaigns, generations."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from sqlalchemy import Engine, insert
from starlette.applications import Starlette

from dashboard.demo.marker import mark
from dashboard.demo.seed_data import insert_seed_data
from dashboard.demo.simulator import Simulator, SimulatorState
from dashboard.server import startup
from dashboard.server.guard import Guard
from dashboard.server.server import make_routes
from feedly_core.campaigns.campaigns import start_campaign
from feedly_core.campaigns.runner import CampaignRunner
from feedly_core.campaigns.schedule import Schedule
from feedly_core.campaigns.store import CampaignPlan
from feedly_core.db.engine import capabilities, make_engine, reading, writing
from feedly_core.domain import tables as t
from feedly_core.jobs.create import CreatedJob, create_job
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures
from feedly_core.live.hub import Hub
from feedly_core.live.snapshot import HubKind
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.campaigns import Start
from tests.database_url import database_url_of
from tests.generations import GENERATIONS, Place, Residents
from tests.job_builder import NOW, drawn
from tests.tokens import token
from tests.waiting import wait_until

OPERATOR = Person("operator", Role.OPERATOR)
SMOOTH = {"demo_speed": 100.0, "demo_disorder": 0.0, "demo_trouble": 0.0}

Ask = Callable[..., httpx.Response]
"""Ask the API: an address below ``/api/v1``, the method, and what else httpx takes."""


@pytest.fixture
def demo(engine: Engine, settings: Settings) -> Settings:
    """A marked and furnished database, everything smooth and fast."""
    with writing(engine) as connection:
        mark(connection, 7)
        insert_seed_data(connection, datetime.now(UTC))
    return settings.model_copy(update=SMOOTH)


@pytest.fixture
def simulate() -> Iterator[Callable[[Settings], Simulator]]:
    """Start a simulator; stopped after the test."""
    started: list[Simulator] = []

    def start(settings: Settings) -> Simulator:
        assert settings.assets_dir is not None
        simulator = Simulator(database_url_of(settings), settings.assets_dir, settings)
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


@pytest.fixture
def picture() -> Picture:
    """A picture for one order."""
    return drawn("red")


@pytest.fixture
def styles(engine: Engine) -> list[UUID]:
    """Two tones and styles; the first by code comes second by creation."""
    ids = [uuid4(), uuid4()]
    with writing(engine) as connection:
        connection.execute(
            insert(t.tone_styles),
            [{"tone_style_id": ids[1], "code": "b"}, {"tone_style_id": ids[0], "code": "a"}],
        )
    return ids


@pytest.fixture
def make(engine: Engine, settings: Settings) -> Callable[..., CreatedJob]:
    """Make the job of an order, by an operator where nobody else is named."""

    def make(order: JobRequest, key: UUID | None = None, person: Person = OPERATOR) -> CreatedJob:
        assert settings.assets_dir is not None
        return create_job(
            engine,
            order,
            key=key or uuid4(),
            assets_dir=settings.assets_dir,
            person=person,
            settings=settings,
            now=NOW,
        )

    return make


@pytest.fixture
def warm_capabilities(engine: Engine) -> Iterator[None]:
    """The catalogue is asked once a minute; what is counted then is that of the other 59 seconds."""
    with reading(engine) as connection:
        capabilities(connection)
    yield


@pytest.fixture
def start(engine: Engine, our_schema: None, settings: Settings) -> Start:
    """Start a campaign of that rhythm, with two descriptions; nobody drives it yet."""

    def start(schedule: Schedule, *, kind: JobKind = JobKind.FULL, go: bool = True, **plan: object) -> UUID:
        base = JobRequest(kind, f"{kind}_test_tenant", (), "", start=go)
        made = CampaignPlan(base, ("국", "찌개"), sample_pictures(), schedule)
        return start_campaign(engine, replace(made, **plan), OPERATOR, settings)  # type: ignore[arg-type]

    return start


@pytest.fixture
def driver(engine: Engine, settings: Settings) -> CampaignRunner:
    """A driver whose rounds the test makes itself: no thread, no hub."""
    return CampaignRunner(engine, None, assets_dir=settings.assets_dir, name="first")


@pytest.fixture
def known(engine: Engine, our_schema: None) -> Engine:
    """A database with the dashboard's own schema."""
    return engine


@pytest.fixture
def site(settings: Settings, known: Engine) -> Iterator[str]:
    """Address of a running dashboard, at the path ``dash``, for programs."""
    started = startup.start(settings, live=False)
    started.wait(10)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(Starlette(routes=make_routes("dash", Guard())), log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/dash"
    server.should_exit = True
    thread.join(10)
    startup.close()


@pytest.fixture
def ask(site: str, known: Engine, settings: Settings) -> Iterator[Ask]:
    headers = {"authorization": f"Bearer {token(known, settings)}"}
    with httpx.Client(base_url=f"{site}/api/v1", headers=headers, timeout=60) as client:
        yield lambda address, method="GET", **more: client.request(method, address, **more)
