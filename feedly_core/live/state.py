"""State of the jobs in flight: rows as last read, histories, what must be read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from feedly_core.domain.job_rows import JobRow, VariantRow
from feedly_core.live.events import POLLED, Event
from feedly_core.live.reader import Records
from feedly_core.live.snapshot import ProgressHistory, Snapshot, TrackedJob
from feedly_core.live.tally import Tally


class InFlightState:
    """Used by the hub's thread only.

    :meth:`snapshot` hands out an immutable copy.
    """

    def __init__(self) -> None:
        self.tally = Tally()
        self._jobs: dict[UUID, TrackedJob] = {}
        self._memory = ProgressHistory()
        self._acknowledged: frozenset[UUID] = frozenset()
        self._campaigns: Mapping[UUID, str] = {}
        self._read_at: datetime | None = None
        self.dirty: set[UUID] = set()
        self.coalesced = 0

    def receive(self, events: Iterable[Event]) -> None:
        """Learn from events.

        Their jobs must be read again, once however many events there are.
        """
        for event in events:
            self.tally.step_ended(self._memory.of(event.job_id), event)
            self._memory.learn([event])
            self.coalesced += event.job_id in self.dirty
            self.dirty.add(event.job_id)

    def take_everything(
        self, jobs: Mapping[UUID, JobRow], records: Records | None, now: datetime
    ) -> tuple[set[UUID], list[Event]]:
        """Replace all by a full reading.

        Returns the changed jobs and the missed events.

        ``records`` None: our own schema could not be read; what was known of it stays.
        """
        missed = [] if self._read_at is None else missed_events(self._jobs, jobs, now)
        known = records or Records((), self._acknowledged, self._campaigns)
        self._memory.learn([*known.events, *missed])
        self._memory.keep_only(jobs)
        fresh = self._tracked(jobs)
        changed = {
            job_id
            for job_id in fresh.keys() | self._jobs.keys()
            if fresh.get(job_id) != self._jobs.get(job_id)
        }
        changed |= known.acknowledged ^ self._acknowledged
        changed |= {job_id for job_id in fresh if known.campaigns.get(job_id) != self._campaigns.get(job_id)}
        self._jobs, self._acknowledged, self._campaigns = fresh, known.acknowledged, known.campaigns
        self._read_at = now
        self.dirty.clear()
        return changed, missed

    def unknown(self, job_ids: Iterable[UUID]) -> set[UUID]:
        """Those of the jobs that have not been read before."""
        return set(job_ids) - self._jobs.keys()

    def take(
        self, asked: set[UUID], jobs: Mapping[UUID, JobRow], records: Records | None, now: datetime
    ) -> set[UUID]:
        """Take a reading of the ``asked`` jobs.

        Those that are gone are dropped. Returns which changed.

        ``records``: of jobs that were unknown; a campaign's job shows its campaign from the first moment.
        """
        if records:
            self._memory.learn(records.events)
            self._campaigns = {**self._campaigns, **records.campaigns}
            self._acknowledged |= records.acknowledged
        fresh = self._tracked(jobs)
        changed = {job_id for job_id in asked if fresh.get(job_id) != self._jobs.get(job_id)}
        self._jobs = {job_id: tracked for job_id, tracked in self._jobs.items() if job_id not in asked}
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

    def _tracked(self, facts: Mapping[UUID, JobRow]) -> dict[UUID, TrackedJob]:
        return {job_id: TrackedJob(fact, self._memory.of(job_id)) for job_id, fact in facts.items()}


def missed_events(
    before: Mapping[UUID, TrackedJob], after: Mapping[UUID, JobRow], now: datetime
) -> list[Event]:
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


def _rows(facts: JobRow) -> Iterator[tuple[UUID | None, JobRow | VariantRow]]:
    yield None, facts
    for variant in facts.variants:
        yield variant.variant_id, variant
