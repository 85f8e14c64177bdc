"""One job's rows and marks, and the statuses derived from them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from feedly_core.domain.high_water import NO_HISTORY, NO_MARK, HighWaterMark, JobHistory
from feedly_core.domain.pipeline import TEXT_STEPS, VARIANT_STEP_NAMES
from feedly_core.domain.status import (
    RETRY_GRACE,
    STALL_TIMEOUT,
    JobStatus,
    Row,
    State,
    VariantStatus,
    derive_job_status,
    derive_variant_status,
)

BLOCKING_STEP = "overlay"
"""Without its row the listener starts no later step of the variant, ever."""


class VariantRow(NamedTuple):
    """One row of ``jobs_variants``. A tuple: hundreds are made at once, each in a quarter of the time.

    ``proven``: variant steps that its own result rows prove finished, 0 to 8. ``missing``: steps that its
    position claims finished although they stored no row. ``font``: the recommended one, where the overlay
    is missing. ``unblocked``: the row without which no later step starts is there, wherever the position is.
    """

    variant_id: UUID
    number: int
    step: str | None
    status: str | None
    retry_count: int | None
    created_at: datetime
    updated_at: datetime
    proven: int
    missing: tuple[str, ...] = ()
    font: str | None = None
    unblocked: bool = True

    @property
    def blocked_by(self) -> str | None:
        """The step without whose row no later step starts.

        None when its row exists.
        """
        return BLOCKING_STEP if BLOCKING_STEP in self.missing else None


class JobRow(NamedTuple):
    """One row of ``jobs`` with its variants in display order.

    Missing optional columns read None.
    """

    job_id: UUID
    tenant_id: str | None
    description: str | None
    step: str | None
    status: str | None
    retry_count: int | None
    created_at: datetime
    updated_at: datetime
    has_copy: bool
    has_feed: bool
    variants: tuple[VariantRow, ...]


@dataclass(frozen=True)
class StallTimeouts:
    """How long each step may stay silent.

    :data:`STALL_TIMEOUT` for a step without an entry.
    """

    by_step: Mapping[str, timedelta] = field(default_factory=dict)

    def of(self, step: str | None) -> timedelta:
        return self.by_step.get(step or "", STALL_TIMEOUT)


@dataclass(frozen=True, slots=True)
class Statuses:
    """Status of one job and its variants at one moment.

    ``moved_at``: its last change.
    """

    job: JobStatus
    variants: Mapping[UUID, VariantStatus]
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class StatusInputs:
    """Everything that the status of one job depends on, but the time."""

    record: JobRow
    marks: JobHistory = NO_HISTORY
    timeouts: StallTimeouts = field(default_factory=StallTimeouts)

    def at(self, now: datetime) -> Statuses:
        """Derive the statuses at ``now``."""
        rows = self._variant_rows()
        variants = [
            derive_variant_status(
                row, now, job_retries=self.record.retry_count, stall_timeout=self._variant_timeout(row)
            )
            for row in rows
        ]
        row = self._job_row(rows)
        job = derive_job_status(
            row,
            variants,
            now,
            has_copy=self.record.has_copy,
            has_feed=self.record.has_feed or self.marks.completed,
            stall_timeout=self._job_timeout,
        )
        ids = (variant.variant_id for variant in self.record.variants)
        return Statuses(job, dict(zip(ids, variants, strict=True)), row.moved_at)

    def states(self, now: datetime) -> tuple[tuple[datetime, State], ...]:
        """State of the job at ``now``, then each later change if its rows stay as they are.

        A state holds from its moment up to the next one: silence alone changes a state.
        """
        found = [(now, self.at(now).job.state)]
        if found[0][1] is State.COMPLETE and (self.record.has_feed or self.marks.completed):
            return tuple(found)  # a feed post stays: no silence changes that
        for moment in sorted(moment for moment in self._deadlines() if moment > now):
            state = self.at(moment).job.state
            if state != found[-1][1]:
                found.append((moment, state))
        return tuple(found)

    def _deadlines(self) -> set[datetime]:
        """Moments at which silence can change the state."""
        rows = self._variant_rows()
        job = self._job_row(rows)
        deadlines = {row.moved_at + self._variant_timeout(row) for row in rows}
        return deadlines | {job.moved_at + self._job_timeout, job.moved_at + RETRY_GRACE}

    @property
    def _job_timeout(self) -> timedelta:
        return self.timeouts.of(TEXT_STEPS[0].name)

    def _variant_timeout(self, row: Row) -> timedelta:
        nxt = VARIANT_STEP_NAMES[row.furthest] if row.furthest < len(VARIANT_STEP_NAMES) else None
        return self.timeouts.of(nxt)

    def _variant_rows(self) -> list[Row]:
        marks = self.marks.variants
        return [
            _variant_row(variant, marks.get(variant.variant_id, NO_MARK) if marks else NO_MARK)
            for variant in self.record.variants
        ]

    def _job_row(self, variants: Sequence[Row]) -> Row:
        moved_at = max([last_sign(self.record, self.marks.job), *(row.moved_at for row in variants)])
        record = self.record
        return Row(record.step, record.status, moved_at, record.retry_count, self.marks.job.furthest)


def _variant_row(variant: VariantRow, mark: HighWaterMark) -> Row:
    return Row(
        variant.step,
        variant.status,
        last_sign(variant, mark),
        variant.retry_count,
        max(variant.proven, mark.furthest),
        None if variant.unblocked else BLOCKING_STEP,
    )


def last_sign(record: JobRow | VariantRow, mark: HighWaterMark) -> datetime:
    """The later of the row's update and its last event."""
    return max(record.updated_at, mark.moved_at) if mark.moved_at else record.updated_at
