"""One bounded reader of everything that a status depends on.

The hub, the read model, the results page and campaigns ask here, so that all of them see the same status.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, select

from feedly_core.db.engine import Capabilities, among, capabilities
from feedly_core.db.own_schema import installed
from feedly_core.db.prepared import GIVEN
from feedly_core.db.proof import Proof, Proofs, fonts
from feedly_core.db.query_budget import query_budget
from feedly_core.db.status_query import JOBS, TIMEOUTS, RowKind, StatusRow, status_query, transitions_query
from feedly_core.domain.high_water import NO_HISTORY, JobHistory
from feedly_core.domain.job_rows import (
    BLOCKING_STEP,
    JobRow,
    StallTimeouts,
    Statuses,
    StatusInputs,
    VariantRow,
)
from feedly_core.domain.row_times import credible_update

_UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Of a row without any time: received events say when it changed."""


@query_budget(statements=1, rows=20_000)
def read_statuses(connection: Connection, job_ids: Collection[UUID], now: datetime) -> dict[UUID, Statuses]:
    """Status of each job and of its variants at ``now``. One statement."""
    return {job_id: inputs.at(now) for job_id, inputs in read_status_inputs(connection, job_ids).items()}


def read_status_inputs(
    connection: Connection, job_ids: Collection[UUID], *, open_only: bool = False
) -> dict[UUID, StatusInputs]:
    """Everything that the status of each job depends on.

    One statement.

    ``open_only``: read no variants of a job with a feed post; they cannot change that it is complete.
    """
    return _read(connection, job_ids, open_only=open_only, ours=installed(connection))


def read_status_rows(connection: Connection, job_ids: Collection[UUID]) -> dict[UUID, JobRow]:
    """Record of each job that exists. One statement."""
    found = _read(connection, job_ids, open_only=False, ours=False)
    return {job_id: inputs.record for job_id, inputs in found.items()}


def _read(
    connection: Connection, job_ids: Collection[UUID], *, open_only: bool, ours: bool
) -> dict[UUID, StatusInputs]:
    """One statement, so that all rows are of one moment.

    Prepared: to plan it took a tenth of the time for ten jobs.
    """
    if not job_ids:
        return {}
    caps = capabilities(connection)
    query = status_query(caps, open_only=open_only, ours=ours)
    found = connection.execute(query, {JOBS.key: list(job_ids)}, execution_options={GIVEN: (JOBS.key,)})
    return status_inputs(caps, map(StatusRow._make, found.all()))


def status_inputs(caps: Capabilities, read: Iterable[StatusRow]) -> dict[UUID, StatusInputs]:
    """What rows of :func:`status_query` say of each job."""
    rows: defaultdict[str, list[StatusRow]] = defaultdict(list)
    for row in read:
        rows[row.kind].append(row)
    variants = _variants(caps, rows)
    marks: dict[UUID, JobHistory] = {}
    for row in rows[RowKind.MARK]:
        seen = RecordedTransition(*(getattr(row, name) for name in _TRANSITION))
        marks[seen.job_id] = marks.get(seen.job_id, NO_HISTORY).after(seen)
    timeouts = _timeouts(rows[RowKind.TIMEOUTS][0].document if rows[RowKind.TIMEOUTS] else None)
    return {
        row.job_id: StatusInputs(_job(row, variants[row.job_id]), marks.get(row.job_id, NO_HISTORY), timeouts)
        for row in rows[RowKind.JOB]
    }


def _variants(caps: Capabilities, rows: Mapping[str, list[StatusRow]]) -> dict[UUID, list[VariantRow]]:
    """Variants per job, in display order."""
    proven = Proofs(caps, ((row.operations, row.job_ids, row.variant_ids) for row in rows[RowKind.PROOF]))
    font = fonts((row.variant_id, row.document) for row in rows[RowKind.FONT])
    found: defaultdict[UUID, list[VariantRow]] = defaultdict(list)
    for row in rows[RowKind.VARIANT]:
        proof = proven.of(row.variant_id, row.job_id)
        found[row.job_id].append(_variant(row, proof, font.get(row.variant_id)))
    return found


class RecordedTransition(NamedTuple):
    """The last sight of one (row, step, status)."""

    job_id: UUID
    variant_id: UUID | None
    step: str | None
    status: str | None
    row_updated_at: datetime
    seen_at: datetime


_TRANSITION = ("job_id", "variant_id", "step", "status", "updated_at", "seen_at")


def recorded_transitions(connection: Connection, job_ids: Collection[UUID]) -> list[RecordedTransition]:
    """The jobs' last record of each (row, step, status). All that the marks need; one statement."""
    query = transitions_query(lambda column: among(column, job_ids))
    return [RecordedTransition(*row) for row in connection.execute(query)]


@query_budget(statements=1, rows=50)
def read_stall_timeouts(connection: Connection) -> StallTimeouts:
    """The stall timeouts that hold now, for every reader.

    The usual ones without our own schema.
    """
    return _timeouts(connection.scalar(select(TIMEOUTS))) if installed(connection) else StallTimeouts()


def _timeouts(seconds: Mapping[str, float] | None) -> StallTimeouts:
    return StallTimeouts({step: timedelta(seconds=value) for step, value in (seconds or {}).items()})


def _variant(row: StatusRow, proof: Proof, font: str | None) -> VariantRow:
    created_at = row.created_at or row.updated_at or _UNKNOWN_TIME
    missing = proof.missing(row.step, row.status)
    return VariantRow(
        row.variant_id,
        row.number,
        row.step,
        row.status,
        row.retry_count,
        created_at,
        credible_update(created_at, row.updated_at or created_at),
        proof.furthest,
        missing,
        font if BLOCKING_STEP in missing else None,
        BLOCKING_STEP not in proof.lacking,
    )


def _job(row: StatusRow, variants: Iterable[VariantRow]) -> JobRow:
    created_at = row.created_at or row.updated_at or _UNKNOWN_TIME
    return JobRow(
        row.job_id,
        row.tenant_id,
        row.description,
        row.step,
        row.status,
        row.retry_count,
        created_at,
        credible_update(created_at, row.updated_at or created_at),
        row.has_copy,
        row.has_feed,
        tuple(variants),
    )
