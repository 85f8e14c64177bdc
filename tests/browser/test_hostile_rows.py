"""Hostile rows in every text and document: no script runs, no page fails, in the real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from feedly_core.analytics.refresher import rebuild
from feedly_core.db import own_schema
from feedly_core.db.engine import writing
from feedly_core.settings import Settings
from pages.shared.navigation import PAGES
from tests.browser.hostile import CASES, FORMULA, SCRIPT, Poisoner, poisoned_text
from tests.browser.memories import leave_memories
from tests.browser.server import AppServer
from tests.browser.walking import walk
from tests.factories import MadeJob, make_job
from tests.page_parts import PARTS

NOT_DRAWN = "This part of the page could not be drawn"

FIRST = "?lang=en"
"""Ends the address of a page that is loaded whole; from there the walk goes on within the app."""


@dataclass(frozen=True)
class Poisoned:
    """One case's complete job and the meeting that talks about it."""

    job: MadeJob
    meeting: UUID


@pytest.fixture
def poisoned(engine: Engine, settings: Settings) -> dict[str, Poisoned]:
    """By case: a complete job with all that a team said about it, and one in flight; then all is rewritten.

    The tenants' ids are scripts too.
    """
    own_schema.install(engine)
    poisoner, made = Poisoner(), {}
    for case in CASES:
        tenant = f"{case} {poisoned_text(case) if case != 'huge' else SCRIPT}"[:200]
        job = make_job(engine, assets_dir=settings.assets_dir, tenant_id=tenant)
        make_job(engine, step="vlm_analyze", status="running", variants=[("planner", "done")])
        made[case] = Poisoned(job, leave_memories(engine, settings, job, poisoned_text(case)))
        rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
        with writing(engine) as connection:
            assert poisoner.poison(connection, case) > 60
    return made


def test_every_page_survives(
    poisoned: dict[str, Poisoned],
    settings: Settings,
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
) -> None:
    assert settings.database_url is not None
    server = app_server(
        DATABASE_URL=settings.database_url.get_secret_value(), ASSETS_DIR=str(settings.assets_dir)
    )
    context = new_context(locale="en-US", allow_status=(404,))
    context.add_cookies([{"name": "feedly_reviewer", "value": "kim", "url": server.url}])
    page = context.new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog was opened: {dialog.message}"))
    for address in addresses(poisoned):
        if address.endswith(FIRST):
            page.goto(f"{server.url}/{address}")
            wait_until_drawn(page)
        else:
            walk(page, f"{server.url}/{address}")
            wait_until_drawn(page)
            assert asked(address).items() <= asked(page.url).items(), "the page shows what it was asked for"
        assert page.get_by_text(NOT_DRAWN).count() == 0, f"{address}\n{server.log_text()[-3000:]}"
        assert page.evaluate("window.pwned") is None, address
        assert page.locator('[data-testid="stMain"] a[href^="javascript"]').count() == 0, address
    assert "Traceback" not in server.log_text()


def test_a_table_offers_no_download_that_keeps_formulas(
    engine: Engine,
    settings: Settings,
    app_server: Callable[..., AppServer],
    new_context: Callable[..., BrowserContext],
) -> None:
    """Streamlit's own button writes ``=HYPERLINK(…)`` as it is; our downloads put an apostrophe before it."""
    make_job(engine, step="user_img_input", variants=[("user_img_input", "done")], tenant_id=FORMULA)
    assert settings.database_url is not None
    server = app_server(DATABASE_URL=settings.database_url.get_secret_value())
    page = new_context(locale="en-US", allow_status=(404,)).new_page()
    page.goto(f"{server.url}/create_jobs?lang=en&part=ye")
    page.get_by_test_id("stDataFrame").first.hover()
    toolbar = page.get_by_test_id("stElementToolbar").first
    expect(toolbar.get_by_role("button", name="Search")).to_be_visible()
    expect(toolbar.get_by_role("button", name="Download as CSV")).to_have_count(0)


def addresses(poisoned: dict[str, Poisoned]) -> Iterator[str]:
    """Every page, every part of one, and each case's job wherever a job is shown by itself."""
    for name in PAGES:
        yield f"{name}{FIRST}"
        parameter, parts = PARTS.get(name, ("", ()))
        for query in (*(f"{parameter}={part}" for part in parts), *of_each_case(name, poisoned)):
            yield f"{name}?{query}"


def of_each_case(name: str, poisoned: dict[str, Poisoned]) -> Iterator[str]:
    for case, what in poisoned.items():
        if name in ("results", "live_monitor"):
            yield f"job={what.job.job_id}&case={case}"
        if name == "results":
            yield from (f"job={what.job.job_id}&case={case}&tab={tab}" for tab in ("scores", "texts", "cost"))
            first, second = what.job.variant_ids[:2]
            yield f"compare={first}.{second}&case={case}"
        if name == "review":
            for view in (f"meeting={what.meeting}", f"meeting={what.meeting}&agenda=edit"):
                yield f"view=meeting&{view}&case={case}"
            yield f"view=minutes&held={what.meeting}&case={case}"
    if name == "review":
        for kind in ("job", "campaign"):
            yield f"view=runs&kind={kind}"


def asked(address: str) -> dict[str, str]:
    """What the address names."""
    return dict(parse_qsl(urlsplit(address).query))


def wait_until_drawn(page: Page) -> None:
    """The title is there and the server has finished the run."""
    expect(page.locator('[data-testid="stMain"] h1').first).to_be_visible(timeout=30_000)
    expect(page.locator('[data-testid="stApp"]')).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=30_000
    )
