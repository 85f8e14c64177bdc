"""Jobs of every size on a laptop and on a phone: nothing is out of reach, nothing is squeezed to nothing.

``make walks`` runs this; ``make test`` looks at the pages of a phone's story and of a meeting.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from benchmarks.page_gallery import faults_of
from feedly_core.settings import Settings
from tests.browser.server import AppServer
from tests.browser.walking import walk
from tests.many_variants import SizedJob, make_jobs_of_every_size

LEAST_PICTURE = 120
"""Pixels of a meeting's picture in each direction, on a phone too."""
SHOWN_LARGE = """least => [...document.querySelectorAll('*')]
  .map((one) => one.shadowRoot?.querySelector('.picture')).filter((one) => one?.naturalWidth)
  .some((one) => Math.min(one.getBoundingClientRect().width, one.getBoundingClientRect().height) >= least)"""


@pytest.mark.slow
def test_every_view_fits(
    app_server: Callable[..., AppServer],
    new_window: Callable[..., Page],
    engine: Engine,
    settings: Settings,
) -> None:
    assert settings.assets_dir is not None and settings.database_url is not None
    jobs = make_jobs_of_every_size(engine, settings.assets_dir)
    server = app_server(
        DATABASE_URL=settings.database_url.get_secret_value(), ASSETS_DIR=str(settings.assets_dir)
    )
    faults: dict[str, list[str]] = {}
    page = new_window()
    page.goto(f"{server.url}/review")
    page.get_by_role("textbox", name="이름").fill("아주긴이름" * 16)
    page.get_by_role("button", name="계속").click()
    expect(page.locator(".stage .frame img")).to_be_visible()  # only then the name is kept for the next visit
    for width, height in ((1440, 900), (390, 844)):
        if width == 390:  # whose menu is folded away when the page is loaded
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"{server.url}/review")
            expect(page.locator(".stage .frame img")).to_be_visible()
        for address in addresses(jobs):
            walk(page, f"{server.url}/{address}")
            page.get_by_test_id("stHeading").first.wait_for()
            if found := faults_of(page):
                faults[f"{address} at {width}"] = found
        assert_queue_fits(page, server)
        assert_meeting_fits(page, server)
    assert not faults


def addresses(jobs: list[SizedJob]) -> dict[str, list[str]]:
    """By kind."""
    ids = [job.made.job_id for job in jobs]
    winners = [
        f"review?view=winner&winner-job={job.made.job_id}" for job in jobs if job.variants in (2, 10, 40)
    ]
    of_jobs = {page: [f"{page}?job={job_id}" for job_id in ids] for page in ("live_monitor", "results")}
    return {"all jobs": ["overview", "live_monitor", "results", "trends"], **of_jobs, "winner": winners}


def assert_queue_fits(page: Page, server: AppServer) -> None:
    """The verdicts can be pressed without scrolling, whatever the text is."""
    walk(page, f"{server.url}/review?order=oldest")
    for _picture in range(3):
        expect(page.locator(".stage .frame img")).to_be_visible()
        expect(page.locator(".verdict").first).to_be_in_viewport(ratio=1)
        page.keyboard.press("ArrowRight")


def assert_meeting_fits(page: Page, server: AppServer) -> None:
    walk(page, f"{server.url}/review?view=meeting&agenda-order=oldest")
    page.get_by_role("button", name="장으로 시작").click()
    for _step in range(2):
        expect(page.locator(".screen .picture")).to_be_visible()
        page.wait_for_function(SHOWN_LARGE, arg=LEAST_PICTURE)
        expect(page.locator(".screen .verdict").first).to_be_in_viewport(ratio=1)
        page.keyboard.press("ArrowRight")
    page.keyboard.press("a")
    expect(page.locator(".screen nav .here img")).to_be_attached()
    rows = page.locator(".screen nav > div").evaluate_all("all => all.map((one) => one.offsetHeight)")
    assert max(rows) - min(rows) <= 1, "the row of the picture on the screen is as high as the others"
    page.keyboard.press("Escape")
