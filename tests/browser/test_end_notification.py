"""Notify me: the end of a watched job reaches its viewer, on whichever page, once."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine, select, update
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from feedly_core.domain.contract import MAX_RETRIES
from feedly_core.domain.tables import jobs, jobs_variants
from tests.browser.line import Line
from tests.browser.server import AppServer
from tests.moving_job import MovingJob, moving_job

# Counts the tones that the page lets sound.
LISTEN = """
  window.tones = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };
"""
# A toast stays four seconds, and the second one may come after the first has gone.
_KEEP_TOASTS = """() => {
  window.toasts = [];
  const shown = () => [...document.querySelectorAll("[data-testid=stToast]")].map((one) => one.innerText);
  const look = () => window.toasts.push(...shown());
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
}"""
_WAS_TOLD = "(words) => window.toasts.some((said) => said.includes(words))"


def test_a_failed_step_is_run_again_and_its_end_is_told(
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
    engine: Engine,
    our_schema: None,
    database_url: str,
) -> None:
    job = moving_job(engine, variants=1)
    job.move(0, "overlay", "failed")
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in ("jobs", "jobs_variants"):
            connection.exec_driver_sql(f"UPDATE {table} SET updated_at = now() - interval '9 minutes'")
    server = app_server(DATABASE_URL=database_url)
    page = new_context(locale="en-US").new_page()
    page.add_init_script(LISTEN)
    page.goto(f"{server.url}/live_monitor?job={str(job.job_id)[:8]}")
    page.get_by_text("Notify me").click()
    page.get_by_text("With sound").click()
    page.get_by_role("button", name="Run a step again").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("(overlay, failed)").first).to_be_visible()
    dialog.get_by_role("button", name="Yes, run it again").click()
    expect(page.get_by_role("rowheader", name="Variant 1")).to_be_visible()
    expect(page.locator(".fd-matrix").get_by_text("Working on Text overlay")).to_be_visible()
    query = select(jobs_variants.c.current_step, jobs_variants.c.status)
    with engine.connect() as connection:
        assert connection.execute(query).one() == ("planner", "done")
    complete(job)
    expect(page.get_by_test_id("stToast").filter(has_text="Complete")).to_be_visible()
    expect(page).to_have_title(re.compile("Complete: "))
    page.wait_for_function("window.tones === 2")
    page.locator(".fd-job-head").click()
    expect(page).not_to_have_title(re.compile("Complete: "))
    assert_a_failure_is_told(page, engine, server)


def be_told(page: Page, job: MovingJob) -> None:
    """On the job's page: switch it on, and wait until it is kept in view."""
    page.get_by_text("Notify me").click()
    expect(page.locator(f".st-key-ring-{job.job_id}")).to_be_attached()


def complete(job: MovingJob) -> None:
    job.walk(0)
    job.move_job("instagram_feed_gen", "done")


def assert_a_failure_is_told(page: Page, engine: Engine, server: AppServer) -> None:
    """On another page, in the toast and the tab's title; in silence, as nobody has asked for a sound."""
    job = moving_job(engine, variants=1)
    page.goto(f"{server.url}/live_monitor?job={job.job_id}")
    page.get_by_text("Notify me").click()
    expect(page.get_by_text("With sound")).to_be_visible()
    page.get_by_role("link", name="Create jobs").click()
    expect(page.get_by_role("heading", name="Create jobs", exact=True)).to_be_visible()
    expect(page.locator(f".st-key-ring-{job.job_id}")).to_be_attached()
    with engine.begin() as connection:
        connection.execute(update(jobs_variants).values(retry_count=MAX_RETRIES))
        connection.execute(update(jobs).values(retry_count=MAX_RETRIES))
    job.move(0, "planner", "failed")
    job.move_job("planner", "failed")
    expect(page.get_by_test_id("stToast").filter(has_text="Failed")).to_be_visible()
    expect(page).to_have_title(re.compile("Failed: "))
    assert page.evaluate("window.tones") == 0


def test_a_job_that_is_complete_before_its_variant_is_told_when_both_are(
    app_server: Callable[..., AppServer],
    new_window: Callable[..., Page],
    engine: Engine,
    database_url: str,
) -> None:
    """Notifications arrive a row at a time, in any order."""
    job = moving_job(engine, variants=1)
    page = new_window(locale="en-US")
    page.goto(f"{app_server(DATABASE_URL=database_url).url}/live_monitor?job={job.job_id}")
    be_told(page, job)
    job.move_job("instagram_feed_gen", "done")
    expect(page.locator(".fd-job-head").get_by_text("Complete").first).to_be_visible()
    expect(page.get_by_test_id("stToast")).to_have_count(0)
    job.walk(0)
    expect(page.get_by_test_id("stToast").filter(has_text="Complete")).to_be_visible()


def test_two_ends_at_once_are_both_told(
    app_server: Callable[..., AppServer],
    new_window: Callable[..., Page],
    engine: Engine,
    database_url: str,
) -> None:
    watched = [moving_job(engine, variants=1, description=name) for name in ("soup", "cake *1*")]
    server = app_server(DATABASE_URL=database_url)
    page = new_window(locale="en-US")
    page.goto(f"{server.url}/live_monitor")
    for job in watched:
        page.locator(f'[data-job="{job.job_id}"]').click()
        be_told(page, job)
        page.get_by_role("button", name="All jobs").click()
    page.evaluate(_KEEP_TOASTS)
    for job in watched:
        complete(job)
    for name in ("soup", "cake *1*"):
        page.wait_for_function(_WAS_TOLD, arg=f"Complete: {name}")


def test_an_end_whose_telling_was_lost_is_told_again(
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
    engine: Engine,
    database_url: str,
) -> None:
    job = moving_job(engine, variants=1)
    context = new_context(locale="en-US")
    line = Line(context)
    page = context.new_page()
    page.goto(f"{app_server(DATABASE_URL=database_url).url}/live_monitor?job={job.job_id}")
    be_told(page, job)
    line.hold()
    complete(job)
    line.lose(page, tells_of_an_end)
    expect(page.get_by_test_id("stToast").filter(has_text="Complete")).to_have_count(1)
    expect(page).to_have_title(re.compile("Complete: "))


def tells_of_an_end(message: ForwardMsg) -> bool:
    return message.delta.new_element.toast.body.startswith("Complete")
