"""The board: every job in flight, filtered and sorted for one viewer. Pure, over a shared snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from feedly_core.domain.status import Kind
from feedly_core.live.durations import History
from feedly_core.live.job_status import Standing, stand
from feedly_core.live.problems import Trouble, troubles
from feedly_core.live.reader import LINGER
from feedly_core.live.snapshot import Followed, Snapshot

STUCK = "stuck"
"""Filter value beside the belief kinds: jobs with a trouble."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What one viewer wants to see; empty fields do not filter. ``max_age`` counts from creation."""

    tenant: str = ""
    campaign: str = ""
    kind: str = ""
    step: str = ""
    max_age: timedelta | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One job in flight. ``campaign`` is empty for a job made by hand."""

    standing: Standing
    troubles: tuple[Trouble, ...]
    campaign: str


@dataclass(frozen=True, slots=True)
class Board:
    """``rows`` match the filters, those in trouble first, then the newest. ``counts``: before filtering."""

    rows: tuple[BoardRow, ...]
    total: int
    counts: Mapping[Kind, int]
    variant_counts: Mapping[Kind, int]
    in_trouble: int
    oldest_waiting: datetime | None
    tenants: tuple[str, ...]
    campaigns: tuple[str, ...]


def make_board(snapshot: Snapshot, now: datetime, history: History, filters: Filters = Filters()) -> Board:
    """Beliefs about everything in flight.

    Finished jobs leave after ten minutes, failed ones when they are acknowledged.
    """
    rows = [row for row in (_row(f, snapshot, now, history) for f in snapshot.jobs.values()) if row]
    shown = [row for row in rows if _matches(row, filters, now)]
    shown.sort(key=lambda row: (not row.troubles, -row.standing.facts.created_at.timestamp()))
    waiting = [row.standing.moved_at for row in rows if row.standing.belief.kind is Kind.WAITING]
    return Board(
        tuple(shown),
        len(rows),
        Counter(row.standing.belief.kind for row in rows),
        Counter(variant.belief.kind for row in rows for variant in row.standing.variants),
        sum(bool(row.troubles) for row in rows),
        min(waiting, default=None),
        tuple(sorted({row.standing.facts.tenant_id or "" for row in rows})),
        tuple(sorted({row.campaign for row in rows if row.campaign})),
    )


def _row(followed: Followed, snapshot: Snapshot, now: datetime, history: History) -> BoardRow | None:
    standing = stand(followed, now, history)
    if standing.belief.kind is Kind.COMPLETE and now - standing.moved_at > LINGER:
        return None
    if standing.belief.kind is Kind.FAILED and standing.job_id in snapshot.acknowledged:
        return None
    return BoardRow(
        standing,
        tuple(troubles(standing, now, history)),
        snapshot.campaigns.get(standing.job_id, ""),
    )


def _matches(row: BoardRow, filters: Filters, now: datetime) -> bool:
    facts, belief = row.standing.facts, row.standing.belief
    kinds = {belief.kind.value, STUCK} if row.troubles else {belief.kind.value}
    wanted = filters.text.strip().casefold()
    haystack = f"{facts.job_id} {facts.tenant_id or ''} {facts.description or ''}".casefold()
    steps = {belief.place, *(variant.belief.place for variant in row.standing.variants)}
    return (
        (not filters.tenant or facts.tenant_id == filters.tenant)
        and (not filters.campaign or row.campaign == filters.campaign)
        and (not filters.kind or filters.kind in kinds)
        and (not filters.step or filters.step in steps)
        and (filters.max_age is None or now - facts.created_at <= filters.max_age)
        and wanted in haystack
    )


def signature(snapshot: Snapshot, now: datetime, history: History) -> dict[UUID, tuple[object, ...]]:
    """Per job, what a viewer would be told: it also changes when nothing is heard but time passes."""
    signatures: dict[UUID, tuple[object, ...]] = {}
    for job_id, followed in snapshot.jobs.items():
        row = _row(followed, snapshot, now, history)
        if row is None:
            signatures[job_id] = ()
        else:
            told = [(v.belief.kind, v.belief.step) for v in row.standing.variants]
            found = [(trouble.kind, trouble.variant_id) for trouble in row.troubles]
            signatures[job_id] = (row.standing.belief.kind, row.standing.belief.step, *told, *found)
    return signatures
