"""Failure groups: the problems of the board by what is broken, where, and since which release. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from feedly_core.domain.pipeline import STEPS, order
from feedly_core.i18n import N_, Message
from feedly_core.live.board import BoardRow
from feedly_core.live.problems import ProblemKind
from feedly_core.live.reader import IN_FLIGHT_DAYS

BARS = 4 * IN_FLIGHT_DAYS
"""Bars of a group's small chart, six hours each, up to now: as far back as the board reaches."""

PROBLEM_TITLES: Mapping[ProblemKind, Message] = {
    ProblemKind.STUCK: N_("No response"),
    ProblemKind.DRIFTED: N_("Left behind"),
    ProblemKind.EXHAUSTED: N_("Retries used up"),
    ProblemKind.FAILED: N_("Failed"),
    ProblemKind.NO_ROW: N_("No result row"),
}


@dataclass(frozen=True)
class Fault:
    """What is broken. ``step`` is empty where rows name none."""

    problem: ProblemKind
    step: str

    @property
    def service(self) -> str:
        """The letters of the service that owns the step; empty for an unknown step."""
        known = STEPS.get(self.step)
        return known.owner if known else ""


class FaultState(StrEnum):
    """``known`` and ``fixed`` are said by people; ``regressed``: fixed, and there again."""

    NEW = "new"
    KNOWN = "known"
    FIXED = "fixed"
    REGRESSED = "regressed"


@dataclass(frozen=True)
class Mark:
    """What a person said of a fault. ``release``: the one that fixes it."""

    state: FaultState
    note: str
    link: str
    release: str
    person: str
    at: datetime


@dataclass(frozen=True)
class Member:
    """One problem of a group. ``rerun_step`` None: no step of a variant helps."""

    job_id: UUID
    variant_id: UUID | None
    number: int
    rerun_step: str | None
    since: datetime
    created_at: datetime


@dataclass(frozen=True)
class FailureGroup:
    """Problems of one kind at one step under one release, oldest first.

    ``state`` of its fault for this release. ``is_new``: the newest release has it, no older one on the board.
    ``pictures``: (asset, job), three at most.
    """

    fault: Fault
    release: str | None
    members: tuple[Member, ...]
    bars: tuple[int, ...]
    state: FaultState
    mark: Mark | None
    is_new: bool
    pictures: tuple[tuple[UUID, UUID], ...] = ()

    @property
    def name(self) -> tuple[str, str, str]:
        """Problem, step and release: what an address or a command calls it."""
        return self.fault.problem.value, self.fault.step, self.release or ""

    @property
    def first_seen(self) -> datetime:
        return self.members[0].since

    @property
    def last_seen(self) -> datetime:
        return self.members[-1].since

    @property
    def runnable(self) -> tuple[Member, ...]:
        """Those that a rerun of a step may help."""
        return tuple(one for one in self.members if one.variant_id and one.rerun_step)


@dataclass(frozen=True)
class Releases:
    """``of``: the release that made each job. ``began``: creation of the first known job of each."""

    of: Mapping[UUID, str]
    began: Mapping[str, datetime]

    @property
    def newest(self) -> str | None:
        """The newest release; None where jobs name none."""
        return max(self.began, key=lambda name: self.began[name], default=None)


def group_problems(
    rows: Iterable[BoardRow], releases: Releases, marks: Mapping[Fault, Mark], now: datetime
) -> tuple[FailureGroup, ...]:
    """Groups: those that need attention first, then the largest.

    Each problem of the board stands in exactly one group.
    """
    found: defaultdict[tuple[Fault, str | None], list[Member]] = defaultdict(list)
    for row in rows:
        facts = row.view.facts
        numbers = {variant.variant_id: variant.number for variant in facts.variants}
        for problem in row.problems:
            member = Member(
                facts.job_id,
                problem.variant_id,
                numbers.get(problem.variant_id, 0) if problem.variant_id else 0,
                problem.rerun_step,
                problem.since,
                facts.created_at,
            )
            key = Fault(problem.kind, problem.step or ""), releases.of.get(facts.job_id)
            found[key].append(member)
    groups = [_group(key, members, found, releases, marks, now) for key, members in found.items()]
    return tuple(sorted(groups, key=_place))


def _place(group: FailureGroup) -> tuple[int, int, int, str]:
    quiet = (FaultState.REGRESSED, FaultState.NEW, FaultState.KNOWN, FaultState.FIXED).index(group.state)
    return quiet, -len(group.members), order(group.fault.step), group.release or ""


def _group(
    key: tuple[Fault, str | None],
    members: list[Member],
    found: Mapping[tuple[Fault, str | None], list[Member]],
    releases: Releases,
    marks: Mapping[Fault, Mark],
    now: datetime,
) -> FailureGroup:
    fault, release = key
    members.sort(key=lambda one: (one.since, str(one.job_id), one.number))
    mark = marks.get(fault)
    alone = not any(other == fault and made_by != release for other, made_by in found)
    return FailureGroup(
        fault,
        release,
        tuple(members),
        _bars(members, now),
        state_of(mark, release, releases, members),
        mark,
        is_new=release is not None
        and release == releases.newest
        and len(releases.began) > 1
        and alone
        and (mark is None or mark.at >= releases.began[release]),
    )


def state_of(
    mark: Mark | None, release: str | None, releases: Releases, members: Iterable[Member]
) -> FaultState:
    """What a fault is for one release.

    Said to be fixed in a release, it has regressed where that release or a later one has it. Where the jobs
    name no release: where a job made after the word has it.
    """
    if mark is None or mark.state is FaultState.NEW:
        return FaultState.NEW
    if mark.state is not FaultState.FIXED:
        return FaultState.KNOWN
    if release is None:
        again = any(one.created_at > mark.at for one in members)
    elif release == mark.release:
        again = True
    else:
        fixed_from = releases.began.get(mark.release)
        began = releases.began.get(release)
        again = fixed_from is not None and began is not None and began > fixed_from
    return FaultState.REGRESSED if again else FaultState.FIXED


def _bars(members: Iterable[Member], now: datetime) -> tuple[int, ...]:
    counts = [0] * BARS
    for one in members:
        age = max(timedelta(), now - one.since)
        counts[max(0, BARS - 1 - int(age / timedelta(hours=6)))] += 1
    return tuple(counts)
