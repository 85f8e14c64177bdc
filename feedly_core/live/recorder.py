"""Records each received transition in ``feedly_dashboard.step_events``."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy import Delete, Engine, cast, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert

from feedly_core.db.background import BackgroundWorker, Backoff
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import installed, step_events
from feedly_core.errors import DatabaseUnreachable, FeedlyError, RowLocked
from feedly_core.live.events import Event
from feedly_core.settings import Settings

_log = logging.getLogger("feedly.recorder")

_BATCH = 1000
WAITING_LIMIT = 20_000
"""Events that wait to be written, at most."""
_FLUSH_SECONDS = 0.25
_AGAIN_SECONDS = 60.0
_AWAY_SECONDS = 5.0
_RETENTION_SECONDS = 3600.0
_DELETED = 100_000


class Recorder:
    """Writes events in batches from its own thread, so that a slow write never delays a screen.

    Off (``writes`` False) while the schema is not installed or the role may not write; it looks again
    every minute. Any number of processes may record: the table's unique key keeps each event once.
    """

    def __init__(
        self, engine: Engine, settings: Settings, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._retention = timedelta(days=settings.step_event_days)
        self._allowed = not settings.read_only
        self._waiting: deque[Event] = deque()
        self._monotonic = monotonic
        self._look_at = 0.0
        self._clean_at = 0.0
        self._worker = BackgroundWorker(
            "recorder",
            self._write_waiting,
            _log,
            backoff=Backoff(_AWAY_SECONDS, _AGAIN_SECONDS),
            ended=self._last,
        )
        self.writes = False
        self.dropped = 0

    def start(self) -> None:
        if self._allowed:
            self._worker.start()

    def stop(self, timeout: float) -> None:
        """Write what waits, then end."""
        self._worker.stop(timeout)

    def put(self, events: Iterable[Event]) -> None:
        """Never blocks: beyond 20,000 waiting events the rest is counted in ``dropped``."""
        if not self._allowed:
            return
        for event in events:
            if len(self._waiting) < WAITING_LIMIT:
                self._waiting.append(event)
            else:
                self.dropped += 1
        self._worker.wake()

    def _write_waiting(self) -> float | None:
        """Write in batches until nothing waits; what follows within a quarter of a second travels along."""
        if self._waiting:
            self._worker.stopping.wait(_FLUSH_SECONDS)
        self._look()
        while self._waiting:
            # By number: an iteration fails when the hub's thread adds an event.
            batch = [self._waiting[place] for place in range(min(len(self._waiting), _BATCH))]
            if self.writes:
                self._write(batch)
            for _ in batch:
                self._waiting.popleft()
        return None

    def _look(self) -> None:
        """Whether there is a table to write to, at most once a minute while there is none."""
        now = self._monotonic()
        if self.writes or now >= self._look_at:
            with reading(self._engine) as connection:
                self.writes = installed(connection)
            self._look_at = now + _AGAIN_SECONDS

    def _last(self) -> None:
        with suppress(FeedlyError):
            self._write_waiting()

    def _write(self, batch: list[Event]) -> None:
        """Raises while the database is away or busy with the same events: they are tried again."""
        try:
            with writing(self._engine) as connection:
                connection.execute(_insert(batch))
        except (DatabaseUnreachable, RowLocked):
            raise
        except FeedlyError as error:
            self.writes, self._look_at = False, self._monotonic() + _AGAIN_SECONDS
            _log.warning("%d step events were not recorded: %s", len(batch), error)
            return
        if self._monotonic() >= self._clean_at:
            self._clean_at = self._monotonic() + _RETENTION_SECONDS
            with writing(self._engine) as connection:
                connection.execute(_delete(before=datetime.now(UTC) - self._retention))


def _delete(before: datetime) -> Delete:
    """A bounded share of the events that nobody keeps, so that a shorter retention never times out."""
    old = select(step_events.c.event_id).where(step_events.c.seen_at < before).limit(_DELETED)
    return delete(step_events).where(step_events.c.event_id.in_(old))


def _insert(batch: list[Event]) -> Insert:
    """One statement for any number of events; those already recorded, by whichever process, are skipped.

    In one order everywhere: two processes that write the same events in different orders would deadlock.
    """
    batch = sorted(batch, key=lambda event: str(event.key))
    values: dict[str, list[object]] = {
        "job_id": [event.job_id for event in batch],
        "job_variants_id": [event.variant_id for event in batch],
        "step": [event.step for event in batch],
        "status": [event.status for event in batch],
        "row_updated_at": [event.row_updated_at for event in batch],
        "seen_at": [event.seen_at for event in batch],
        "source": [event.source for event in batch],
    }
    columns = [step_events.c[name] for name in values]
    rows = [
        func.unnest(cast(array, ARRAY(column.type)))
        for array, column in zip(values.values(), columns, strict=True)
    ]
    return insert(step_events).from_select(columns, select(*rows)).on_conflict_do_nothing()
