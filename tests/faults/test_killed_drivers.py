"""Three processes, one campaign, and ``kill -9`` of whoever drives it, and then of whoever took over."""

from __future__ import annotations

import logging
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import psycopg2
import pytest
from sqlalchemy import Engine, func, select

from feedly_core.campaigns.campaigns import start_campaign
from feedly_core.campaigns.schedule import Mode, Schedule
from feedly_core.campaigns.store import CampaignPlan
from feedly_core.db.engine import reading
from feedly_core.db.own_schema import campaign_jobs, campaigns
from feedly_core.domain import tables as t
from feedly_core.domain.contract import VARIANT_CHANNEL
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures
from feedly_core.live.events import parse_event
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.faults.child import Child, start_child
from tests.waiting import wait_until

JOBS = 18
KILL_AFTER = 6
"""Jobs between two kills."""
TAKEOVER_S = 15.0


class Drivers:
    """Processes that drive campaigns; a killed one is replaced."""

    def __init__(self, settings: Settings, count: int) -> None:
        self._start = partial(start_child, "campaign_process", settings, ASSETS_DIR=str(settings.assets_dir))
        self._running: dict[int, Child] = {}
        for _ in range(count):
            self.add()

    @property
    def pids(self) -> list[int]:
        return list(self._running)

    def add(self) -> None:
        process = self._start()
        self._running[process.pid] = process

    def kill(self, pid: int) -> None:
        process = self._running.pop(pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.add()

    def end(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()


def wait_for_jobs(engine: Engine, least: int, timeout: float, what: str) -> None:
    wait_until(lambda: made(engine) >= least, timeout, what)


@pytest.fixture
def drivers(settings: Settings, our_schema: None) -> Iterator[Drivers]:
    running = Drivers(settings, 3)
    yield running
    running.end()


@pytest.fixture
def done_events(settings: Settings) -> Iterator[Callable[[], Counter[UUID | None]]]:
    """How often each variant was told (img_gen, done) since the test began."""
    assert settings.database_url is not None
    listening = psycopg2.connect(settings.database_url.get_secret_value())
    listening.autocommit = True
    with listening.cursor() as cursor:
        cursor.execute(f"LISTEN {VARIANT_CHANNEL}")

    def heard() -> Counter[UUID | None]:
        listening.poll()
        events = [parse_event(each.channel, each.payload, datetime.now(UTC)) for each in listening.notifies]
        return Counter(event.variant_id for event in events if event and event.status == "done")

    yield heard
    listening.close()


def test_each_job_is_made_once_though_its_drivers_are_killed(
    engine: Engine,
    settings: Settings,
    drivers: Drivers,
    done_events: Callable[[], Counter[UUID | None]],
) -> None:
    base = JobRequest(JobKind.FULL, "pipeline_test_tenant", (), "", variants=3)
    plan = CampaignPlan(
        base, ("국", "찌개"), sample_pictures(), Schedule(Mode.INTERVAL, interval_s=0.2, max_jobs=JOBS)
    )
    start_campaign(engine, plan, Person("operator", Role.OPERATOR), settings)
    takeovers = []
    for target in range(KILL_AFTER, JOBS, KILL_AFTER):
        wait_for_jobs(engine, target, timeout=90, what=f"{target} jobs")
        with reading(engine) as connection:
            driver = connection.scalar(select(campaigns.c.driver))
        assert driver is not None
        drivers.kill(int(driver.split(":")[1]))
        killed, before = time.monotonic(), made(engine)
        wait_for_jobs(engine, before + 1, timeout=TAKEOVER_S, what="a takeover")
        takeovers.append(time.monotonic() - killed)
    wait_until(lambda: made(engine) == JOBS and all_started(engine), timeout=90, what="the last job")
    logging.getLogger("feedly.tests").info("takeovers after %s s", [round(each, 1) for each in takeovers])

    with reading(engine) as connection:
        members = campaign_jobs.c
        rows = connection.execute(select(members.sequence, members.job_id).order_by(members.sequence)).all()
        variants = select(t.jobs_variants.c.job_id, func.count()).group_by(t.jobs_variants.c.job_id)
        variants_by_job = {row[0]: row[1] for row in connection.execute(variants)}
        names = {
            url.removeprefix("/assets/") for url in connection.scalars(select(t.image_assets.c.image_url))
        }
    assert [row.sequence for row in rows] == list(range(1, JOBS + 1))
    assert variants_by_job == {row.job_id: 3 for row in rows}
    assert settings.assets_dir is not None
    files = {str(path.relative_to(settings.assets_dir)) for path in settings.assets_dir.rglob("*.png")}
    assert files == names and len(files) == JOBS, "no picture is missing and none is stray"

    wait_until(lambda: len(done_events()) == 3 * JOBS, what="the events of all variants")
    started = done_events()
    assert set(started.values()) == {1}, "each variant was started exactly once"


def made(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(campaign_jobs)) or 0


def all_started(engine: Engine) -> bool:
    with reading(engine) as connection:
        return not connection.scalar(
            select(func.count()).select_from(campaign_jobs).where(campaign_jobs.c.fired_at.is_(None))
        )
