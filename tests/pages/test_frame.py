"""The frame around every page: language, banner, and what is shown when there is no database."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
from pydantic import SecretStr

from dashboard.demo.postgres import EmbeddedPostgres
from dashboard.server import startup
from dashboard.server.exposure import check_exposure
from feedly_core.i18n import translate
from feedly_core.settings import Settings, load_settings
from feedly_core.version import __version__
from pages.shared.navigation import PAGES
from tests.pages.conftest import OpenPage, element, words_of
from tests.waiting import wait_until


def test_the_menu_speaks_the_chosen_language(open_page: OpenPage) -> None:
    assert "한눈에 보기" in words_of(open_page(language="ko"))
    assert "Overview" in words_of(open_page(language="en"))


def test_the_sidebar_ends_with_the_version(open_page: OpenPage) -> None:
    assert open_page(language="en").sidebar.caption[-1].value == f"Version {__version__}"
    assert open_page(language="ko").sidebar.caption[-1].value == f"버전 {__version__}"


def test_the_switch_changes_the_language_of_the_page(open_page: OpenPage) -> None:
    app = open_page(language="ko")
    element(app, "language").set_value("en").run()
    assert app.title[0].value == "Overview"


def test_an_asked_language_gives_way_to_the_switch(open_page: OpenPage) -> None:
    app = open_page(language="ko", lang="en")
    element(app, "language").set_value("en").run()
    assert "lang" not in app.query_params


def test_the_banner_names_the_database_without_its_password(
    open_app: Callable[..., OpenPage], settings: Settings
) -> None:
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value().replace("postgres@", "postgres:hushhush@")
    words = words_of(open_app(settings.model_copy(update={"database_url": SecretStr(url)}))())
    assert "test_" in words
    assert "hushhush" not in words


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://nobody:hushhush@127.0.0.1:9/feedlyai", "127.0.0.1"),
        ("postgresql://nobody:hushhush@no-such-host.invalid/feedlyai", "no-such-host"),
    ],
)
def test_an_unreachable_database_is_explained_on_every_page(
    open_app: Callable[..., OpenPage], url: str, told: str
) -> None:
    app = open_app(load_settings(DATABASE_URL=url))()
    words = words_of(app)
    assert "hushhush" not in words
    assert "fd-bad" in words
    assert app.button[0].label == "Try again now"


@pytest.fixture
def url_of_a_stranger(postgres: EmbeddedPostgres, database_url: str) -> Iterator[str]:
    """The URL of a role whose password the server asks for, with a wrong one."""
    with contextlib.closing(psycopg2.connect(postgres.url("postgres"))) as admin, admin.cursor() as cursor:
        admin.autocommit = True
        cursor.execute("CREATE ROLE stranger LOGIN PASSWORD 'rightright'")
        cursor.execute("SHOW hba_file")
        shown = cursor.fetchone()
        assert shown is not None
        rules = Path(shown[0])
        before = rules.read_text()
        rules.write_text("local all stranger scram-sha-256\n" + before)
        cursor.execute("SELECT pg_reload_conf()")
        url = database_url.replace("postgres@", "stranger:hushhush@")
        wait_until(lambda: not _lets_in(url), what="the new rule")
        yield url
        rules.write_text(before)
        cursor.execute("SELECT pg_reload_conf()")
        cursor.execute("DROP ROLE stranger")


def _lets_in(url: str) -> bool:
    try:
        psycopg2.connect(url).close()
    except psycopg2.OperationalError:
        return False
    return True


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "refused the user name or password"), ("ko", "비밀번호")],
)
def test_a_wrong_password_is_called_one(
    open_app: Callable[..., OpenPage], url_of_a_stranger: str, language: str, told: str
) -> None:
    words = words_of(open_app(load_settings(DATABASE_URL=url_of_a_stranger))(language=language))
    assert told in words
    assert "hushhush" not in words and "stranger:" not in words


def test_a_foreign_database_is_refused_with_what_is_missing_and_stays_as_it_is(
    open_app: Callable[..., OpenPage], empty_database_url: str
) -> None:
    words = words_of(open_app(load_settings(DATABASE_URL=empty_database_url))())
    assert "This database is not FeedlyAI" in words
    assert "jobs_variants" in words
    with (
        contextlib.closing(psycopg2.connect(empty_database_url)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT count(*) FROM pg_class WHERE relnamespace >= 16384 OR oid >= 16384")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("page", list(PAGES))
def test_every_page_opens_in_the_frame_on_an_empty_database(open_page: OpenPage, page: str) -> None:
    app = open_page(page, language="ko")
    assert translate(PAGES[page].title, "ko") in words_of(app)
    assert element(app, "language").value == "ko"


def test_the_diagnostics_work_without_a_database(open_app: Callable[..., OpenPage]) -> None:
    settings = load_settings(DATABASE_URL="postgresql://nobody@127.0.0.1:9/feedlyai")
    words = words_of(open_app(settings)("trigger_diagnostics"))
    assert translate(PAGES["trigger_diagnostics"].purpose, "en") in words


def test_a_refused_exposure_shows_why_and_nothing_else(
    open_app: Callable[..., OpenPage], settings: Settings
) -> None:
    def refuse(_settings: Settings) -> None:
        check_exposure(settings, address=None, has_login=False)

    open_page = open_app(settings)
    startup.start(settings, live=False, prepare=refuse)
    words = words_of(open_page("trigger_diagnostics"))
    assert "FEEDLY_EXPOSE_WITHOUT_LOGIN" in words
    assert translate(PAGES["trigger_diagnostics"].purpose, "en") not in words


def test_who_looks_is_asked_once_per_run_and_again_in_the_next(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit reads its secrets each time; a gallery of sixty cards asked sixty times."""
    asked: list[None] = []
    monkeypatch.setattr("pages.shared.person.page_claims", lambda: asked.append(None))
    page = open_page("results", language="ko")
    first = len(asked)
    page.run()
    assert len(asked) - first == 1, asked
