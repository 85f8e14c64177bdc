"""The pipeline simulator: plays the three services on a demo database, one process at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine

from dashboard.demo.asset_store import AssetStore
from dashboard.demo.marker import require_demo
from dashboard.demo.simulator.calls import Calls
from dashboard.demo.simulator.listener import ServiceListener
from dashboard.demo.simulator.pace import RECONNECT_SECONDS, REPAIR_SECONDS, Pace
from dashboard.demo.simulator.reactions import Reactions
from dashboard.demo.simulator.recovery import (
    repair_completed,
    skip_failed,
    unfinished_jobs,
    unfinished_variants,
)
from dashboard.demo.simulator.scenarios import Scenarios
from dashboard.demo.simulator.workers import StepWorker
from feedly_core.database_address import parse_address
from feedly_core.db.background import BackgroundWorker, Backoff
from feedly_core.errors import DemoRefused, FeedlyError
from feedly_core.settings import Settings

WORKERS = 3
STANDBY_SECONDS = 2.0
"""How often a process that may not simulate asks whether it may."""

LISTEN_SECONDS = 0.25
"""Longest wait before the listener looks whether it should stop."""

_log = logging.getLogger("feedly.demo")


class SimulatorState(StrEnum):
    STARTING = "starting"
    WORKING = "working"
    STANDBY = "standby"
    RECONNECTING = "reconnecting"
    STOPPED = "stopped"
    REFUSED = "refused"


class Simulator:
    """One listening thread and a few workers.

    Refuses a database that is not marked as a demo.

    ``url`` and ``assets_dir`` are the demo's; the speed and the shares of wild and troubled jobs come from
    the settings, the seed from the database's mark.
    """

    def __init__(
        self,
        url: str,
        assets_dir: Path,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        workers: int = WORKERS,
    ) -> None:
        self.state = SimulatorState.STARTING
        self.problem: FeedlyError | None = None
        self._asset_store = AssetStore(assets_dir)
        self._settings = settings
        self._clock = clock
        self._workers = workers
        reconnect = RECONNECT_SECONDS / settings.demo_speed
        self._worker = BackgroundWorker(
            "demo simulator",
            self._shift,
            _log,
            backoff=Backoff(reconnect, 5 * reconnect),
            failed=self._lost,
            ended=self._ended,
        )
        self._stop = self._worker.stopping
        self._pace = Pace(settings.demo_speed, self._stop)
        self._engine = create_engine(
            parse_address(url),
            pool_size=workers + 1,
            max_overflow=1,
            pool_pre_ping=True,
            connect_args={"application_name": "feedly-simulator worker", "connect_timeout": 5},
        )
        self._listener = ServiceListener(url)

    def start(self) -> None:
        """Begin in the background."""
        self._worker.start()

    def stop(self, timeout: float = 5.0) -> None:
        """End every thread.

        Running steps are rolled back, and the next start resumes them.
        """
        self._worker.stop(timeout)

    def _ended(self) -> None:
        self._listener.close()
        self._engine.dispose()
        if self.state is not SimulatorState.REFUSED:
            self.state = SimulatorState.STOPPED

    def _lost(self, _error: Exception) -> None:
        self.state = SimulatorState.RECONNECTING

    def _shift(self) -> float:
        """From getting the exclusive right until the connection is lost or the simulator stops."""
        try:
            with self._engine.connect() as connection:
                seed = require_demo(connection).seed
        except DemoRefused as refusal:
            _log.warning("%s", refusal)
            self.problem, self.state = refusal, SimulatorState.REFUSED
            self._worker.finish()
            return 0.0
        scenarios = Scenarios(seed, self._settings.demo_disorder, self._settings.demo_trouble)
        try:
            if not self._listener.open():
                self.state = SimulatorState.STANDBY
                return STANDBY_SECONDS
            self._simulate(self._engine, self._listener, scenarios)
        finally:
            self._listener.close()
        return 0.0

    def _simulate(self, engine: Engine, listener: ServiceListener, scenarios: Scenarios) -> None:
        calls = Calls()
        step_worker = StepWorker(engine, calls, scenarios, self._asset_store, self._pace, self._clock)
        workers = [
            threading.Thread(target=step_worker.work, name=f"demo-worker-{number}", daemon=True)
            for number in range(1, self._workers + 1)
        ]
        for worker in workers:
            worker.start()
        self.state = SimulatorState.WORKING
        try:
            self._listen(engine, listener, calls, scenarios)
        finally:
            calls.close()
            for worker in workers:
                worker.join()

    def _listen(self, engine: Engine, listener: ServiceListener, calls: Calls, scenarios: Scenarios) -> None:
        reactions = Reactions(calls, scenarios)
        interval = timedelta(seconds=self._pace.scaled(REPAIR_SECONDS))
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            now = self._clock()
            _repair(connection, calls, scenarios, now, idle_since=now)
            repaired_at = now
            while not self._stop.is_set():
                for by_ye, event in listener.receive(LISTEN_SECONDS):
                    if by_ye:
                        reactions.received_by_ye(event)
                    else:
                        reactions.received_by_yh(connection, event, self._clock())
                now = self._clock()
                if now - repaired_at >= interval:
                    _repair(connection, calls, scenarios, now, idle_since=now - interval)
                    repaired_at = now


def _repair(
    connection: Connection, calls: Calls, scenarios: Scenarios, now: datetime, idle_since: datetime
) -> None:
    """Resume idle work: all of it at the start, later only rows that were idle for a while."""
    for call in (
        *unfinished_variants(connection, scenarios, idle_since),
        *unfinished_jobs(connection, idle_since),
    ):
        calls.add(call)
    skip_failed(connection, scenarios, now, idle_since)
    repair_completed(connection, now)
