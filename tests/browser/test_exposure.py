"""A server that the network can reach and where nobody signs in: refused, or meant and said on every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from feedly_core.settings import Settings
from pages.shared.navigation import PAGES
from tests.browser.server import AppServer
from tests.browser.walking import load, walk
from tests.factories import MadeJob, make_job

ON_THE_NETWORK = ("--server.address", "0.0.0.0")  # noqa: S104 - what the test is about


@pytest.fixture
def made(engine: Engine, settings: Settings) -> MadeJob:
    return make_job(engine, assets_dir=settings.assets_dir)


@pytest.fixture
def start(app_server: Callable[..., AppServer], settings: Settings) -> Callable[..., AppServer]:
    def on_the_network(**environment: str) -> AppServer:
        assert settings.database_url is not None
        return app_server(
            ON_THE_NETWORK,
            DATABASE_URL=settings.database_url.get_secret_value(),
            ASSETS_DIR=str(settings.assets_dir),
            **environment,
        )

    return on_the_network


@pytest.fixture
def page(new_window: Callable[..., Page]) -> Page:
    return new_window(locale="en-US", allow_status=(404,))


def visited(page: Page, server: AppServer) -> Iterator[str]:
    """Open every page, the first one as a new visitor."""
    first, *others = PAGES
    load(page, f"{server.url}/{first}?lang=en")
    yield first
    for name in others:
        walk(page, f"{server.url}/{name}")
        yield name


def test_it_is_refused_unless_it_is_meant(start: Callable[..., AppServer], made: MadeJob, page: Page) -> None:
    server = start()
    for _name in visited(page, server):
        expect(page.get_by_text("listens to the network, but nobody has to sign in")).to_be_visible()
        assert page.get_by_text("FEEDLY_EXPOSE_WITHOUT_LOGIN=1").count() == 1
    assert httpx.get(f"{server.url}/img/thumb/{made.picture_ids[0]}").status_code == 403
    assert httpx.get(f"{server.url}/metrics").status_code == 403


def test_meant_it_is_said_on_every_page(start: Callable[..., AppServer], made: MadeJob, page: Page) -> None:
    server = start(FEEDLY_EXPOSE_WITHOUT_LOGIN="1")
    for _name in visited(page, server):
        expect(page.locator(".fd-banner.fd-bad")).to_contain_text("Everybody who reaches this address")
    assert httpx.get(f"{server.url}/img/thumb/{made.picture_ids[0]}").status_code == 200
    told = httpx.get(f"{server.url}/metrics").text
    for name in PAGES:
        assert f'feedly_dashboard_page_seconds_count{{page="{name}"}}' in told
