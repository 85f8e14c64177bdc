"""The hub's thread: LISTEN first, then read everything in flight, then wait.

So it goes at the start and after every reconnect. While the database is quiet, the whole process
sends less than one statement a second, however many people watch.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import psycopg2
from sqlalchemy.exc import SQLAlchemyError

from feedly_core.domain.contract import CHANGE_CHANNEL
from feedly_core.errors import FeedlyError
from feedly_core.i18n import N_, Message
from feedly_core.live.backoff import Backoff, Every, Pace
from feedly_core.live.board import signature
from feedly_core.live.connection import Connection
from feedly_core.live.durations import History
from feedly_core.live.events import Event, parse_event
from feedly_core.live.listener import Notice
from feedly_core.live.publisher import Bulletin
from feedly_core.live.reader import Reader
from feedly_core.live.recorder import Recorder
from feedly_core.live.snapshot import HubKind, HubState
from feedly_core.live.state import Ledger
from feedly_core.live.vitals import Vitals
from feedly_core.settings import Settings

_log = logging.getLogger("feedly.hub")

POLL_SECONDS = 2.0
"""Between two full readings while nothing can be heard."""
_SAFETY_SECONDS = 60.0
"""Between two full readings while everything is heard."""
_WATERMARK_SECONDS = 3.0
_OVERLAP = timedelta(seconds=60)
"""A row becomes visible at its commit, long after its created_at: look back this far."""


class Follower:
    """Owns the connection and the schedule; tells through the bulletin and the recorder."""

    def __init__(
        self,
        settings: Settings,
        bulletin: Bulletin,
        recorder: Recorder,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._bulletin = bulletin
        self._recorder = recorder
        self._clock = clock
        self._monotonic = monotonic
        self._thread = threading.Thread(target=self._run, name="hub", daemon=True)
        self._stopping = threading.Event()
        self._reread = threading.Event()
        self._reconnect = Backoff(0.1, 30.0)
        self._listen_again = Backoff(30.0, 300.0)
        self._connection: Connection | None = None
        self._ledger = Ledger()
        self._pace = Pace()
        self._seen_rows: set[UUID] = set()
        self._told: dict[UUID, tuple[object, ...]] = {}
        self.history = History()
        self.vitals: Vitals | None = None

    @property
    def coalesced(self) -> int:
        return self._ledger.coalesced

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        self._stopping.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def reread(self) -> None:
        """Have everything read again soon, from any thread."""
        self._reread.set()
        self._wake()

    def _wake(self) -> None:
        connection = self._connection
        if connection:
            connection.wake()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with Connection(self._settings, self._monotonic) as connection:
                    self._connection = connection
                    self._follow(connection)
                continue
            except (FeedlyError, SQLAlchemyError, psycopg2.Error, OSError) as error:
                _log.warning("the connection broke: %s", str(error).partition("\n")[0])
            except Exception:  # noqa: BLE001 - this thread must outlive its own mistakes; they are logged
                _log.exception("the hub stumbled and starts again")
            finally:
                self._connection = None
            self._enter(HubKind.RECONNECTING, N_("The connection to the database is lost."))
            self._stopping.wait(self._reconnect.next())
        self._enter(HubKind.STOPPED, None)

    def _enter(self, kind: HubKind, reason: Message | None) -> None:
        state = self._bulletin.state
        if (state.kind, state.reason) != (kind, reason):
            since = state.since if state.kind is kind else self._clock()
            self._bulletin.announce(HubState(kind, since, reason))

    def _follow(self, connection: Connection) -> None:
        """Until the connection breaks, the hub stops, or it is time to try LISTEN again."""
        duties = _Duties()
        listen_again_at = self._monotonic() + self._listen_again.next()
        while not self._stopping.is_set():
            polling = connection.reason
            self._do_duties(connection.reader, duties, polling is not None)
            self._enter(HubKind.POLLING if polling else HubKind.LIVE, polling)
            self._reconnect.reset()
            if connection.deaf_because and self._monotonic() > listen_again_at:
                return
            if not connection.deaf_because:
                self._listen_again.reset()
            due = min(duties.next(polling is not None), connection.next_check())
            if self._ledger.dirty:
                due = min(due, self._pace.at)
            self._hear(connection.wait(due - self._monotonic()))
            connection.check()

    def _hear(self, notices: Iterable[Notice]) -> None:
        now = self._clock()
        events = []
        for notice in notices:
            if notice.channel == CHANGE_CHANNEL:
                with suppress(ValueError):
                    self._bulletin.touch(UUID(notice.payload))
            elif event := parse_event(notice.channel, notice.payload, now):
                events.append(event)
        if events:
            self._ledger.hear(events)
            self._keep(events)

    def _keep(self, events: list[Event]) -> None:
        self._bulletin.keep(events)
        self._recorder.put(events)

    def _do_duties(self, reader: Reader, duties: _Duties, polling: bool) -> None:
        now = self._monotonic()
        full = duties.polling if polling else duties.safety
        if self._reread.is_set() or full.due(now):
            self._reread.clear()
            self._read_everything(reader)
            duties.postpone_readings(self._monotonic())
        elif duties.watermark.due(now):
            self._look_for_new_rows(reader)
        if self._ledger.dirty and now >= self._pace.at:
            self._read_dirty(reader)
        if duties.vitals.due(now):
            self.vitals = reader.vitals(self._clock())
        if duties.history.due(now):
            self.history = reader.history(self._clock())
        if duties.aging.due(now):
            self._notice_time_passing()

    def _read_everything(self, reader: Reader) -> None:
        now = self._clock()
        changed, missed = self._ledger.take_everything(reader.everything(now), now)
        self._keep(missed)
        if changed or self._bulletin.snapshot.read_at is None:
            self._bulletin.publish(self._ledger.snapshot(), changed)

    def _read_dirty(self, reader: Reader) -> None:
        started = self._monotonic()
        asked = set(self._ledger.dirty)
        changed = self._ledger.take(asked, reader.facts(asked), self._clock())
        if changed:
            self._bulletin.publish(self._ledger.snapshot(), changed)
        self._pace.done(started, self._monotonic())

    def _look_for_new_rows(self, reader: Reader) -> None:
        since = self._clock() - _OVERLAP
        rows = reader.new_rows(since)
        new = {row.job_id for row in rows if row.row_id not in self._seen_rows}
        self._seen_rows = {row.row_id for row in rows}
        self._ledger.dirty |= new

    def _notice_time_passing(self) -> None:
        """A stalled step sends nothing: publish jobs of which something else must be believed by now."""
        snapshot = self._ledger.snapshot()
        told = signature(snapshot, self._clock(), self.history)
        changed = {job_id for job_id, said in told.items() if self._told.get(job_id, said) != said}
        self._told = told
        if changed:
            self._bulletin.publish(snapshot, changed)


class _Duties:
    """What is to be done when, on the monotonic clock."""

    def __init__(self) -> None:
        self.polling = Every(POLL_SECONDS)
        self.safety = Every(_SAFETY_SECONDS)
        self.watermark = Every(_WATERMARK_SECONDS)
        self.vitals = Every(30.0)
        self.history = Every(600.0)
        self.aging = Every(5.0)

    def postpone_readings(self, now: float) -> None:
        for duty in (self.polling, self.safety, self.watermark):
            duty.postpone(now)

    def next(self, polling: bool) -> float:
        readings = [self.polling] if polling else [self.safety, self.watermark]
        return min(duty.at for duty in (*readings, self.vitals, self.history, self.aging))
