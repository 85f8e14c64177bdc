"""Below a path of another site: the real nginx with the block that ``deploy/nginx.conf`` gives."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, expect
from sqlalchemy import Engine

from feedly_core.settings import Settings
from tests.browser.server import PROJECT, AppServer, free_port
from tests.factories import MadeJob, make_job
from tests.waiting import wait_until

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
BASE = "dashboard"
SITE = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{ listen 127.0.0.1:{port}; {block} location / {{ return 200 "another site"; }} }}
}}
"""

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


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
    port, folder = free_port(), tmp_path / "nginx"
    folder.mkdir()
    block = (PROJECT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    block = block.replace("http://127.0.0.1:8501", server.url)
    config = folder / "nginx.conf"
    config.write_text(SITE.format(folder=folder, port=port, block=block))
    process = subprocess.Popen([str(NGINX), "-c", str(config), "-p", str(folder)])
    address = f"http://127.0.0.1:{port}/{BASE}"
    wait_until(lambda: _answers(f"{address}/_stcore/health"), what="nginx")
    yield address
    process.terminate()
    process.wait(10)


def _answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(url).text == "ok"
    return False


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
