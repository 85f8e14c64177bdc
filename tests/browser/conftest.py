"""Real Chromium on the real dashboard. A test fails on any console error and any HTTP status >= 400."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)
from sqlalchemy import Engine

from feedly_core.analytics.contrast_pass import measure_everything
from feedly_core.analytics.refresher import rebuild
from feedly_core.settings import Settings, load_settings
from tests.browser.server import ARTIFACTS, LAUNCHED, AppServer, running_app
from tests.browser.watching import watch
from tests.browser.windows import KOREAN_PERSON, TIMEOUT_MS, Windows
from tests.conftest import MakeTemplate
from tests.factories import make_job

CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The shell first: the same Chromium without the windows, which take 1.4 CPU seconds per person."""


def installed_browser() -> str | None:
    """The path of an installed Chromium; None leaves it to Playwright's own."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


expect.set_options(timeout=30_000)

_PICTURES_IN_SIGHT_ARE_THERE = """() => [...document.images].every(picture => {
    const place = picture.getBoundingClientRect();
    return picture.complete || place.top > innerHeight || place.bottom < 0;
})"""


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """An installed Chromium, else the one that Playwright has installed."""
    running = playwright.chromium.launch(executable_path=installed_browser(), args=list(CHROMIUM_FLAGS))
    yield running
    running.close()


@pytest.fixture(scope="module")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """The dashboard as `make run` starts it on a fresh machine: embedded database, samples, simulator.

    With half the samples, which are of every kind. Only a job of a test must not happen to be one of the
    simulator's hopeless or wild ones, nor run faster than a page can follow.
    """
    home = tmp_path_factory.mktemp("demo home", numbered=True)  # the space is meant
    with running_app(
        home, program=LAUNCHED, FEEDLY_DEMO_SPEED="3", FEEDLY_DEMO_DISORDER="0", FEEDLY_DEMO_TROUBLE="0"
    ) as server:
        yield server


@pytest.fixture
def app_server(
    tmp_path: Path, new_database: Callable[[str | None], str]
) -> Iterator[Callable[..., AppServer]]:
    """Start dashboards with settings of the test's own: ``app_server(DATABASE_URL=…)``.

    They stop before the test's databases are dropped.
    """
    with contextlib.ExitStack() as stack:

        def start(
            arguments: tuple[str, ...] = (),
            program: str | tuple[str, ...] | None = None,
            port: int | None = None,
            **environment: str,
        ) -> AppServer:
            home = tmp_path / f"home {len(list(tmp_path.iterdir()))}"
            return stack.enter_context(
                running_app(home, arguments=arguments, program=program, port=port, **environment)
            )

        yield start


@pytest.fixture(scope="session")
def sixty_pictures(
    make_template: MakeTemplate, own_template: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """A database to copy: 20 finished jobs, 60 pictures, our schema, all measured; and their folder.

    Else each dashboard on a copy would measure the same pictures.
    """
    assets = tmp_path_factory.mktemp("sixty pictures")

    def fill(engine: Engine) -> None:
        for number in range(20):
            make_job(engine, assets_dir=assets, desc_kor=f"우동 {number}")
        now = datetime.now(UTC)
        rebuild(engine, lambda done, total: None, now=now)
        measure_everything(engine, load_settings(ASSETS_DIR=assets), now=now)

    return make_template("sixty_pictures", own_template, fill), assets


@pytest.fixture
def template(request: pytest.FixtureRequest, template: str) -> str:
    """The sixty pictures for who asks for a dashboard on them."""
    if "picture_server" not in request.fixturenames:
        return template
    return str(request.getfixturevalue("sixty_pictures")[0])


@pytest.fixture
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    if "picture_server" not in request.fixturenames:
        return settings
    return settings.model_copy(update={"assets_dir": request.getfixturevalue("sixty_pictures")[1]})


@pytest.fixture
def picture_server(app_server: Callable[..., AppServer], settings: Settings) -> AppServer:
    """A dashboard on 60 finished pictures, our schema installed."""
    assert settings.database_url is not None
    return app_server(
        DATABASE_URL=settings.database_url.get_secret_value(), ASSETS_DIR=str(settings.assets_dir)
    )


@pytest.fixture
def new_context(
    browser: Browser, app_server: Callable[..., AppServer]
) -> Iterator[Callable[..., BrowserContext]]:
    """Make browser contexts (one a person); on leaving, fail on what went wrong in any of them.

    They close before the servers of ``app_server`` stop, or what they still load would fail.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def make(*, allow_status: tuple[int, ...] = (), **options: object) -> BrowserContext:
        context = browser.new_context(**{**KOREAN_PERSON, **options})  # type: ignore[arg-type]
        context.set_default_timeout(TIMEOUT_MS)
        watch(context, problems, allow_status)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="session")
def windows(browser: Browser) -> Windows:
    return Windows(browser)


@pytest.fixture
def new_window(
    windows: Windows, app_server: Callable[..., AppServer], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """Open lasting windows (one a person, :meth:`Windows.take`); on leaving, fail on what went wrong in any.

    For whoever does not change the window itself: its scripts, its sockets, what it likes. Else a context.
    """
    failed = request.session.testsfailed
    yield windows.take
    found = windows.give_back(usable=request.session.testsfailed == failed)
    assert not found, "\n".join(found)


@pytest.fixture
def page(new_window: Callable[..., Page]) -> Page:
    """A Korean person's browser window, 1440 x 900."""
    return new_window()


@pytest.fixture
def screenshot() -> Callable[[Page, str], Path]:
    """Save a picture of the page below ``artifacts/``."""
    ARTIFACTS.mkdir(exist_ok=True)

    def save(page: Page, name: str) -> Path:
        path = ARTIFACTS / f"{name}.png"
        page.wait_for_function(_PICTURES_IN_SIGHT_ARE_THERE)
        page.screenshot(path=path)
        return path

    return save
