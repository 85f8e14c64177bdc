"""States of many jobs, as the read model stores and filters them.

The one pure function decides, when a job's rows are read. As only silence changes a state of unchanged rows,
it also says when the state will change: a query compares that with its own moment and decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Connection,
    DateTime,
    FromClause,
    Text,
    Uuid,
    and_,
    cast,
    column,
    func,
    literal,
    null,
    or_,
    select,
)

from feedly_core.db.job_rows import read_status_inputs
from feedly_core.db.own_schema.facts import COMPLETE, FAILED, OPEN
from feedly_core.domain import tables as t
from feedly_core.domain.status import State

_OUTCOMES = {State.COMPLETE: COMPLETE, State.FAILED: FAILED}

_CHANGE = DateTime(timezone=True)


def outcome_of(state: State) -> str:
    """Complete or failed; open for every other state."""
    return _OUTCOMES.get(state, OPEN)


def state_rows(connection: Connection, job_ids: Collection[UUID], now: datetime) -> FromClause:
    """Read the jobs and derive their states from ``now`` on: one row per job, to be joined in a query."""
    inputs = read_status_inputs(connection, job_ids, open_only=True)
    rows = [_row(job_id, known.states(now)) for job_id, known in inputs.items()]
    return (
        func.json_to_recordset(literal(rows, JSON))
        .table_valued(
            column("job_id", Uuid),
            column("outcome", Text),
            column("fails_at", _CHANGE),
            column("states", ARRAY(Text)),
            column("changes", ARRAY(_CHANGE)),
            name="job_states",
        )
        .render_derived(with_types=True)
    )


def no_states() -> FromClause:
    """A row per job without its state, for a query whose caller derives it."""
    jobs = t.jobs
    return select(
        jobs.c.job_id,
        cast(null(), Text).label("outcome"),
        cast(null(), _CHANGE).label("fails_at"),
        cast(null(), ARRAY(Text)).label("states"),
        cast(null(), ARRAY(_CHANGE)).label("changes"),
    ).subquery("job_states")


def _row(job_id: UUID, states: Sequence[tuple[datetime, State]]) -> dict[str, Any]:
    fails_at = next((moment for moment, state in states[1:] if state is State.FAILED), None)
    return {
        "job_id": str(job_id),
        "outcome": outcome_of(states[0][1]),
        "fails_at": fails_at.isoformat() if fails_at else None,
        "states": [state.value for _, state in states],
        "changes": [moment.isoformat() for moment, _ in states],
    }


def state_at(states: Sequence[str], changes: Sequence[datetime], now: datetime) -> State:
    """The state at ``now`` of a read model's row."""
    past = [state for state, since in zip(states, changes, strict=True) if since <= now]
    return State(past[-1] if past else states[0])


def has_outcome(rows: FromClause, outcome: str, now: datetime) -> ColumnElement[bool]:
    """Condition on rows of the read model: the job's outcome at ``now``.

    The first comparison is along an index; open jobs, which the second one looks at, are few.
    """
    stored, fails_at = rows.c.outcome, rows.c.fails_at
    if outcome == FAILED:
        return and_(
            stored.in_((FAILED, OPEN)),
            stored != COMPLETE,
            or_(stored == FAILED, fails_at <= now),
        )
    if outcome == OPEN:
        return and_(stored == OPEN, or_(fails_at.is_(None), fails_at > now))
    return stored == outcome
