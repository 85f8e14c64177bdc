"""The state of everything in flight at one version: immutable, shared by all viewers, no query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from feedly_core.i18n import N_, Message
from feedly_core.live.memory import Remembered
from feedly_core.live.queries import JobFacts


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
class Followed:
    """One job as last read, and what is remembered of it."""

    facts: JobFacts
    remembered: Remembered

    def furthest(self, variant_id: UUID, proven: int) -> int:
        trace = self.remembered.variants.get(variant_id)
        return max(proven, trace.furthest if trace else 0)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``version`` 0 and no ``read_at``: nothing has been read yet.

    ``acknowledged``: failures that a person has seen. ``campaigns``: name of the campaign that made a job.
    """

    version: int = 0
    read_at: datetime | None = None
    jobs: Mapping[UUID, Followed] = field(default_factory=dict)
    acknowledged: frozenset[UUID] = frozenset()
    campaigns: Mapping[UUID, str] = field(default_factory=dict)
