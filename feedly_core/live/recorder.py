"""Keeps the history that FeedlyAI does not: each transition heard, in ``feedly_dashboard.step_events``."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Delete, Engine, cast, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert

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
        self._waiting: queue.Queue[Event | None] = queue.Queue(WAITING_LIMIT)
        self._monotonic = monotonic
        self._retry_at = 0.0
        self._clean_at = 0.0
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self.writes = False
        self.dropped = 0

    def start(self) -> None:
        if self._allowed:
            self._thread.start()

    def stop(self, timeout: float) -> None:
        """Write what waits, then end."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join(timeout)

    def put(self, events: Iterable[Event]) -> None:
        """Never blocks: beyond 20,000 waiting events the rest is counted in ``dropped``."""
        if not self._allowed:
            return
        for event in events:
            try:
                self._waiting.put_nowait(event)
            except queue.Full:
                self.dropped += 1

    def _run(self) -> None:
        held = self._left_of([])
        going_on = True
        while going_on:
            going_on, batch = self._collect(_AWAY_SECONDS if held else None)
            held = [*held, *batch][-WAITING_LIMIT:]
            if held and self._monotonic() >= self._retry_at:
                held = self._left_of(held)

    def _collect(self, patience: float | None) -> tuple[bool, list[Event]]:
        """Wait ``patience`` seconds for the first event, then take what follows within a quarter of one."""
        batch: list[Event] = []
        try:
            item = self._waiting.get(timeout=patience)
        except queue.Empty:
            return True, batch
        until = self._monotonic() + _FLUSH_SECONDS
        while item is not None:
            batch.append(item)
            if len(batch) >= _BATCH:
                return True, batch
            try:
                item = self._waiting.get(timeout=max(until - self._monotonic(), 0.001))
            except queue.Empty:
                return True, batch
        return False, batch

    def _left_of(self, batch: list[Event]) -> list[Event]:
        """Write the batch; what is left of it is to be tried again: the database is away or busy with it."""
        try:
            with reading(self._engine) as connection:
                self.writes = installed(connection)
            if self.writes and batch:
                self._write(batch)
        except (DatabaseUnreachable, RowLocked):
            self._retry_at = self._monotonic() + _AWAY_SECONDS
            return batch
        except FeedlyError as error:
            self.writes = False
            _log.warning("%d step events were not recorded: %s", len(batch), error)
        if not self.writes:
            self._retry_at = self._monotonic() + _AGAIN_SECONDS
        return []

    def _write(self, batch: list[Event]) -> None:
        with writing(self._engine) as connection:
            connection.execute(_insert(batch))
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
