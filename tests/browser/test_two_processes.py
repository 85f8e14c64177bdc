"""Two dashboard processes behind the real nginx serve one team, and one of them may be killed."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine, func, select

from feedly_core.campaigns.campaigns import start_campaign
from feedly_core.campaigns.schedule import Mode, Schedule
from feedly_core.campaigns.store import CampaignPlan
from feedly_core.db import own_schema
from feedly_core.db.engine import reading
from feedly_core.db.own_schema import campaign_jobs, reviews
from feedly_core.domain import tables as t
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.browser.nginx import ACCESS_LOG, needs_nginx, replicas
from tests.browser.server import AppServer
from tests.factories import make_job
from tests.moving_job import MovingJob, moving_job
from tests.waiting import wait_until

pytestmark = needs_nginx

BASE = "dashboard"
JOBS = 8
TAKEN_OVER_MS = 60_000
"""The browser looks for its server again after a growing pause; a campaign's lease ends after 8 s."""


@dataclass(frozen=True)
class Team:
    """Two processes by their ``host:port``, the address of both, and nginx's access log."""

    url: str
    processes: dict[str, AppServer]
    log: Path

    def process_of(self, context: BrowserContext) -> str:
        """Who serves this browser."""
        mark = f"who={id(context)}"
        context.request.get(f"{self.url}/_stcore/health?{mark}")
        lines = wait_until(lambda: [line for line in self.log.read_text().splitlines() if mark in line])
        return lines[-1].split()[0]


@pytest.fixture
def team(
    app_server: Callable[..., AppServer], engine: Engine, settings: Settings, tmp_path: Path
) -> Iterator[Team]:
    own_schema.install(engine)
    assert settings.database_url is not None
    environment = {
        "STREAMLIT_SERVER_BASE_URL_PATH": BASE,
        "STREAMLIT_SERVER_COOKIE_SECRET": "one for both",
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "ASSETS_DIR": str(settings.assets_dir),
    }
    running = [app_server(**environment) for _ in range(2)]
    processes = {server.url.removeprefix("http://"): server for server in running}
    with replicas(tmp_path, running, BASE) as url:
        yield Team(url, processes, tmp_path / "nginx" / ACCESS_LOG)


@pytest.fixture
def two_people(team: Team, new_context: Callable[..., BrowserContext]) -> tuple[Page, Page]:
    """Two browsers that nginx has sent to different processes."""
    found: dict[str, BrowserContext] = {}
    for _ in range(20):
        context = new_context(locale="en-US", allow_status=(404, 502, 504))
        found.setdefault(team.process_of(context), context)
        if len(found) == 2:
            break
    first, second = found.values()
    return first.new_page(), second.new_page()


def made(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(campaign_jobs)) or 0


def start_jobs(engine: Engine, settings: Settings) -> None:
    base = JobRequest(JobKind.YE, "two_processes_test", (), "", variants=2)
    schedule = Schedule(Mode.INTERVAL, interval_s=0.5, max_jobs=JOBS)
    plan = CampaignPlan(base, ("국",), sample_pictures()[:1], schedule)
    start_campaign(engine, plan, Person("kim", Role.OPERATOR), settings)


def expect_mark(page: Page, job: MovingJob, word: str) -> None:
    row = page.locator(".fd-board tbody tr").filter(has_text=str(job.job_id)[:8])
    expect(row).to_contain_text(word, timeout=TAKEN_OVER_MS)


def begin_to_judge(page: Page, team: Team, name: str) -> None:
    page.goto(f"{team.url}/review")
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".stage .frame img")).to_be_visible()


def judged_by(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as connection:
        rows = connection.execute(select(reviews.c.reviewer, reviews.c.verdict))
        return sorted((row.reviewer, row.verdict) for row in rows)


def approve(page: Page, engine: Engine, name: str) -> None:
    """The picture that is shown, by its key, until the verdict is stored."""
    page.locator(".side > textarea").blur()
    page.keyboard.press("1")
    wait_until(lambda: (name, "approve") in judged_by(engine), TAKEN_OVER_MS / 1000, "the verdict is stored")


def test_one_is_killed_and_the_team_goes_on(
    team: Team, two_people: tuple[Page, Page], engine: Engine, settings: Settings
) -> None:
    anna, bora = two_people
    make_job(engine, assets_dir=settings.assets_dir)
    job = moving_job(engine)
    for page in two_people:
        page.goto(f"{team.url}/live_monitor?state=working")
        expect_mark(page, job, "Working")
    queue = anna.context.new_page()
    begin_to_judge(queue, team, "anna")
    queue.locator(".side > textarea").fill("글자가 너무")
    for page in (*two_people, queue):
        page.evaluate("window.sameDocument = true")
    start_jobs(engine, settings)
    wait_until(lambda: made(engine) >= 3, 30, "the campaign's first jobs")

    killed = team.process_of(anna.context)
    team.processes[killed].process.send_signal(signal.SIGKILL)
    team.processes[killed].process.wait()
    job.move(0, "planner", "failed")
    for page in two_people:
        expect_mark(page, job, "↻1")
    assert team.process_of(anna.context) == team.process_of(bora.context) != killed
    for page in two_people:
        assert "state=working" in page.url
    expect(queue.locator(".side > textarea")).to_have_value("글자가 너무")
    approve(queue, engine, "anna")
    for page in (*two_people, queue):
        assert page.evaluate("window.sameDocument"), "no page was loaded anew"

    wait_until(lambda: made(engine) == JOBS, 60, "the campaign's last job")
    begin_to_judge(bora, team, "bora")
    approve(bora, engine, "bora")
    with reading(engine) as connection:
        sequences = list(connection.scalars(select(campaign_jobs.c.sequence).order_by("sequence")))
        tenants = list(connection.scalars(select(t.jobs.c.tenant_id)))
    assert sequences == list(range(1, JOBS + 1))
    assert tenants.count("two_processes_test") == JOBS
    assert judged_by(engine) == [("anna", "approve"), ("bora", "approve")]
