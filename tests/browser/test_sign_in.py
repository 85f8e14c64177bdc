"""The whole way of a sign-in: Streamlit's login, a real OpenID Connect provider, roles by list and group."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from feedly_core.settings import Settings
from tests.browser.identity_provider import CLIENT, CLIENT_SECRET, IdentityProvider, identity_provider
from tests.browser.server import AppServer, usual_port
from tests.factories import MadeJob, make_job
from tests.waiting import wait_until

PEOPLE = {
    "Kim": {"email": "kim@feedly.example", "email_verified": True, "groups": ["pipeline"]},
    "Lee": {"email": "lee@feedly.example", "email_verified": True},
    "Mallory": {"email": "kim@feedly.example", "email_verified": False},
}


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with identity_provider(PEOPLE) as running:
        yield running


@pytest.fixture
def made(engine: Engine, settings: Settings) -> MadeJob:
    return make_job(engine, assets_dir=settings.assets_dir)


@pytest.fixture
def server(
    provider: IdentityProvider,
    made: MadeJob,
    app_server: Callable[..., AppServer],
    settings: Settings,
    tmp_path: Path,
) -> AppServer:
    secrets, port = tmp_path / "secrets.toml", usual_port()
    secrets.write_text(
        f"""
        [auth]
        redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
        cookie_secret = "only-for-this-test"
        client_id = "{CLIENT}"
        client_secret = "{CLIENT_SECRET}"
        server_metadata_url = "{provider.issuer}/.well-known/openid-configuration"
        """
    )
    assert settings.database_url is not None
    return app_server(
        ("--secrets.files", str(secrets)),
        port=port,
        DATABASE_URL=settings.database_url.get_secret_value(),
        ASSETS_DIR=str(settings.assets_dir),
        FEEDLY_OPERATORS="group:pipeline",
        FEEDLY_VIEWERS="@feedly.example",
    )


def sign_in(page: Page, server: AppServer, who: str) -> None:
    page.goto(server.url)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=who, exact=True).click()


def test_people_come_in_with_their_role_and_go_again(
    server: AppServer, made: MadeJob, new_window: Callable[..., Page]
) -> None:
    picture = f"{server.url}/img/thumb/{made.picture_ids[0]}"
    for who, told in (("Kim", "kim@feedly.example · operator"), ("Lee", "lee@feedly.example · viewer")):
        page = new_window(locale="en-US", allow_status=(404,))
        request = page.context.request
        assert request.get(picture).status == 401
        sign_in(page, server, who)
        expect(page.get_by_text(told)).to_be_visible()
        expect(page.locator("a.fd-card img").first).to_have_js_property("naturalWidth", 64)
        assert request.get(picture).status == 200
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        # The page says so before the browser has followed the address that takes the cookie away.
        wait_until(lambda: request.get(picture).status == 401, what="the cookie being gone")  # noqa: B023


def test_an_address_that_the_provider_has_not_proved_opens_nothing(
    server: AppServer, made: MadeJob, new_window: Callable[..., Page]
) -> None:
    page = new_window(locale="en-US", allow_status=(404,))
    sign_in(page, server, "Mallory")
    expect(page.get_by_text("is signed in, but not invited to this dashboard")).to_be_visible()
    assert page.locator("a.fd-card").count() == 0
    assert page.context.request.get(f"{server.url}/img/thumb/{made.picture_ids[0]}").status == 403


def test_a_link_opened_signed_out_leads_to_its_page_and_choices(
    server: AppServer, made: MadeJob, new_window: Callable[..., Page]
) -> None:
    page = new_window(locale="en-US", allow_status=(404,))
    asked = f"{server.url}/results?job={made.job_id}"
    page.goto(asked)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Lee", exact=True).click()
    expect(page).to_have_url(asked)
    expect(page.get_by_text(str(made.job_id)[:8]).first).to_be_visible()
    page.goto(server.url)  # once: the first page is the first page again
    expect(page).to_have_url(f"{server.url}/overview")
