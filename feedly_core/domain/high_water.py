"""High-water marks: what rows forget about a job. Pure.

Rows only hold the present. Events show how far a variant ever came and when it last changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from feedly_core.domain.pipeline import Status, finished_steps, finished_texts, job_complete


class Transition(Protocol):
    """One recorded change of a variant, or of a job.

    Of a job when ``variant_id`` is None.
    """

    @property
    def variant_id(self) -> UUID | None: ...
    @property
    def step(self) -> str | None: ...
    @property
    def status(self) -> str | None: ...
    @property
    def seen_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class HighWaterMark:
    """``furthest``: most steps finished: of a variant 0 to 8, of a job's texts 0 to 2.

    ``step_since``: the last time a step ended. ``moved_at``: the last event of any kind.
    """

    furthest: int = 0
    moved_at: datetime | None = None
    step_since: datetime | None = None

    def after(self, seen: Transition) -> HighWaterMark:
        moved_at = max(self.moved_at or seen.seen_at, seen.seen_at)
        step_since = self.step_since
        if seen.status == Status.DONE:
            step_since = max(step_since or seen.seen_at, seen.seen_at)
        count = finished_steps if seen.variant_id else finished_texts
        return HighWaterMark(max(self.furthest, count(seen.step, seen.status)), moved_at, step_since)


@dataclass(frozen=True, slots=True)
class JobHistory:
    """Marks of one job.

    ``completed``: it was (instagram_feed_gen, done) at least once.
    """

    job: HighWaterMark = HighWaterMark()
    variants: Mapping[UUID, HighWaterMark] = field(default_factory=dict)
    completed: bool = False

    def after(self, seen: Transition) -> JobHistory:
        if seen.variant_id is None:
            completed = self.completed or job_complete(seen.step, seen.status)
            return replace(self, job=self.job.after(seen), completed=completed)
        mark = self.variants.get(seen.variant_id, NO_MARK).after(seen)
        return replace(self, variants=MappingProxyType({**self.variants, seen.variant_id: mark}))


NO_MARK = HighWaterMark()
"""Of a row of which nothing was received."""
NO_HISTORY = JobHistory(variants=MappingProxyType({}))
"""Of a job of which nothing was received."""
