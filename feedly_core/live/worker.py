"""The hub's thread: LISTEN first, then read everything in flight, then wait.

So it goes at the start and after every reconnect. While the database is quiet, the whole process
sends less than one statement per second, however many people watch.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from feedly_core.analytics.durations import StepDurations
from feedly_core.db.background import BackgroundWorker, Backoff
from feedly_core.db.listening import Notification
from feedly_core.domain.contract import CHANGE_CHANNEL
from feedly_core.i18n import N_, Message
from feedly_core.live.backoff import Every, Pace
from feedly_core.live.board import shown_state, signature
from feedly_core.live.connection import Connection
from feedly_core.live.events import Event, parse_event
from feedly_core.live.publisher import Publisher
from feedly_core.live.reader import Reader, Records
from feedly_core.live.recorder import Recorder
from feedly_core.live.snapshot import HubKind, HubState
from feedly_core.live.state import InFlightState
from feedly_core.live.tally import Tally
from feedly_core.settings import Settings

_log = logging.getLogger("feedly.hub")

POLL_SECONDS = 2.0
"""Between two full readings while LISTEN does not work."""
_SAFETY_SECONDS = 60.0
"""Between two full readings while LISTEN works."""
_WATERMARK_SECONDS = 3.0
_OVERLAP = timedelta(seconds=60)
"""A row becomes visible at its commit, long after its created_at: look back this far."""


_ALONE = ("new rows", "changed jobs", "stalls", "own records", "odd rows")
"""Duties that may fail while the others go on."""


class HubWorker:
    """Owns the connection and the schedule.

    Reports through the publisher and the recorder.
    """

    def __init__(
        self,
        settings: Settings,
        publisher: Publisher,
        recorder: Recorder,
        history: Callable[[], StepDurations],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._publisher = publisher
        self._recorder = recorder
        self._history = history
        self._clock = clock
        self._monotonic = monotonic
        self._worker = BackgroundWorker(
            "hub", self._serve, _log, backoff=Backoff(0.1, 30.0), failed=self._lost, ended=self._ended
        )
        self._alone = {name: self._worker.add_duty(f"hub {name}") for name in _ALONE}
        self._reread = threading.Event()
        self._listen_again = Backoff(30.0, 300.0)
        self._connection: Connection | None = None
        self._state = InFlightState()
        self._pace = Pace()
        self._seen_rows: set[UUID] = set()
        self._signatures: dict[UUID, tuple[object, ...]] = {}

    @property
    def coalesced(self) -> int:
        return self._state.coalesced

    @property
    def tally(self) -> Tally:
        return self._state.tally

    def start(self) -> None:
        self._worker.start()

    def stop(self, timeout: float) -> None:
        self._worker.finish()
        self._wake()
        self._worker.join(timeout)

    def reread(self) -> None:
        """Have everything read again soon, from any thread."""
        self._reread.set()
        self._wake()

    def _wake(self) -> None:
        connection = self._connection
        if connection:
            connection.wake()

    def _serve(self) -> float:
        """One connection, from its opening until it breaks, the hub stops, or LISTEN is worth a new try."""
        try:
            with Connection(self._settings, self._monotonic) as connection:
                self._connection = connection
                self._follow(connection)
        finally:
            self._connection = None
        return 0.0

    def _lost(self, error: Exception) -> None:
        self._enter(HubKind.RECONNECTING, N_("The connection to the database is lost."))

    def _ended(self) -> None:
        self._enter(HubKind.STOPPED, None)

    def _enter(self, kind: HubKind, reason: Message | None) -> None:
        state = self._publisher.state
        if (state.kind, state.reason) != (kind, reason):
            since = state.since if state.kind is kind else self._clock()
            self._publisher.announce(HubState(kind, since, reason))

    def _follow(self, connection: Connection) -> None:
        """Until the connection breaks, the hub stops, or it is time to try LISTEN again."""
        duties = _Schedule()
        listen_again_at = self._monotonic() + self._listen_again.next()
        while not self._worker.stopping.is_set():
            polling = connection.reason
            self._do_duties(connection.reader, duties, polling is not None)
            self._enter(HubKind.POLLING if polling else HubKind.LIVE, polling)
            self._worker.duty.succeeded()
            if connection.listen_error and self._monotonic() > listen_again_at:
                return
            if not connection.listen_error:
                self._listen_again.reset()
            due = min(duties.next(polling is not None), connection.next_check())
            if self._state.dirty:
                due = min(due, self._pace.at)
            self._receive(connection.wait(due - self._monotonic()))
            connection.check()

    def _receive(self, notifications: Iterable[Notification]) -> None:
        now = self._clock()
        events = []
        for notification in notifications:
            if notification.channel == CHANGE_CHANNEL:
                with suppress(ValueError):
                    self._publisher.touch(UUID(notification.payload))
            elif event := parse_event(notification.channel, notification.payload, now):
                events.append(event)
        if events:
            self._state.receive(events)
            self._keep(events)

    def _keep(self, events: list[Event]) -> None:
        self._publisher.keep(events)
        self._recorder.put(events)

    def _do_duties(self, reader: Reader, duties: _Schedule, polling: bool) -> None:
        now = self._monotonic()
        full = duties.polling if polling else duties.safety
        if self._reread.is_set() or full.due(now):
            self._reread.clear()
            self._read_everything(reader)
            duties.postpone_readings(self._monotonic())
        elif duties.watermark.due(now):
            self._attempt("new rows", reader, self._look_for_new_rows, duties.watermark)
        if self._state.dirty and now >= self._pace.at:
            self._attempt("changed jobs", reader, self._read_dirty, self._pace)
        if duties.aging.due(now):
            self._attempt("stalls", reader, self._notice_time_passing, duties.aging)

    def _attempt(
        self, name: str, reader: Reader, work: Callable[[Reader], None], schedule: Every | Pace
    ) -> None:
        """Do ``work``. After a failure ``schedule`` waits longer than usual; a dead connection raises."""
        duty = self._alone[name]
        try:
            work(reader)
        except Exception as error:
            if reader.dead:
                raise
            schedule.at += duty.failed(error)
        else:
            duty.succeeded()

    def _read_everything(self, reader: Reader) -> None:
        now = self._clock()
        jobs = reader.everything(now)
        self._note_unreadable(reader)
        changed, missed = self._state.take_everything(jobs, self._records(reader, jobs), now)
        self._keep(missed)
        if changed or self._publisher.snapshot.read_at is None:
            self._publisher.publish(self._state.snapshot(), changed)

    def _read_dirty(self, reader: Reader) -> None:
        started = self._monotonic()
        asked = set(self._state.dirty)
        jobs = reader.facts(asked)
        self._note_unreadable(reader)
        records = self._records(reader, self._state.unknown(jobs))
        changed = self._state.take(asked, jobs, records, self._clock())
        if changed:
            self._publisher.publish(self._state.snapshot(), changed)
        self._pace.done(started, self._monotonic())

    def _records(self, reader: Reader, job_ids: Collection[UUID]) -> Records | None:
        """What our own schema knows of the jobs; None when it cannot be read."""
        if not job_ids:
            return Records()
        duty = self._alone["own records"]
        try:
            records = reader.records(job_ids)
        except Exception as error:
            if reader.dead:
                raise
            duty.failed(error)
            return None
        duty.succeeded()
        return records

    def _note_unreadable(self, reader: Reader) -> None:
        for job_id, error in reader.unreadable.items():
            self._alone["odd rows"].failed(ValueError(f"job {job_id}: {error}"))
            return
        self._alone["odd rows"].succeeded()

    def _look_for_new_rows(self, reader: Reader) -> None:
        since = self._clock() - _OVERLAP
        rows = reader.new_rows(since)
        new = {row.job_id for row in rows if row.row_id not in self._seen_rows}
        self._seen_rows = {row.row_id for row in rows}
        self._state.dirty |= new

    def _notice_time_passing(self, _reader: Reader) -> None:
        """A stalled step sends nothing: publish jobs whose state has changed by time alone."""
        snapshot = self._state.snapshot()
        before, now = self._signatures, signature(snapshot, self._clock(), self._history())
        changed = {job_id for job_id, shown in now.items() if before.get(job_id, shown) != shown}
        self._signatures = now
        self._state.tally.look({job_id: shown_state(shown) for job_id, shown in now.items()})
        if changed:
            self._publisher.publish(snapshot, changed)


class _Schedule:
    """What is to be done when, on the monotonic clock."""

    def __init__(self) -> None:
        self.polling = Every(POLL_SECONDS)
        self.safety = Every(_SAFETY_SECONDS)
        self.watermark = Every(_WATERMARK_SECONDS)
        self.aging = Every(5.0)

    def postpone_readings(self, now: float) -> None:
        for duty in (self.polling, self.safety, self.watermark):
            duty.postpone(now)

    def next(self, polling: bool) -> float:
        readings = [self.polling] if polling else [self.safety, self.watermark]
        return min(duty.at for duty in (*readings, self.aging))
