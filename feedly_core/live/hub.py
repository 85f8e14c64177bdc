"""The hub: state in flight, kept by one thread for all viewers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Engine

from feedly_core.analytics.durations import StepDurations
from feedly_core.live.board import Board, BoardFilters, RecentViews
from feedly_core.live.events import Event
from feedly_core.live.metrics import Metrics, MetricsReader
from feedly_core.live.publisher import Publisher
from feedly_core.live.recorder import Recorder
from feedly_core.live.snapshot import HubState, Snapshot
from feedly_core.live.tally import Tally
from feedly_core.live.worker import HubWorker
from feedly_core.settings import Settings


class Hub:
    """One per process.

    Reading from it costs no query, from any thread.

    It holds two connections of its own (one listens, one reads); ``engine`` is used to record events.
    """

    def __init__(
        self, engine: Engine, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._publisher = Publisher(clock())
        self._recorder = Recorder(engine, settings)
        self._past = MetricsReader(engine, clock)
        self._worker = HubWorker(settings, self._publisher, self._recorder, lambda: self._past.history, clock)
        self._clock = clock
        self._views = RecentViews()

    def start(self) -> None:
        """Begin to follow the database.

        Returns at once and never raises for a database that is away.
        """
        self._recorder.start()
        self._past.start()
        self._worker.start()

    def stop(self, timeout: float = 5.0) -> None:
        """End the threads; recorded events that wait are written first."""
        self._worker.stop(timeout)
        self._past.stop(timeout)
        self._recorder.stop(timeout)

    @property
    def version(self) -> int:
        """Grows with every published change; 0 until the first reading."""
        return self._publisher.version

    def job_version(self, job_id: UUID) -> int:
        """Grows with every change of this job or of the hub's state."""
        return self._publisher.job_version(job_id)

    @property
    def state(self) -> HubState:
        return self._publisher.state

    @property
    def snapshot(self) -> Snapshot:
        return self._publisher.snapshot

    @property
    def history(self) -> StepDurations:
        """Past durations, refreshed every ten minutes."""
        return self._past.history

    @property
    def metrics(self) -> Metrics | None:
        """Throughput and queue figures, at most half a minute old.

        None until the first reading.
        """
        return self._past.metrics

    @property
    def coalesced(self) -> int:
        """Events that shared a redraw with an earlier one of the same job."""
        return self._worker.coalesced

    @property
    def tally(self) -> Tally:
        """What ended while this process watched."""
        return self._worker.tally

    @property
    def viewers(self) -> int:
        """Open parts of pages that are told of changes."""
        return self._publisher.subscribers

    @property
    def records(self) -> bool:
        """Whether transitions are being written to ``feedly_dashboard.step_events``."""
        return self._recorder.writes

    def recent(self, job_id: UUID, limit: int = 50) -> tuple[Event, ...]:
        """The job's newest events that this process received, newest first."""
        return self._publisher.recent(job_id, limit)

    def subscribe(self, callback: Callable[[int], None], job_id: UUID | None = None) -> Callable[[], None]:
        """``callback(version)`` runs in the hub's thread and must not block.

        The answer unsubscribes.

        With ``job_id`` only changes of that job and of the hub's state are reported.
        """
        return self._publisher.subscribe(callback, job_id)

    def reread(self) -> None:
        """Read everything again soon, after a change without a trigger."""
        self._worker.reread()

    def board(self, filters: BoardFilters | None = None) -> Board:
        """Everything in flight as one viewer wants to see it.

        Of a job that did not move, a second old at most.
        """
        return self._views.board(self.snapshot, self._clock(), self.history, filters or BoardFilters())
