"""A double click in a real browser makes one job, and its second half never makes another one later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import Connection, func, select, text

from feedly_core.db.engine import make_engine, reading
from feedly_core.domain import tables as t
from feedly_core.settings import load_settings
from tests.browser.server import AppServer
from tests.waiting import wait_until


def test_a_double_click_makes_one_job_and_making_another_asks_again(
    app_server: Callable[..., AppServer],
    new_window: Callable[..., Page],
    database_url: str,
    tmp_path: Path,
) -> None:
    engine = make_engine(load_settings(DATABASE_URL=database_url))

    def jobs() -> int | None:
        with reading(engine) as connection:
            return connection.scalar(select(func.count()).select_from(t.jobs))

    server = app_server(DATABASE_URL=database_url, ASSETS_DIR=str(tmp_path))
    page = new_window(locale="en-US")
    page.goto(f"{server.url}/create_jobs")
    create = page.locator(".st-key-one-create button")
    expect(create).to_be_visible()
    with engine.begin() as worker:  # the first click is still being answered when the second one comes
        worker.execute(text("LOCK TABLE jobs_variants IN EXCLUSIVE MODE"))
        create.click()
        wait_until(lambda: waits_for_a_lock(worker), what="the job's rows")
        create.click()
    page.locator(".st-key-one-again button").click()
    expect(create).to_be_visible()
    assert jobs() == 1
    create.dblclick()
    expect(page.get_by_text("The job is made")).to_be_visible()
    assert jobs() == 2
    engine.dispose()


def waits_for_a_lock(connection: Connection) -> bool:
    return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
