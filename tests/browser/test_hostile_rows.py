"""Hostile rows in every text and document: no script runs, no page fails, in the real browser.

``make test`` tries scripts and two other cases at one place of each kind; ``make walks`` all of them.
"""

from __future__ import annotations

import random
from collections import defaultdict
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
from tests.browser.sampling import SAMPLE_AND_ALL, SEED, places
from tests.browser.server import AppServer
from tests.browser.walking import walk
from tests.factories import MadeJob, make_job
from tests.page_parts import PARTS

NOT_DRAWN = "This part of the page could not be drawn"

CASES_OF_A_SAMPLE = 2
"""Beside scripts, which no sample leaves out."""


@dataclass(frozen=True)
class Poisoned:
    """One case's complete job and the meeting that talks about it."""

    job: MadeJob
    meeting: UUID


@pytest.fixture
def poisoned(engine: Engine, settings: Settings, everything: bool) -> dict[str, Poisoned]:
    """By case: a complete job with all that a team said about it, and one in flight; then all is rewritten.

    The tenants' ids are scripts too.
    """
    own_schema.install(engine)
    poisoner, made = Poisoner(), {}
    for case in CASES if everything else sampled_cases():
        tenant = f"{case} {poisoned_text(case) if case != 'huge' else SCRIPT}"[:200]
        job = make_job(engine, assets_dir=settings.assets_dir, tenant_id=tenant)
        make_job(engine, step="vlm_analyze", status="running", variants=[("planner", "done")])
        made[case] = Poisoned(job, leave_memories(engine, settings, job, poisoned_text(case)))
        rebuild(engine, lambda done, total: None, now=datetime.now(UTC))
        with writing(engine) as connection:
            assert poisoner.poison(connection, case) > 60
    return made


def sampled_cases() -> list[str]:
    others = sorted(CASES.keys() - {"script"})
    return ["script", *random.Random(SEED).sample(others, CASES_OF_A_SAMPLE)]


@SAMPLE_AND_ALL
def test_every_page_survives(
    everything: bool,
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
    page.goto(f"{server.url}/?lang=en")
    wait_until_drawn(page)
    for address in places(addresses(poisoned), everything):
        if everything and address in PAGES:
            page.goto(f"{server.url}/{address}?lang=en")
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
    new_window: Callable[..., Page],
) -> None:
    """Streamlit's own button writes ``=HYPERLINK(…)`` as it is; our downloads put an apostrophe before it."""
    make_job(engine, step="user_img_input", variants=[("user_img_input", "done")], tenant_id=FORMULA)
    assert settings.database_url is not None
    server = app_server(DATABASE_URL=settings.database_url.get_secret_value())
    page = new_window(locale="en-US", allow_status=(404,))
    page.goto(f"{server.url}/create_jobs?lang=en&part=ye")
    page.get_by_test_id("stDataFrame").first.hover()
    toolbar = page.get_by_test_id("stElementToolbar").first
    expect(toolbar.get_by_role("button", name="Search")).to_be_visible()
    expect(toolbar.get_by_role("button", name="Download as CSV")).to_have_count(0)


def addresses(poisoned: dict[str, Poisoned]) -> dict[str, list[str]]:
    """By kind: every page with its parts, and each case's job wherever a job is shown by itself."""
    found = defaultdict(list)
    for name in PAGES:
        parameter, parts = PARTS.get(name, ("", ()))
        found[name] = [name, *(f"{name}?{parameter}={part}" for part in parts)]
    found["review"] += [f"review?view=runs&kind={kind}" for kind in ("job", "campaign")]
    for case, what in poisoned.items():
        for kind, address in of_one_case(what):
            found[kind].append(f"{address}&case={case}")
    return found


def of_one_case(what: Poisoned) -> Iterator[tuple[str, str]]:
    """Kind and address of whatever shows this job or this meeting by itself."""
    job = what.job.job_id
    yield "live job", f"live_monitor?job={job}"
    yield "job", f"results?job={job}"
    yield from (("part of a job", f"results?job={job}&tab={tab}") for tab in ("scores", "texts", "cost"))
    yield "comparison", f"results?compare={'.'.join(map(str, what.job.variant_ids[:2]))}"
    meeting = f"review?view=meeting&meeting={what.meeting}"
    yield from (("meeting", meeting), ("agenda", f"{meeting}&agenda=edit"))
    yield "minutes", f"review?view=minutes&held={what.meeting}"


def asked(address: str) -> dict[str, str]:
    """What the address names."""
    return dict(parse_qsl(urlsplit(address).query))


def wait_until_drawn(page: Page) -> None:
    """The title is there and the server has finished the run."""
    expect(page.locator('[data-testid="stMain"] h1').first).to_be_visible(timeout=30_000)
    expect(page.locator('[data-testid="stApp"]')).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=30_000
    )
