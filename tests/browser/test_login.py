"""The real server with a login: Streamlit's own cookie opens our own routes, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import websocket
from itsdangerous import URLSafeTimedSerializer
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from feedly_core.settings import Settings
from tests.browser.server import AppServer
from tests.factories import MadeJob, make_job

COOKIE = "_streamlit_user"
FOREIGN = "https://evil.example"
COOKIE_SECRET = "only-for-this-test"
SECRETS = f"""
[auth]
redirect_uri = "http://127.0.0.1/oauth2callback"
cookie_secret = "{COOKIE_SECRET}"
client_id = "dashboard"
client_secret = "unused"
server_metadata_url = "http://127.0.0.1:9/.well-known/openid-configuration"
"""


@pytest.fixture
def made(engine: Engine, settings: Settings) -> MadeJob:
    return make_job(engine, assets_dir=settings.assets_dir)


@pytest.fixture
def server(app_server: Callable[..., AppServer], settings: Settings, tmp_path: Path) -> AppServer:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(SECRETS)
    assert settings.database_url is not None
    return app_server(
        ("--secrets.files", str(secrets)),
        DATABASE_URL=settings.database_url.get_secret_value(),
        ASSETS_DIR=str(settings.assets_dir),
        FEEDLY_VIEWERS="@feedly.example",
    )


def cookie(server: AppServer, email: str, secret: str = COOKIE_SECRET) -> str:
    """The cookie that Streamlit sets after a sign-in."""
    claims = {"origin": server.url, "is_logged_in": True, "email": email}
    return str(URLSafeTimedSerializer(secret, salt=COOKIE).dumps(json.dumps(claims)))


def test_our_own_routes_open_with_the_cookie_of_the_login_alone(server: AppServer, made: MadeJob) -> None:
    kim, stranger = cookie(server, "kim@feedly.example"), cookie(server, "stranger@other.example")
    forged = cookie(server, "kim@feedly.example", secret="guessed")
    picture = made.picture_ids[0]
    for path, there in (
        (f"img/thumb/{picture}", 200),
        (f"img/full/{picture}", 200),
        (f"img/mask/{made.job_id}", 404),  # the job has no file of it: asked for, not refused
        ("metrics", 200),
    ):

        def status(path: str = path, *, value: str = "", origin: str = server.url) -> int:
            headers = {"cookie": f"{COOKIE}={value}", "origin": origin}
            return httpx.get(f"{server.url}/{path}", headers=headers).status_code

        answers = [status(), status(value=forged), status(value=stranger), status(value=kim)]
        assert answers == [401, 401, 403, there], path
        assert status(value=kim, origin=FOREIGN) == 403, path


def test_the_live_socket_opens_with_the_cookie_of_the_login_alone(server: AppServer, made: MadeJob) -> None:
    socket = server.url.replace("http", "ws") + "/live/ws"
    kim, stranger = cookie(server, "kim@feedly.example"), cookie(server, "stranger@other.example")
    for value, origin in (("", server.url), (stranger, server.url), (kim, FOREIGN)):
        refused = websocket.WebSocket()
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            refused.connect(socket, origin=origin, cookie=f"{COOKIE}={value}")
        refused.shutdown()
    opened = websocket.WebSocket()
    opened.connect(socket, origin=server.url, cookie=f"{COOKIE}={kim}")
    opened.close()


def test_the_page_asks_to_sign_in_and_then_names_the_person(
    server: AppServer, made: MadeJob, new_window: Callable[..., Page]
) -> None:
    page = new_window(locale="en-US", allow_status=(404,))
    page.goto(server.url)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.get_by_text("test_").count() == 0
    kim = cookie(server, "kim@feedly.example")
    page.context.add_cookies([{"name": COOKIE, "value": kim, "url": server.url}])
    page.reload()
    expect(page.get_by_text("kim@feedly.example · viewer")).to_be_visible()
    expect(page.locator("a.fd-card img").first).to_have_js_property("complete", True)
