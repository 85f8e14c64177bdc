"""From "it does not move" to the cured cause with the mouse alone, in Korean, in a real browser."""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from feedly_core.db.engine import reading, writing
from feedly_core.settings import Settings
from tests.browser.server import AppServer
from tests.factories import make_job
from tests.waiting import wait_until

SHARED_SECONDS = 15.0
NOTE_TIMES = r"""
window.times = [];
new MutationObserver(() => {
  const shown = document.body?.textContent.match(/checked at \d\d:\d\d:\d\d/)?.[0];
  if (shown && shown !== window.times.at(-1)) window.times.push(shown);
}).observe(document, {subtree: true, childList: true, characterData: true});
"""
"""The old report stands for a second: a look from outside may come too late."""


def test_a_teammate_repairs_and_resends_without_a_terminal(
    app_server: Callable[..., AppServer],
    page: Page,
    engine: Engine,
    our_schema: None,
    database_url: str,
    settings: Settings,
) -> None:
    make_job(engine, step="planner", status="running", variants=[("planner", "done")])
    with writing(engine) as connection:
        connection.execute(text("UPDATE jobs_variants SET updated_at = now() - interval '1 hour'"))
        connection.execute(text("ALTER TABLE jobs_variants DISABLE TRIGGER job_variant_state_change_trigger"))
    folder = str(settings.assets_dir)
    server = app_server(DATABASE_URL=database_url, ASSETS_DIR=folder, FEEDLY_ALLOW_REPAIR="1")
    page.goto(f"{server.url}/trigger_diagnostics?lang=ko")
    expect(page.get_by_text("끊긴 곳: 트리거")).to_be_visible(timeout=60_000)
    expect(page.locator(".fd-chain li")).to_have_count(7)
    in_one_row = "links => new Set(links.map(link => link.getBoundingClientRect().top)).size"
    assert page.locator(".fd-chain li").evaluate_all(in_one_row) == 1

    page.locator(".st-key-repair-triggers-variant_notify button").click()
    expect(page.get_by_role("dialog")).to_contain_text("ENABLE TRIGGER job_variant_state_change_trigger")
    page.locator(".st-key-repair_confirmed button").click()
    expect(page.get_by_text("끊긴 곳: 리스너")).to_be_visible()

    expect(page.locator(".st-key-go-waiting button")).to_have_count(1)  # the old report's goes with its run
    page.locator(".st-key-go-waiting button").click()
    page.locator(".st-key-resend button").click()
    expect(page.get_by_role("dialog")).to_contain_text("텍스트 오버레이")
    page.locator(".st-key-resend_confirmed button").click()
    expect(page.get_by_text("알림 1개를 다시 보냈고")).to_be_visible()
    expect(page).to_have_url(re.compile("view=waiting"))
    with reading(engine) as connection:
        actions = connection.scalars(text("SELECT action FROM feedly_dashboard.audit_log ORDER BY at")).all()
        assert list(actions) == ["repair_trigger", "touch_again"]

    page.locator(".st-key-view").get_by_text("지원 자료").click()
    with page.expect_download() as download:
        page.locator(".st-key-support_bundle button").click()
    with zipfile.ZipFile(download.value.path()) as bundle:
        assert {"checks.txt", "settings.json", "schema.json", "work.json"} <= set(bundle.namelist())


@pytest.mark.slow
def test_who_comes_back_reads_the_last_report_at_once_and_then_the_new_one(
    app_server: Callable[..., AppServer], page: Page, engine: Engine, our_schema: None, database_url: str
) -> None:
    """The trigger is lost after the first report; the page is asked for once that is no longer shared."""
    server = app_server(DATABASE_URL=database_url)
    page.goto(f"{server.url}/trigger_diagnostics?lang=en")
    first = page.get_by_text("checked at").inner_text()
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE jobs_variants DISABLE TRIGGER job_variant_state_change_trigger"))
    begun = time.monotonic()
    wait_until(lambda: time.monotonic() - begun > SHARED_SECONDS + 2, SHARED_SECONDS + 5, "an old report")
    page.add_init_script(NOTE_TIMES)
    page.reload()
    times = wait_until(
        lambda: (noted := page.evaluate("window.times")) and noted[1:] and noted, 30, "a new report"
    )
    assert times[0] == first != times[1]
    expect(page.get_by_text("The chain breaks at: Triggers")).to_be_visible()
