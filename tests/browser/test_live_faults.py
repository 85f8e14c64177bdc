"""The open board while its database breaks: it says how it hears of changes, and ends up true, row by row."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.demo.schema import create_schema
from feedly_core.db import own_schema
from feedly_core.db.engine import make_engine, reading
from feedly_core.domain.labels import label
from feedly_core.domain.pipeline import VARIANT_STEPS
from feedly_core.live.overview import board_without_hub
from feedly_core.settings import load_settings
from tests.browser.server import AppServer
from tests.faults.load import storm
from tests.moving_job import moving_job
from tests.waiting import wait_until

OnScreen = dict[str, list[str]]
RECOVERED_MS = 60_000
STORM_DELAY_MS = 2_000
"""What a storm of 5,000 events a second may delay a change on the screen."""

# For each job what the marks of its variants say.
ON_SCREEN = """
() => Object.fromEntries([...document.querySelectorAll(".fd-board tbody tr")].map((row) => [
  row.querySelector("[data-job]").dataset.job,
  [...row.querySelectorAll('.fd-mark[title^="Variant"]')].map((mark) => mark.title).sort(),
]))
"""


def in_database(engine: Engine) -> OnScreen:
    with reading(engine) as connection:
        board = board_without_hub(connection, datetime.now(UTC))
    return {
        str(row.view.job_id): sorted(
            f"Variant {variant.facts.number}: {label(variant.status)}" for variant in row.view.variants
        )
        for row in board.rows
    }


def expect_the_truth(page: Page, engine: Engine) -> None:
    wait_until(lambda: page.evaluate(ON_SCREEN) == in_database(engine), 60, "each row shown as it is")


def test_the_board_lives_through_kills_restarts_and_a_lost_trigger(
    own_server: EmbeddedPostgres,
    app_server: Callable[..., AppServer],
    new_window: Callable[..., Page],
) -> None:
    url = own_server.create_database("own")
    engine = make_engine(load_settings(DATABASE_URL=url))
    with engine.begin() as connection:
        create_schema(connection)
    page = new_window(locale="en-US")
    jobs = [moving_job(engine) for _ in range(3)]
    page.goto(f"{app_server(DATABASE_URL=url).url}/live_monitor")
    updates = page.locator(".fd-strip > div").first
    expect(updates).to_contain_text("Live")
    page.evaluate("window.sameDocument = true")
    expect_the_truth(page, engine)

    with engine.begin() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        )
    engine.dispose()
    jobs[0].move(0, "planner", "done")
    expect_the_truth(page, engine)

    engine.dispose()
    own_server.stop(even_if_used=True)
    expect(updates).to_contain_text(re.compile(r"Reconnecting.*since"), timeout=RECOVERED_MS)
    assert len(page.evaluate(ON_SCREEN)) == 3, "what was known last stays on the screen"
    own_server.start()
    jobs[1].move(1, "ocr_eval", "done")
    expect(updates).to_contain_text("Live", timeout=RECOVERED_MS)
    expect_the_truth(page, engine)

    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE jobs_variants DISABLE TRIGGER USER"))
    jobs[2].move(2, "vlm_judge", "done")
    expect(updates).to_contain_text("Polling every 2 s", timeout=RECOVERED_MS)
    expect_the_truth(page, engine)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE jobs_variants ENABLE TRIGGER USER"))
    expect(updates).to_contain_text("Live", timeout=RECOVERED_MS)
    jobs[2].move(0, "yolo_detect", "failed")
    expect_the_truth(page, engine)
    assert page.evaluate("window.sameDocument")
    engine.dispose()


@pytest.mark.timed
def test_a_storm_does_not_delay_a_change_on_the_screen(
    app_server: Callable[..., AppServer],
    new_window: Callable[..., Page],
    engine: Engine,
    database_url: str,
) -> None:
    own_schema.install(engine)
    jobs = [moving_job(engine) for _ in range(20)]
    for job in jobs:
        job.move(0, "planner", "running")  # as the storm will say
    page = new_window(locale="en-US")
    page.goto(f"{app_server(DATABASE_URL=database_url).url}/live_monitor?q={jobs[0].job_id}")
    mark = page.locator(".fd-board tbody tr .fd-mark").nth(1)
    expect(mark).to_be_attached()
    joined = page.get_by_text(re.compile(r"[1-9]\d{4,} duplicate events merged"))
    with storm(database_url, jobs):
        expect(joined).to_be_visible()
        for step, after in pairwise(VARIANT_STEPS):
            jobs[0].move(1, step.name, "done")
            told = page.locator(f'.fd-mark[title="Variant 2: Working on {after.title}"]')
            expect(told).to_be_visible(timeout=STORM_DELAY_MS)
    page.goto(page.url.partition("?")[0])
    expect_the_truth(page, engine)
