"""The whole app without a browser: every page through ``streamlit_app.py``, on a test database."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime import context
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import AppTest, app_test, local_script_runner
from streamlit.testing.v1.element_tree import Element
from streamlit.testing.v1.local_script_runner import LocalScriptRunner

from dashboard.server import startup
from feedly_core.settings import Settings

PROJECT = Path(__file__).parents[2]
TIMEOUT = 20.0

OpenPage = Callable[..., AppTest]
JOB_TABS = ("pictures", "scores", "texts", "cost")
"""Parts of a job's page on the results page, of which only the open one is drawn."""
JOB_VIEWS: tuple[tuple[str, dict[str, str]], ...] = (
    ("live_monitor", {}),
    *(("results", {"tab": tab}) for tab in JOB_TABS),
)
"""Every page and part that shows one job, with what its address says beside the job."""


@pytest.fixture(autouse=True)
def _main_module_stays() -> Iterator[None]:
    """Streamlit puts each script in its place, and a process that is started later would run that script."""
    ours = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = ours


@pytest.fixture(autouse=True, scope="session")
def _components_found_once() -> Iterator[None]:
    """A server looks for installed components once. Each AppTest looks again: three quarters of its time."""
    with pytest.MonkeyPatch.context() as patch:
        found = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", found)
        yield


@pytest.fixture(autouse=True, scope="session")
def _pages_compiled_once() -> Iterator[None]:
    """A server compiles a page once. Each AppTest compiles it again, for each run."""
    with pytest.MonkeyPatch.context() as patch:
        compiled = ScriptCache()
        for module in (app_test, local_script_runner):
            patch.setattr(module, "ScriptCache", lambda: compiled)
        yield


@pytest.fixture(autouse=True, scope="session")
def _runs_waited_for() -> Iterator[None]:
    """Wait for the end of a run's thread. AppTest looks each millisecond, and holds the run up."""
    with pytest.MonkeyPatch.context() as patch:
        look = local_script_runner.require_widgets_deltas

        def wait(runner: LocalScriptRunner, timeout: float = TIMEOUT) -> None:
            if runner._script_thread is not None:
                runner._script_thread.join(timeout)
            look(runner, 0.1)

        patch.setattr(local_script_runner, "require_widgets_deltas", wait)
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_request() -> Iterator[None]:
    """A run of AppTest belongs to no request. Its stand-in for one makes mocks of headers and cookies."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "_get_client_context", lambda: None)
        yield


@pytest.fixture(autouse=True)
def _framed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the launcher does: pages are drawn in the frame, not in Streamlit's old pages/ mode."""
    made = PagesManager.__init__

    def init(self: PagesManager, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", init)


@pytest.fixture
def open_app(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[..., OpenPage]]:
    """``open_app(settings)`` connects the dashboard and returns what opens its pages.

    Fails when a page logged an unexpected error; a test that means one calls ``caplog.clear()``.
    """

    def connect(settings: Settings) -> OpenPage:
        startup.start(settings, live=False).wait(TIMEOUT)
        return _open_page

    st.cache_data.clear()
    st.cache_resource.clear()
    yield connect
    startup.close()
    errors = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not errors, "\n".join(record.getMessage() for record in errors)


@pytest.fixture
def open_page(open_app: Callable[..., OpenPage], settings: Settings) -> OpenPage:
    """``open_page("results", language="en", job=id)`` on the test's fresh database: the page, run once."""
    return open_app(settings)


@pytest.fixture(autouse=True)
def _everything_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody scrolls here, and nobody opens a box."""
    monkeypatch.setattr("pages.shared.on_sight._seen", lambda _key: True)
    monkeypatch.setattr("pages.shared.when_open._is_open", lambda _box: True)


def _open_page(
    page: str = "overview",
    *,
    language: str = "en",
    user: dict[str, Any] | None = None,
    reviewer: str | None = None,
    **query: object,
) -> AppTest:
    """``user``: the claims of a login, as ``st.user`` shows them; None where there is no login.

    ``reviewer``: the name that whoever judges has said.
    """
    app = AppTest.from_file(str(PROJECT / "streamlit_app.py"), default_timeout=TIMEOUT)
    app.session_state["language"] = language
    app.user = user or {}
    if reviewer is not None:
        app.session_state["reviewer"] = reviewer
    for name, value in query.items():
        app.query_params[name] = str(value)
    if page != "overview":
        app.switch_page(f"pages/{page}.py")
    app.run()
    assert not app.exception, app.exception
    return app


def element(app: AppTest, key: str) -> Element:
    """The widget of this key; a container is none."""
    found = app.get_by_key(key)
    assert isinstance(found, Element), found
    return found


def elements(app: AppTest, kind: str) -> list[Element]:
    """All elements of this kind; a container is none."""
    found = app.get(kind)
    assert all(isinstance(each, Element) for each in found), found
    return [each for each in found if isinstance(each, Element)]


def words_of(app: AppTest) -> str:
    """Everything that the page says, to look for sentences in."""
    elements = (*app.main, *app.sidebar)
    return "\n".join(_words(element) for element in elements)


def _words(element: object) -> str:
    parts = [getattr(element, name, None) for name in ("label", "value", "body", "help")]
    parts.append(getattr(getattr(element, "proto", None), "body", None))
    return "\n".join(str(part) for part in parts if part is not None)
