"""Everything breaks while people work: each confirmed write is there exactly once in the end.

``make chaos`` runs ROUNDS of the troubles, in a random order after the first.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, func, select, text

from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.demo.schema import create_schema
from feedly_core.campaigns.campaigns import start_campaign
from feedly_core.campaigns.schedule import Mode, Schedule
from feedly_core.campaigns.store import CampaignPlan
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine, reading, writing
from feedly_core.db.own_schema import campaign_jobs, reviews
from feedly_core.domain import tables as t
from feedly_core.errors import FeedlyError
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.settings import Settings, load_settings
from tests.conftest import other_installation
from tests.factories import make_job
from tests.faults.busy_people import (
    OPERATOR,
    JobMaker,
    Judge,
    at_work,
    noisy_picture,
    resume_what_failed,
)
from tests.faults.proxy import Proxy, proxied, socket_of, through
from tests.faults.small_disk import SmallDisk, small_disk
from tests.faults.test_killed_drivers import Drivers
from tests.waiting import wait_until

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "1"))
SEED = int(os.environ.get("CHAOS_SEED", "8"))
CAMPAIGN_JOBS = 20 * ROUNDS
LATENCY_S = 2.0
DISK_MB = 40 + 40 * ROUNDS
CAMPAIGN_TENANT = "chaos_test_campaign"
_KILL = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@dataclass
class World:
    """A server, the way to it, a disk and a clock, each of which can be broken."""

    server: EmbeddedPostgres
    data: Path
    proxy: Proxy
    disk: SmallDisk | None
    settings: Settings
    near: Engine
    far: Engine
    drivers: Drivers
    offset: timedelta = field(default=timedelta())

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    # The troubles. Each ends healed; ``rest`` lets people work on in between.

    def server_restarts(self, rest: Callable[[float], None]) -> None:
        os.kill(int((self.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        rest(1)
        wait_until(self._starts, 60, "the server after a crash")

    def _starts(self) -> bool:
        with suppress(FeedlyError):
            self.server.start()
        return self.server.answers()

    def connections_are_killed(self, rest: Callable[[float], None]) -> None:
        for _ in range(5):
            with self.near.connect() as connection:
                connection.execute(_KILL)
            rest(0.3)
            self.proxy.cut()
            rest(0.3)

    def disk_is_full(self, rest: Callable[[float], None]) -> None:
        if self.disk is not None:
            self.disk.fill()
            rest(2)
            self.disk.free()

    def clock_steps(self, rest: Callable[[float], None]) -> None:
        for step in (timedelta(days=-400), timedelta(hours=9), timedelta(days=30), timedelta()):
            self.offset = step
            rest(0.4)

    def network_is_slow(self, rest: Callable[[float], None]) -> None:
        self.proxy.latency_s = LATENCY_S
        rest(3 * LATENCY_S)
        self.proxy.latency_s = 0.0

    def driver_dies(self, rest: Callable[[float], None]) -> None:
        self.drivers.kill(self.drivers.pids[0])
        rest(1)


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("chaos")
    home.chmod(0o755)
    server = EmbeddedPostgres(home / "pg", installation=other_installation())
    (home / "pg").mkdir(mode=0o755)
    server.start()
    url = server.create_database("chaos")
    with small_disk(home / "assets", DISK_MB) as disk, proxied(socket_of(url)) as proxy:
        settings = load_settings(
            DATABASE_URL=through(url, proxy.port), ASSETS_DIR=home / "assets", FEEDLY_HOME=home
        )
        near, far = make_engine(load_settings(DATABASE_URL=url)), make_engine(settings)
        with writing(near) as connection:
            create_schema(connection)
            connection.execute(t.tone_styles.insert().values(code="warm"))
        own_schema.install(near)
        drivers = Drivers(settings, 2)
        with near.connect() as connection:
            data = Path(str(connection.scalar(text("SHOW data_directory"))))
        yield World(server, data, proxy, disk, settings, near, far, drivers)
        drivers.end()
        near.dispose()
        far.dispose()
        server.stop(even_if_used=True)


@pytest.mark.slow
def test_each_confirmed_write_is_there_exactly_once(world: World, tmp_path: Path) -> None:
    rng = random.Random(SEED)
    picture = noisy_picture(tmp_path)
    judged = make_job(world.near)
    base = JobRequest(JobKind.YE, CAMPAIGN_TENANT, (), "", variants=2)
    schedule = Schedule(Mode.INTERVAL, interval_s=0.5, max_jobs=CAMPAIGN_JOBS)
    campaign = start_campaign(
        world.near, CampaignPlan(base, ("국",), (picture,), schedule), OPERATOR, world.settings
    )
    makers = [JobMaker(rng, world.far, world.settings, picture, world.now) for _ in range(2)]
    judges = [Judge(rng, world.far, world.settings, judged) for _ in range(2)]
    resumer = partial(resume_what_failed, world.near, world.settings)
    with at_work(*(person.go_on for person in (*makers, *judges)), resumer):
        go_through_troubles(world, rng)
        wait_until(lambda: members(world.near, campaign) == CAMPAIGN_JOBS, 120, "the campaign's last job")
    surprises = [error for person in (*makers, *judges) for error in person.surprises]
    assert not surprises
    with reading(world.near) as connection:
        check_jobs(connection, makers, campaign)
        check_verdicts(connection, judges)
        check_pictures(connection, world)
    figures = {
        "jobs confirmed": sum(len(maker.confirmed) for maker in makers),
        "verdicts confirmed": sum(len(judge.confirmed) for judge in judges),
        "refusals": sum(person.refusals for person in (*makers, *judges)),
    }
    logging.getLogger("feedly.tests").info("seed %s, %s rounds: %s", SEED, ROUNDS, figures)
    assert all(figures.values()), figures


def go_through_troubles(world: World, rng: random.Random) -> None:
    """Each trouble once a round, in random order, with a little peace between them."""
    peace = threading.Event()
    for _ in range(ROUNDS):
        troubles = [
            world.server_restarts,
            world.connections_are_killed,
            world.disk_is_full,
            world.clock_steps,
            world.network_is_slow,
            world.driver_dies,
        ]
        rng.shuffle(troubles)
        for trouble in troubles:
            trouble(peace.wait)  # type: ignore[arg-type]
            peace.wait(0.5)


def members(engine: Engine, campaign: UUID) -> int:
    with suppress(FeedlyError), reading(engine) as connection:
        mine = campaign_jobs.c.campaign_id == campaign
        return connection.scalar(select(func.count()).select_from(campaign_jobs).where(mine)) or 0
    return 0


def check_jobs(connection: Connection, makers: list[JobMaker], campaign: UUID) -> None:
    """Confirmed jobs are there, tried ones are whole or not there, and there are no others."""
    rows = connection.execute(select(t.jobs.c.job_id, t.jobs.c.tenant_id)).all()
    made = {row.job_id for row in rows if row.tenant_id == JobMaker.tenant}
    confirmed = {job for maker in makers for job in maker.confirmed_jobs}
    tried = {job for maker in makers for job in maker.tried_jobs}
    assert confirmed <= made <= tried
    driven = {row.job_id for row in rows if row.tenant_id == CAMPAIGN_TENANT}
    places = connection.execute(
        select(campaign_jobs.c.sequence, campaign_jobs.c.job_id)
        .where(campaign_jobs.c.campaign_id == campaign)
        .order_by(campaign_jobs.c.sequence)
    ).all()
    assert [row.sequence for row in places] == list(range(1, CAMPAIGN_JOBS + 1))
    assert {row.job_id for row in places} == driven
    for table, each in ((t.jobs_variants, 2), (t.job_inputs, 1)):
        found = Counter(connection.scalars(select(table.c.job_id)))
        assert {found[job] for job in made | driven} == {each}


def check_verdicts(connection: Connection, judges: list[Judge]) -> None:
    stored = Counter(connection.scalars(select(reviews.c.entry_id)))
    assert set(stored.values()) <= {1}
    assert {key for judge in judges for key in judge.confirmed} <= set(stored)
    assert set(stored) <= {key for judge in judges for key in judge.tried}


def check_pictures(connection: Connection, world: World) -> None:
    """Every row has its whole file; a file without a row is at most the trace of a broken try."""
    assert world.settings.assets_dir is not None
    used = select(t.job_inputs.c.img_asset_id).join(t.jobs, t.jobs.c.job_id == t.job_inputs.c.job_id)
    ours = used.where(t.jobs.c.tenant_id.in_([JobMaker.tenant, CAMPAIGN_TENANT]))
    urls = connection.scalars(
        select(t.image_assets.c.image_url).where(t.image_assets.c.image_asset_id.in_(ours))
    ).all()
    sizes = {(world.settings.assets_dir / url.removeprefix("/assets/")).stat().st_size for url in urls}
    assert len(urls) == len(set(urls)) and len(sizes) == 1
    leftovers = [path for path in world.settings.assets_dir.rglob(".*") if path.is_file()]
    assert not leftovers, "no half-written file stays"
