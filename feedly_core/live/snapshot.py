"""State in flight at one version: immutable, shared, without queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from feedly_core.domain.high_water import JobHistory
from feedly_core.domain.job_rows import JobRow
from feedly_core.i18n import N_, Message
from feedly_core.live.events import Event


class ProgressHistory:
    """Histories of the jobs in flight.

    Each is immutable, so a snapshot may keep it.
    """

    def __init__(self) -> None:
        self._jobs: dict[UUID, JobHistory] = {}

    def of(self, job_id: UUID) -> JobHistory:
        """The job's history.

        An empty one when nothing was received of it.
        """
        return self._jobs.get(job_id, JobHistory())

    def learn(self, events: Iterable[Event]) -> None:
        """Take in events in any order.

        The same event twice changes nothing.
        """
        for event in events:
            self._jobs[event.job_id] = self.of(event.job_id).after(event)

    def keep_only(self, job_ids: Iterable[UUID]) -> None:
        """Forget every other job: memory grows with what is in flight, not with time."""
        kept = set(job_ids)
        self._jobs = {job_id: value for job_id, value in self._jobs.items() if job_id in kept}


class HubKind(StrEnum):
    """How the dashboard learns of changes right now."""

    LIVE = "live"
    POLLING = "polling"
    RECONNECTING = "reconnecting"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class HubState:
    """``since`` when it is so, and the ``reason`` when it is not live."""

    kind: HubKind
    since: datetime
    reason: Message | None = None

    @property
    def words(self) -> Message:
        return _STATE_LABELS[self.kind]


_STATE_LABELS = {
    HubKind.LIVE: N_("Live"),
    HubKind.POLLING: N_("Polling every 2 s"),
    HubKind.RECONNECTING: N_("Reconnecting"),
    HubKind.STOPPED: N_("Stopped"),
}


@dataclass(frozen=True, slots=True)
class TrackedJob:
    """A job as last read, with what is remembered."""

    facts: JobRow
    progress: JobHistory


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``version`` 0 and no ``read_at``: nothing has been read yet.

    ``acknowledged``: failures that a person has seen. ``campaigns``: name of the campaign that made a job.
    """

    version: int = 0
    read_at: datetime | None = None
    jobs: Mapping[UUID, TrackedJob] = field(default_factory=dict)
    acknowledged: frozenset[UUID] = frozenset()
    campaigns: Mapping[UUID, str] = field(default_factory=dict)
