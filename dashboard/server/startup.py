"""The one dashboard of a process: connections, start-up, shutdown.

Opening happens in a thread, so that the first page can show how far it is. A problem (no server,
wrong password, not FeedlyAI's database) is kept for the pages to show and tried again by itself.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from dashboard.extras import naming_the_extra
from dashboard.output import progress_bar, say
from dashboard.server.alert_sender import AlertSender
from dashboard.server.metrics import watch_queries
from feedly_core.analytics.contrast_pass import ContrastPass
from feedly_core.analytics.exclusive import ExclusiveWorker
from feedly_core.analytics.refresher import ReadModelRefresher
from feedly_core.campaigns.runner import CampaignRunner
from feedly_core.database_address import host_names, parse_address
from feedly_core.db.background import BackgroundWorker, Backoff
from feedly_core.db.engine import make_engine, reading, verify_feedly
from feedly_core.diagnostics.unknown_settings import unknown_settings
from feedly_core.errors import FeedlyError
from feedly_core.failures.drive import GroupRerunDriver
from feedly_core.golden_sets.schedule import start_due
from feedly_core.i18n import N_, Message, translate
from feedly_core.live.hub import Hub
from feedly_core.search.indexer import SearchIndexer
from feedly_core.settings import Settings, load_settings

RETRY_SECONDS = 10.0
"""Pause before a failed opening is tried again without being asked."""

_log = logging.getLogger("feedly.startup")


class NotOpenYet(FeedlyError):
    """A page needs the database before the start-up has ended."""


@dataclass(frozen=True)
class Progress:
    """Progress of the start-up: ``fraction`` 0 to 1, a sentence."""

    fraction: float
    sentence: Message


class Dashboard:
    """Settings, engine, hub and driver of this process.

    ``live`` starts the threads that follow and move jobs (hub, campaign driver, demo simulator);
    without it the dashboard only answers questions.
    """

    def __init__(self, settings: Settings, *, live: bool) -> None:
        self.settings = settings
        self.demo = settings.database_url is None
        self.hub: Hub | None = None
        self.driver: CampaignRunner | None = None
        self.reruns: GroupRerunDriver | None = None
        self.problem: FeedlyError | None = None
        self.progress = Progress(0.0, N_("Connecting to the database"))
        self._live = live
        self._engine: Engine | None = None
        self._resources = ExitStack()
        self._tried = threading.Event()
        self._opener = BackgroundWorker(
            "opening",
            self._try_to_open,
            _log,
            backoff=Backoff(RETRY_SECONDS, RETRY_SECONDS),
            failed=self._note_problem,
        )

    @property
    def ready(self) -> bool:
        return self._engine is not None

    @property
    def engine(self) -> Engine:
        """Raises the problem, or :class:`NotOpenYet`, while there is no database."""
        if self._engine is None:
            raise self.problem or NotOpenYet(self.progress.sentence)
        return self._engine

    @property
    def assets_dir(self) -> Path | None:
        """The folder that ``/assets/`` URLs point into.

        The demo's own once it is ready.
        """
        return self.settings.assets_dir

    @property
    def database_name(self) -> str:
        """Name and host for the banner, without user and password."""
        if self.demo or self.settings.database_url is None:
            return "demo"
        url = parse_address(self.settings.database_url.get_secret_value())
        return f"{url.database or ''}@{host_names(url)}"

    def open(self) -> None:
        """Begin to open, in a thread."""
        self._opener.start()

    def wait(self, timeout: float) -> None:
        """Wait until the first attempt ends, or ``timeout`` seconds."""
        self._tried.wait(timeout)

    def retry(self) -> None:
        """Try a failed opening again now."""
        self._opener.retry()

    def close(self) -> None:
        """Stop every thread and connection, last opened first.

        May be called twice.
        """
        self._opener.stop(RETRY_SECONDS)
        self._engine = None
        self._resources.close()

    def _try_to_open(self) -> None:
        try:
            self._open()
        except NotOpenYet as stopping:
            self.problem = stopping
        self._tried.set()
        self._opener.finish()

    def _note_problem(self, error: Exception) -> None:
        self.problem = error if isinstance(error, FeedlyError) else _unforeseen(error)
        self._tried.set()

    def _open(self) -> None:
        with ExitStack() as opened:
            settings = self._prepare_demo(opened) if self.demo else self.settings
            engine = make_engine(settings)
            opened.callback(engine.dispose)
            watch_queries(engine)
            with reading(engine) as connection:
                verify_feedly(connection)
            if self._live:
                self.hub, self.driver = self._start_threads(engine, settings, opened)
            self._resources = opened.pop_all()
        self.settings = settings
        self.problem = None
        self._engine = engine

    def _prepare_demo(self, opened: ExitStack) -> Settings:
        with naming_the_extra():
            from dashboard.demo.setup import prepare_demo
        with progress_bar() as in_the_terminal:

            def told(fraction: float, sentence: Message) -> None:
                self._report(fraction, sentence)
                in_the_terminal(fraction, sentence)

            ready = prepare_demo(self.settings, told)
        opened.callback(ready.close)
        say(N_("The demo is ready"))
        return ready.settings(self.settings)

    def _start_threads(
        self, engine: Engine, settings: Settings, opened: ExitStack
    ) -> tuple[Hub, CampaignRunner | None]:
        hub, driver = Hub(engine, settings), None
        opened.callback(hub.stop)
        hub.start()
        if not settings.read_only:
            driver = CampaignRunner(engine, hub, assets_dir=settings.assets_dir, duties=(start_due,))
            opened.callback(driver.stop)
            driver.start()
            threads: tuple[ExclusiveWorker, ...] = (
                ReadModelRefresher(engine),
                ContrastPass(engine, settings),
                SearchIndexer(engine),
                AlertSender(engine, settings, hub),
            )
            self.reruns = GroupRerunDriver(engine)
            opened.callback(self.reruns.stop)
            self.reruns.start()
            for thread in threads:
                opened.callback(thread.stop)
                thread.start()
                opened.callback(hub.subscribe(_waking(thread)))
        if self.demo and settings.database_url and settings.assets_dir:
            from dashboard.demo.simulator import Simulator

            simulator = Simulator(settings.database_url.get_secret_value(), settings.assets_dir, settings)
            opened.callback(simulator.stop)
            simulator.start()
        return hub, driver

    def _report(self, fraction: float, sentence: Message) -> None:
        """Raises :class:`NotOpenYet` to end the making of the demo when the server stops meanwhile."""
        if self._opener.stopping.is_set():
            raise NotOpenYet(N_("The dashboard is stopping."))
        self.progress = Progress(min(max(fraction, 0.0), 1.0), sentence)


def _waking(worker: ExclusiveWorker) -> Callable[[int], None]:
    return lambda version: worker.wake()


def _unforeseen(error: Exception) -> FeedlyError:
    return FeedlyError(
        N_("The dashboard could not be started ({kind}).", kind=type(error).__name__),
        hint=N_("The server's log says more. It is tried again by itself."),
    )


_current: Dashboard | None = None
_lock = threading.Lock()


def start(
    settings: Settings | None = None,
    *,
    live: bool = True,
    prepare: Callable[[Settings], None] = lambda settings: None,
) -> Dashboard:
    """Make the process's dashboard and begin to open it.

    One that was there before is closed.

    Without ``settings`` the environment is read. ``prepare`` may refuse them. A refusal becomes the
    dashboard's problem, which only a restart ends.
    """
    global _current
    close()
    with _lock:
        try:
            settings = settings or load_settings()
            for unknown in unknown_settings(settings):
                _log.warning("%s", translate(unknown, "en"))
            prepare(settings)
            _current = Dashboard(settings, live=live)
            _current.open()
        except FeedlyError as problem:
            _current = Dashboard(Settings.model_construct(), live=False)
            _current.demo, _current.problem = False, problem
        return _current


def current() -> Dashboard:
    """The process's dashboard.

    Without a launcher (a bare script run) one is made that is not live.
    """
    if _current is None:
        atexit.register(close)
        return start(live=False)
    return _current


def close() -> None:
    """Close the process's dashboard, if there is one."""
    global _current
    with _lock:
        dashboard, _current = _current, None
    if dashboard is not None:
        dashboard.close()
