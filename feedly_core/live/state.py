"""The hub's own book of jobs in flight: rows as last read, what is remembered, what must be read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from feedly_core.live.events import POLLED, Event
from feedly_core.live.memory import Memory
from feedly_core.live.queries import JobFacts, VariantFacts
from feedly_core.live.reader import Everything
from feedly_core.live.snapshot import Followed, Snapshot


class Ledger:
    """Used by the hub's thread only; :meth:`snapshot` hands out an immutable copy."""

    def __init__(self) -> None:
        self._jobs: dict[UUID, Followed] = {}
        self._memory = Memory()
        self._acknowledged: frozenset[UUID] = frozenset()
        self._campaigns: Mapping[UUID, str] = {}
        self._read_at: datetime | None = None
        self.dirty: set[UUID] = set()
        self.coalesced = 0

    def hear(self, events: Iterable[Event]) -> None:
        """Learn from events; their jobs must be read again, once however many events there are."""
        for event in events:
            self._memory.learn([event])
            self.coalesced += event.job_id in self.dirty
            self.dirty.add(event.job_id)

    def take_everything(self, everything: Everything, now: datetime) -> tuple[set[UUID], list[Event]]:
        """A full reading replaces the book. Answers the changed jobs and the transitions nobody heard."""
        missed = [] if self._read_at is None else unheard(self._jobs, everything.jobs, now)
        self._memory.learn([*everything.recorded, *missed])
        self._memory.keep_only(everything.jobs)
        fresh = self._followed(everything.jobs)
        changed = {
            job_id
            for job_id in fresh.keys() | self._jobs.keys()
            if fresh.get(job_id) != self._jobs.get(job_id)
        }
        changed |= everything.acknowledged ^ self._acknowledged
        self._jobs, self._acknowledged = fresh, everything.acknowledged
        self._campaigns = everything.campaigns
        self._read_at = now
        self.dirty.clear()
        return changed, missed

    def take(self, asked: set[UUID], facts: Mapping[UUID, JobFacts], now: datetime) -> set[UUID]:
        """A reading of the ``asked`` jobs; those that are gone are dropped. Answers which differ now."""
        fresh = self._followed(facts)
        changed = {job_id for job_id in asked if fresh.get(job_id) != self._jobs.get(job_id)}
        self._jobs = {job_id: followed for job_id, followed in self._jobs.items() if job_id not in asked}
        self._jobs |= fresh
        self._read_at = now
        self.dirty -= asked
        return changed

    def snapshot(self) -> Snapshot:
        return Snapshot(
            jobs=MappingProxyType(self._jobs),
            read_at=self._read_at,
            acknowledged=self._acknowledged,
            campaigns=self._campaigns,
        )

    def _followed(self, facts: Mapping[UUID, JobFacts]) -> dict[UUID, Followed]:
        return {job_id: Followed(fact, self._memory.of(job_id)) for job_id, fact in facts.items()}


def unheard(before: Mapping[UUID, Followed], after: Mapping[UUID, JobFacts], now: datetime) -> list[Event]:
    """The transitions between two readings, as far as rows still show them."""
    events: list[Event] = []
    for job_id, facts in after.items():
        known = before.get(job_id)
        if known is None:
            continue
        rows = dict(_rows(known.facts))
        for variant_id, row in _rows(facts):
            old = rows.get(variant_id)
            if old and (old.step, old.status, old.updated_at) != (row.step, row.status, row.updated_at):
                events.append(Event(job_id, variant_id, row.step, row.status, row.updated_at, now, POLLED))
    return events


def _rows(facts: JobFacts) -> Iterator[tuple[UUID | None, JobFacts | VariantFacts]]:
    yield None, facts
    for variant in facts.variants:
        yield variant.variant_id, variant
