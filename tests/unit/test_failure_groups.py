"""Failure groups: every problem in exactly one group, and what a fault is for a release."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from feedly_core.analytics.durations import StepDurations
from feedly_core.db.proof import Proof
from feedly_core.domain.high_water import JobHistory
from feedly_core.domain.job_rows import JobRow, StallTimeouts, VariantRow
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES
from feedly_core.failures.drive import outcome, same_failure
from feedly_core.failures.groups import BARS, Fault, FaultState, Mark, Releases, group_problems
from feedly_core.failures.runs import ItemState
from feedly_core.live.board import build_board
from feedly_core.live.problems import ProblemKind
from feedly_core.live.snapshot import Snapshot, TrackedJob

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
BEGAN = {name: NOW - timedelta(days=days) for name, days in (("1.0", 60), ("1.1", 20), ("2.0", 3))}
OVERLAY = Fault(ProblemKind.FAILED, "overlay")


def job(number: int, step: str, status: str, hours: float, variants: int = 1) -> TrackedJob:
    at = NOW - timedelta(hours=hours)
    rows = tuple(
        VariantRow(UUID(int=100 * number + place), place, step, status, 3, at, at, 0)
        for place in range(1, variants + 1)
    )
    facts = JobRow(UUID(int=number), "cafe", "국", step, "running", 3, at, at, True, False, rows)
    return TrackedJob(facts, JobHistory())


def rows_of(jobs: list[TrackedJob]):  # type: ignore[no-untyped-def]
    snapshot = Snapshot(1, NOW, {each.facts.job_id: each for each in jobs})
    return build_board(snapshot, NOW, StepDurations()).rows


JOBS = st.lists(
    st.tuples(
        st.sampled_from(VARIANT_STEP_NAMES),
        st.sampled_from(["failed", "done", "running", "queued"]),
        st.floats(0.01, 200),
        st.integers(1, 3),
        st.sampled_from([None, *BEGAN]),
    ),
    max_size=12,
)


@given(JOBS)
def test_every_problem_stands_in_exactly_one_group(
    drawn: list[tuple[str, str, float, int, str | None]],
) -> None:
    jobs = [job(number, *each[:4]) for number, each in enumerate(drawn, start=1)]
    named = {UUID(int=n): each[4] for n, each in enumerate(drawn, start=1) if each[4]}
    rows = rows_of(jobs)
    groups = group_problems(rows, Releases(named, BEGAN), {}, NOW)
    wanted = sorted(
        (
            problem.kind,
            problem.step or "",
            str(named.get(row.view.job_id)),
            str(row.view.job_id),
            problem.since,
        )
        for row in rows
        for problem in row.problems
    )
    found = sorted(
        (group.fault.problem, group.fault.step, str(group.release), str(one.job_id), one.since)
        for group in groups
        for one in group.members
    )
    assert found == wanted
    assert len({group.name for group in groups}) == len(groups)
    for group in groups:
        assert sum(group.bars) == len(group.members) and len(group.bars) == BARS
        assert group.first_seen == min(one.since for one in group.members)
        assert group.last_seen == max(one.since for one in group.members)
        assert group.state is FaultState.NEW


def failing(release: str | None, others: tuple[str, ...] = ()) -> dict[UUID, str]:
    names = (release, *others)
    return {UUID(int=number): name for number, name in enumerate(names, start=1) if name}


def only_group(release: str | None, mark: Mark | None, others: tuple[str, ...] = ()):  # type: ignore[no-untyped-def]
    jobs = [job(number, "overlay", "failed", 2.0) for number in range(1, len(others) + 2)]
    marks = {OVERLAY: mark} if mark else {}
    groups = group_problems(rows_of(jobs), Releases(failing(release, others), BEGAN), marks, NOW)
    return next(each for each in groups if each.fault == OVERLAY and each.release == release)


def mark(state: FaultState, release: str = "", hours: float = 24.0) -> Mark:
    return Mark(state, "note", "", release, "kim", NOW - timedelta(hours=hours))


def test_what_a_fault_is_for_a_release() -> None:
    assert only_group("1.1", None).state is FaultState.NEW
    assert only_group("1.1", mark(FaultState.KNOWN)).state is FaultState.KNOWN
    fixed = mark(FaultState.FIXED, "1.1")
    assert only_group("1.0", fixed).state is FaultState.FIXED, "the release before still has it"
    assert only_group("1.1", fixed).state is FaultState.REGRESSED
    assert only_group("2.0", fixed).state is FaultState.REGRESSED
    assert only_group("2.0", mark(FaultState.FIXED, "3.0")).state is FaultState.FIXED, "3.0 is not out yet"
    assert only_group("1.1", mark(FaultState.NEW)).state is FaultState.NEW, "taken back"


def test_where_jobs_name_no_release_the_time_of_the_word_decides() -> None:
    assert only_group(None, mark(FaultState.FIXED, "1.1", hours=1)).state is FaultState.FIXED
    assert only_group(None, mark(FaultState.FIXED, "1.1", hours=3)).state is FaultState.REGRESSED


def test_new_is_what_only_the_newest_release_has() -> None:
    assert only_group("2.0", None).is_new
    assert not only_group("2.0", None, ("1.1",)).is_new, "an older release has it too"
    assert not only_group("1.1", None).is_new
    assert not only_group(None, None).is_new


def test_how_the_step_of_a_variant_ended() -> None:
    soon, late = timedelta(seconds=30), timedelta(minutes=10)
    provable = frozenset(VARIANT_STEP_NAMES)
    stored = Proof(frozenset({"overlay"}), frozenset(), frozenset({"overlay"}))
    lacking = Proof(frozenset(), frozenset(), provable)

    def ended(
        place: tuple[str, str] | None, since: timedelta, proof: Proof = stored, unchanged: timedelta = soon
    ) -> ItemState | None:
        found = outcome("overlay", place, proof, since, StallTimeouts(), unchanged=unchanged)
        return found[0] if found else None

    assert ended(("planner", "done"), soon) is None
    assert ended(("overlay", "running"), soon) is None
    assert ended(("overlay", "running"), late) is ItemState.SILENT
    assert ended(("overlay", "done"), soon) is ItemState.OK
    assert ended(("vlm_judge", "failed"), soon) is ItemState.OK, "this step worked, a later one failed"
    assert ended(("overlay", "failed"), soon) is ItemState.FAILED
    assert ended(("overlay", "failed"), soon, unchanged=timedelta(seconds=2)) is None, (
        "a call may still succeed"
    )
    assert ended(("overlay", "failed"), late, unchanged=timedelta(0)) is ItemState.FAILED
    assert ended(("overlay", "done"), soon, lacking) is ItemState.FAILED
    assert ended(None, soon) is ItemState.LEFT


class Ended:
    def __init__(self, state: str, reason: str) -> None:
        self.state, self.reason = state, reason


def test_three_times_the_same_failure_is_one_that_stays() -> None:
    failed, silent, ok = Ended("failed", "a"), Ended("silent", "b"), Ended("ok", "")
    assert same_failure([failed] * 3) == "a"
    assert same_failure([silent] * 3) == "b"
    for enough in ([failed] * 2, [failed, ok, failed], [failed, silent, failed], [ok] * 3, []):
        assert same_failure(enough) == ""
