"""Below a path of another site: the real nginx with the block that ``deploy/nginx.conf`` gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, expect
from sqlalchemy import Engine

from feedly_core.settings import Settings
from tests.browser.nginx import needs_nginx, nginx
from tests.browser.server import PROJECT, AppServer
from tests.factories import MadeJob, make_job

BASE = "dashboard"

pytestmark = needs_nginx


@pytest.fixture
def made(engine: Engine, settings: Settings) -> MadeJob:
    return make_job(engine, assets_dir=settings.assets_dir)


@pytest.fixture
def server(app_server: Callable[..., AppServer], settings: Settings, made: MadeJob) -> AppServer:
    assert settings.database_url is not None
    return app_server(
        STREAMLIT_SERVER_BASE_URL_PATH=BASE,
        DATABASE_URL=settings.database_url.get_secret_value(),
        ASSETS_DIR=str(settings.assets_dir),
    )


@pytest.fixture
def site(server: AppServer, tmp_path: Path) -> Iterator[str]:
    """Address of the dashboard behind nginx."""
    block = (PROJECT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    with nginx(tmp_path, block.replace("http://127.0.0.1:8501", server.url), f"/{BASE}") as address:
        yield address


def test_pages_pictures_and_live_updates_work_below_a_path(
    site: str, made: MadeJob, engine: Engine, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(locale="en-US", allow_status=(404,)).new_page()
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(f"{site}/overview")
    expect(page.locator(".fd-verdict")).to_contain_text("No job is on its way.")
    expect(page.locator(".fd-card img").first).to_have_js_property("naturalWidth", 64)
    make_job(engine, step="vlm_analyze", status="running", variants=[("planner", "done")])
    expect(page.locator(".fd-verdict")).to_contain_text("1 job is on its way.")
    live = [re.sub(r"^ws://[^/]+", "", url) for url in sockets if "/live/" in url]
    assert live == [f"/{BASE}/live/ws"]
    page.locator(".fd-card").first.click()
    expect(page).to_have_url(re.compile(rf"/{BASE}/results\?job={made.job_id}"))


def test_the_rest_of_the_site_stays_itself(site: str) -> None:
    root = site.removesuffix(BASE)
    assert httpx.get(root).text == "another site"
    assert httpx.get(f"{root}live/ws").text == "another site"
    assert httpx.get(f"{site}/metrics").text.startswith("# HELP")
