"""What the rows forget: how far a variant ever came, and when it last moved.

Grown from events while they are heard, and from ``feedly_dashboard.step_events`` at the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from feedly_core.domain.pipeline import Status, finished_steps, finished_texts, job_complete
from feedly_core.live.events import Event


@dataclass(frozen=True, slots=True)
class Trace:
    """``furthest``: most steps finished: of a variant 0 to 8, of a job's texts 0 to 2.

    ``step_since``: the last time a step ended. ``moved_at``: the last event of any kind.
    """

    furthest: int = 0
    moved_at: datetime | None = None
    step_since: datetime | None = None

    def after(self, event: Event) -> Trace:
        moved_at = max(self.moved_at or event.seen_at, event.seen_at)
        step_since = self.step_since
        if event.status == Status.DONE:
            step_since = max(step_since or event.seen_at, event.seen_at)
        count = finished_steps if event.variant_id else finished_texts
        return Trace(max(self.furthest, count(event.step, event.status)), moved_at, step_since)


@dataclass(frozen=True, slots=True)
class Remembered:
    """One job's memory. ``completed``: it was (instagram_feed_gen, done) at least once."""

    job: Trace = Trace()
    variants: Mapping[UUID, Trace] = field(default_factory=dict)
    completed: bool = False

    def after(self, event: Event) -> Remembered:
        if event.variant_id is None:
            completed = self.completed or job_complete(event.step, event.status)
            return replace(self, job=self.job.after(event), completed=completed)
        trace = self.variants.get(event.variant_id, Trace()).after(event)
        return replace(self, variants=MappingProxyType({**self.variants, event.variant_id: trace}))


class Memory:
    """Memories of the jobs in flight. Each is immutable, so a snapshot may keep it."""

    def __init__(self) -> None:
        self._jobs: dict[UUID, Remembered] = {}

    def of(self, job_id: UUID) -> Remembered:
        """The job's memory; an empty one when nothing was heard of it."""
        return self._jobs.get(job_id, Remembered())

    def learn(self, events: Iterable[Event]) -> None:
        """Take in events in any order. The same event twice changes nothing."""
        for event in events:
            self._jobs[event.job_id] = self.of(event.job_id).after(event)

    def keep_only(self, job_ids: Iterable[UUID]) -> None:
        """Forget every other job: memory grows with what is in flight, not with time."""
        kept = set(job_ids)
        self._jobs = {job_id: value for job_id, value in self._jobs.items() if job_id in kept}
