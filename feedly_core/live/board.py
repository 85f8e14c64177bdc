"""Board: jobs in flight, filtered and sorted for one viewer.

Pure, over a shared snapshot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from feedly_core.analytics.durations import StepDurations
from feedly_core.domain.matching import matches
from feedly_core.domain.status import State
from feedly_core.live.job_view import JobView, build_job_view
from feedly_core.live.problems import Problem, find_problems
from feedly_core.live.reader import LINGER
from feedly_core.live.snapshot import Snapshot, TrackedJob

STUCK = "stuck"
"""Filter value beside the states: jobs with a trouble."""
HOLDS = timedelta(seconds=1)
"""Of a view whose job did not move."""


@dataclass(frozen=True, slots=True)
class BoardFilters:
    """What one viewer wants to see.

    Empty fields do not filter. ``max_age`` counts from creation.
    """

    tenant: str = ""
    campaign: str = ""
    state: str = ""
    step: str = ""
    max_age: timedelta | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One job in flight.

    ``campaign`` is empty for a job made by hand.
    """

    view: JobView
    problems: tuple[Problem, ...]
    campaign: str


@dataclass(frozen=True, slots=True)
class Board:
    """``rows`` match the filters, those in trouble first, then the newest. ``counts``: before filtering."""

    rows: tuple[BoardRow, ...]
    total: int
    counts: Mapping[State, int]
    variant_counts: Mapping[State, int]
    with_problems: int
    oldest_waiting: datetime | None
    tenants: tuple[str, ...]
    campaigns: tuple[str, ...]


def build_board(
    snapshot: Snapshot, now: datetime, history: StepDurations, filters: BoardFilters = BoardFilters()
) -> Board:
    """Statuses of everything in flight.

    Finished jobs leave after ten minutes, failed ones when they are acknowledged.
    """
    return RecentViews().board(snapshot, now, history, filters)


class RecentViews:
    """Views of jobs, shared by all who look: made anew when a job moved, and every second.

    For any thread: at worst two make the same view.
    """

    def __init__(self) -> None:
        self._made: dict[UUID, _Made] = {}

    def board(
        self, snapshot: Snapshot, now: datetime, history: StepDurations, filters: BoardFilters
    ) -> Board:
        """As :func:`build_board`; times left are a second old at most."""
        rows = [row for row in map(partial(_row, snapshot, now), self._views(snapshot, now, history)) if row]
        shown = rows if filters == BoardFilters() else [row for row in rows if _matches(row, filters, now)]
        shown = sorted(shown, key=lambda row: (not row.problems, -row.view.facts.created_at.timestamp()))
        waiting = [row.view.moved_at for row in rows if row.view.status.state is State.WAITING]
        return Board(
            tuple(shown),
            len(rows),
            Counter(row.view.status.state for row in rows),
            Counter(variant.status.state for row in rows for variant in row.view.variants),
            sum(bool(row.problems) for row in rows),
            min(waiting, default=None),
            tuple(sorted({row.view.facts.tenant_id or "" for row in rows})),
            tuple(sorted({row.campaign for row in rows if row.campaign})),
        )

    def _views(self, snapshot: Snapshot, now: datetime, history: StepDurations) -> list[_Made]:
        made, before = {}, self._made
        for job_id, tracked in snapshot.jobs.items():
            one = before.get(job_id)
            made[job_id] = one if one and one.holds(tracked, now, history) else _made(tracked, now, history)
        self._made = made
        return list(made.values())


@dataclass(frozen=True, slots=True)
class _Made:
    tracked: TrackedJob
    history: StepDurations
    at: datetime
    view: JobView
    problems: tuple[Problem, ...]

    def holds(self, tracked: TrackedJob, now: datetime, history: StepDurations) -> bool:
        same = self.tracked is tracked and self.history is history
        return same and timedelta() <= now - self.at < HOLDS


def _made(tracked: TrackedJob, now: datetime, history: StepDurations) -> _Made:
    view = build_job_view(tracked, now, history)
    return _Made(tracked, history, now, view, tuple(find_problems(view, now, history)))


def _row(snapshot: Snapshot, now: datetime, made: _Made) -> BoardRow | None:
    view = made.view
    if view.status.state is State.COMPLETE and now - view.moved_at > LINGER:
        return None
    if view.status.state is State.FAILED and view.job_id in snapshot.acknowledged:
        return None
    return BoardRow(view, made.problems, snapshot.campaigns.get(view.job_id, ""))


def _matches(row: BoardRow, filters: BoardFilters, now: datetime) -> bool:
    facts, status = row.view.facts, row.view.status
    states = {status.state.value, STUCK} if row.problems else {status.state.value}
    steps = {status.place, *(variant.status.place for variant in row.view.variants)}
    return (
        (not filters.tenant or facts.tenant_id == filters.tenant)
        and (not filters.campaign or row.campaign == filters.campaign)
        and (not filters.state or filters.state in states)
        and (not filters.step or filters.step in steps)
        and (filters.max_age is None or now - facts.created_at <= filters.max_age)
        and matches(filters.text, (str(facts.job_id), facts.tenant_id, facts.description))
    )


def signature(snapshot: Snapshot, now: datetime, history: StepDurations) -> dict[UUID, tuple[object, ...]]:
    """Per job, what a viewer sees.

    It also changes when nothing is received but time passes.
    """
    signatures: dict[UUID, tuple[object, ...]] = {}
    for job_id, tracked in snapshot.jobs.items():
        row = _row(snapshot, now, _made(tracked, now, history))
        if row is None:
            signatures[job_id] = ()
        else:
            shown = [(v.status.state, v.status.step) for v in row.view.variants]
            found = [(problem.kind, problem.variant_id) for problem in row.problems]
            signatures[job_id] = (row.view.status.state, row.view.status.step, *shown, *found)
    return signatures


def shown_state(signed: tuple[object, ...]) -> State | None:
    """The job's state in its signature; None for one that has left the board."""
    return State(str(signed[0])) if signed else None
