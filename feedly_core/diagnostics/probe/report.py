"""Report of a trigger probe: phase, measurements, broken link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from feedly_core.diagnostics.check import Finding
from feedly_core.i18n import N_, Message


class Phase(StrEnum):
    """Phase of a probe.

    The finding is known before the cleaning begins.
    """

    PREPARING = "preparing"
    FIRED = "fired"
    RECEIVED = "heard"
    TAKEN = "taken"
    FOLLOWING = "following"
    CLEANING = "cleaning"
    FINISHED = "finished"


PHASE_LABELS: dict[Phase, Message] = {
    Phase.PREPARING: N_("Preparing test rows"),
    Phase.FIRED: N_("UPDATE written, waiting for its event"),
    Phase.RECEIVED: N_("Event received, waiting for a worker"),
    Phase.TAKEN: N_("A worker has started on the variant"),
    Phase.FOLLOWING: N_("Following the steps"),
    Phase.CLEANING: N_("Removing the test rows"),
    Phase.FINISHED: N_("Finished"),
}


class Link(StrEnum):
    """The links of the chain, in the order an event passes them."""

    DATABASE_WRITE = "database write"
    TRIGGER = "trigger"
    CHANNEL = "channel"
    LISTENER = "listener"
    SERVICE = "service"


LINK_TITLES: dict[Link, Message] = {
    Link.DATABASE_WRITE: N_("Database write"),
    Link.TRIGGER: N_("Trigger"),
    Link.CHANNEL: N_("Channel"),
    Link.LISTENER: N_("Listener"),
    Link.SERVICE: N_("Service"),
}

TAKEN_BY: dict[str, Message] = {
    "lock": N_("a worker locked the row"),
    "status": N_("its status changed"),
    "step": N_("its step changed"),
}


@dataclass(frozen=True)
class StepSeen:
    """State of the test variant; ``ms`` after the UPDATE."""

    step: str
    status: str
    ms: float


@dataclass(frozen=True)
class Observed:
    """Measurements in ms. ``notify_ms``: UPDATE to event.

    ``taken_ms``: event to start of work.
    """

    notify_ms: float | None = None
    lacking_keys: tuple[str, ...] = ()
    taken_ms: float | None = None
    taken_by: str = ""
    steps: tuple[StepSeen, ...] = ()


@dataclass(frozen=True)
class Report:
    """Progress of a trigger probe.

    ``finding`` is None until the result is known.

    ``broken`` names the first broken link; None when the chain holds. ``cleaned`` means that no row
    and no file of the probe is left.
    """

    run_id: UUID
    started_at: datetime
    phase: Phase
    observed: Observed = Observed()
    broken: Link | None = None
    finding: Finding | None = None
    borrowed_picture: bool = False
    cleaned: bool = False
    removed_leftovers: int = 0
