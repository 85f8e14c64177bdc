"""A section that cannot be drawn is one card in its place; the page around it is whole."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from typing import NoReturn
from uuid import uuid4

import pytest

from feedly_core.db.engine import make_engine
from feedly_core.permissions import Person, Role
from feedly_core.reviews.verdicts import Entry, Verdict, save
from feedly_core.settings import Settings
from pages import parts
from tests.factories import make_job
from tests.pages.conftest import OpenPage, words_of

BROKEN = "This part of the page could not be drawn"
OF_A_JOB = [
    ("live_monitor", "pages.parts.live_monitor.job.show_head", "Events"),
    ("live_monitor", "pages.parts.live_monitor.job.read_report", "Timeline"),
    ("live_monitor", "pages.parts.live_monitor.job.show_pictures", "Timeline"),
    ("live_monitor", "pages.parts.live_monitor.timeline.show_matrix", "Timeline"),
    ("live_monitor", "pages.parts.live_monitor.timeline.show_timeline", "Events"),
    ("results", "pages.parts.results.head.show_head", "class='fd-ad-head'"),
    ("results", "pages.parts.results.ads.show_ads", "class='fd-results-head'"),
    ("results", "pages.parts.results.pictures.show_pictures", "class='fd-ad-head'"),
    ("results/scores", "pages.parts.results.scores.show_scores", "class='fd-ad-head'"),
    ("results/cost", "pages.parts.results.cost.show_cost", "class='fd-ad-head'"),
]
OF_A_PAGE = [
    ("live_monitor", {}, "pages.parts.live_monitor.board._health_html", "fd-board"),
    ("live_monitor", {}, "pages.parts.live_monitor.board._table", "Updates"),
    ("overview", {}, "pages.shared.navigation.picture_url", "Everything is fine"),
    ("trends", {}, "pages.parts.trends.charts.show_charts", "Compare"),
    ("review", {"view": "agreement"}, "pages.parts.review.judge.judge_slices", "Limits against people"),
    ("create_jobs", {}, "pages.parts.create_jobs.request_form.request_form", "Picture"),
    ("create_jobs", {"part": "many"}, "pages.parts.create_jobs.bulk.request_form", "CSV file"),
    ("create_jobs", {"part": "campaigns"}, "pages.parts.create_jobs.campaign_form.request_form", "Campaigns"),
    ("create_jobs", {"part": "remove"}, "pages.parts.create_jobs.cleanup.removable_tenants", "Create jobs"),
]


@pytest.fixture(scope="module", autouse=True)
def _parts_are_loaded() -> None:
    """A part that is first loaded while another one fails would keep the failing one."""
    for part in pkgutil.walk_packages(parts.__path__, "pages.parts."):
        importlib.import_module(part.name)


def fails(*_args: object, **_options: object) -> NoReturn:
    raise ZeroDivisionError("this section fails")


@pytest.fixture
def settings(shared_settings: Settings) -> Settings:
    return shared_settings


@pytest.fixture(scope="module")
def one_job(shared_settings: Settings) -> str:
    """A complete job of which one variant is judged: the judge is held against people."""
    settings, engine = shared_settings, make_engine(shared_settings)
    made = make_job(engine, assets_dir=settings.assets_dir)
    picture = made.overlaid_ids[0]
    assert picture is not None
    said = Entry(uuid4(), made.job_id, made.variant_ids[0], picture, Verdict.APPROVE)
    save(engine, settings, Person("Minho", Role.REVIEWER), [said])
    engine.dispose()
    return str(made.job_id)


def expect_one_card(
    open_page: OpenPage, caplog: pytest.LogCaptureFixture, page: str, whole: str, **query: object
) -> None:
    app = open_page(page, **query)
    if page == "review":
        app.session_state["reviewer"] = "Jiyoung"
        app.run()
    words = words_of(app)
    logged = [record for record in caplog.records if record.levelno >= logging.ERROR]
    caplog.clear()
    assert len(logged) == 1, "one failure is one card"
    assert BROKEN in words
    assert whole in words


@pytest.mark.parametrize(("page", "section", "whole"), OF_A_JOB)
def test_of_one_job(
    open_page: OpenPage,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    one_job: str,
    page: str,
    section: str,
    whole: str,
) -> None:
    monkeypatch.setattr(section, fails)
    name, _, tab = page.partition("/")
    expect_one_card(open_page, caplog, name, whole, job=one_job, **({"tab": tab} if tab else {}))


@pytest.mark.parametrize(("page", "query", "section", "whole"), OF_A_PAGE)
def test_of_a_page(
    open_page: OpenPage,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    one_job: str,
    page: str,
    query: dict[str, str],
    section: str,
    whole: str,
) -> None:
    monkeypatch.setattr(section, fails)
    expect_one_card(open_page, caplog, page, whole, **query)
