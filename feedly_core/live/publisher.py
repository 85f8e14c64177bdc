"""Publishes snapshots: versions, recent events, subscribers."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from feedly_core.live.events import Event
from feedly_core.live.snapshot import HubKind, HubState, Snapshot

RING = 5000
"""Events kept in memory, of all jobs together."""

Callback = Callable[[int], None]


class Publisher:
    """Written by the hub's thread, read by any.

    A version is never used twice and only grows.
    """

    def __init__(self, now: datetime) -> None:
        self._lock = threading.Lock()
        self._ring: deque[Event] = deque(maxlen=RING)
        self._subscribers: dict[int, tuple[Callback, UUID | None]] = {}
        self._tickets = itertools.count()
        self._job_versions: dict[UUID, int] = {}
        self._for_everyone = 0
        self.snapshot = Snapshot()
        self.state = HubState(HubKind.STOPPED, now)

    @property
    def version(self) -> int:
        return self.snapshot.version

    def job_version(self, job_id: UUID) -> int:
        """Grows when this job changes, or the hub's state does."""
        return max(self._job_versions.get(job_id, 0), self._for_everyone)

    def keep(self, events: Iterable[Event]) -> None:
        with self._lock:
            self._ring.extend(events)

    def recent(self, job_id: UUID, limit: int) -> tuple[Event, ...]:
        """The job's newest events first."""
        with self._lock:
            mine = (event for event in reversed(self._ring) if event.job_id == job_id)
            return tuple(itertools.islice(mine, limit))

    def subscribe(self, callback: Callback, job_id: UUID | None) -> Callable[[], None]:
        """``callback(version)`` from the hub's thread; call the answer to unsubscribe."""
        ticket = next(self._tickets)
        with self._lock:
            self._subscribers[ticket] = (callback, job_id)
        return lambda: self._forget(ticket)

    @property
    def subscribers(self) -> int:
        return len(self._subscribers)

    def _forget(self, ticket: int) -> None:
        with self._lock:
            self._subscribers.pop(ticket, None)

    def publish(self, snapshot: Snapshot, touched: Collection[UUID]) -> None:
        """Replace the snapshot by ``snapshot`` with the next version.

        Notify subscribers of a touched job.
        """
        version = self.version + 1
        for job_id in touched:
            self._job_versions[job_id] = version
        if len(self._job_versions) > 10 * max(len(snapshot.jobs), 100):
            self._job_versions = {job: v for job, v in self._job_versions.items() if job in snapshot.jobs}
        self.snapshot = replace(snapshot, version=version)
        self._notify(version, set(touched))

    def touch(self, topic: UUID) -> None:
        """A next version for those who follow ``topic``, and for nobody else."""
        version = self.version + 1
        self._job_versions[topic] = version
        self.snapshot = replace(self.snapshot, version=version)
        with self._lock:
            followers = [callback for callback, tracked in self._subscribers.values() if tracked == topic]
        self._call(followers, version)

    def announce(self, state: HubState) -> None:
        """Publish another hub state to everybody."""
        self.state = state
        self._for_everyone = version = self.version + 1
        self.snapshot = replace(self.snapshot, version=version)
        self._notify(version, None)

    def _notify(self, version: int, touched: set[UUID] | None) -> None:
        with self._lock:
            followers = [
                callback
                for callback, job_id in self._subscribers.values()
                if touched is None or job_id is None or job_id in touched
            ]
        self._call(followers, version)

    @staticmethod
    def _call(followers: Sequence[Callback], version: int) -> None:
        """Begin with another one each time: those notified first are served first."""
        first = version % len(followers) if followers else 0
        for callback in (*followers[first:], *followers[:first]):
            # A browser's event loop may have closed since its subscription was read.
            with suppress(RuntimeError):
                callback(version)
