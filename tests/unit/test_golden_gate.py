"""The rules of the release gate, and the facts that orders expect."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedly_core.domain.scores import SCORES
from feedly_core.errors import InvalidInput
from feedly_core.golden_sets.facts import Evidence, Fact, FactKind, holds, read_fact, read_facts
from feedly_core.golden_sets.gate import (
    CaseState,
    GateCode,
    KnownFailure,
    Meaning,
    Policy,
    case_state,
    job_passes,
    judge,
    meaning,
)
from feedly_core.golden_sets.schedule import next_after, read_time

TODAY = date(2026, 3, 1)
FLAGS = st.lists(st.sampled_from([True, False, None]), max_size=6)
UTC = ZoneInfo("UTC")


@given(FLAGS, st.integers(1, 5), st.integers(0, 3))
def test_a_case_passes_only_with_all_its_repeats_and_most_of_them_good(
    jobs: list[bool | None], repeats: int, running: int
) -> None:
    state = case_state(jobs, running=running, repeats=repeats)
    if running or len(jobs) < repeats:
        assert state in (CaseState.RUNNING, CaseState.MISSING)
    elif state is CaseState.PASSED:
        assert jobs.count(True) > len(jobs) / 2
    elif state is CaseState.FAILED:
        assert jobs.count(False) > len(jobs) / 2
    else:
        assert max(jobs.count(True), jobs.count(False)) <= len(jobs) / 2


@given(FLAGS, st.lists(st.booleans(), min_size=6, max_size=6))
def test_a_job_is_judged_only_when_the_unknown_cannot_change_it(
    pictures: list[bool | None], answers: list[bool]
) -> None:
    found = job_passes(pictures)
    if found is not None:
        told = iter(answers)
        later = [next(told) if each is None else each for each in pictures]
        assert job_passes(later) is found


@given(
    st.sampled_from(CaseState),
    st.booleans(),
    st.none() | st.integers(-3, 3),
    st.sampled_from(Policy),
)
def test_a_missing_case_never_passes_and_an_expired_excuse_excuses_nothing(
    state: CaseState, approved: bool, days: int | None, policy: Policy
) -> None:
    known = None if days is None else KnownFailure("why", date.fromordinal(TODAY.toordinal() + days), "kim")
    found = meaning(state, approved=approved, known=known, today=TODAY, policy=policy)
    code = judge({uuid4(): found, uuid4(): Meaning.GOOD}, approved=1, policy=policy).code
    if state in (CaseState.MISSING, CaseState.RUNNING):
        assert code is GateCode.INCOMPLETE
    elif state is CaseState.FAILED and (days is None or days < 0):
        broken = approved or policy is Policy.ALL_PASS
        assert code is (GateCode.REGRESSION if broken else GateCode.NOT_DECIDED)
    elif state is CaseState.UNDECIDED and (days is None or days < 0):
        assert code is GateCode.NOT_DECIDED
    else:
        assert code is GateCode.PASS


def test_without_a_baseline_there_is_no_regression_and_no_pass() -> None:
    assert (
        judge({uuid4(): Meaning.GOOD}, approved=0, policy=Policy.NO_REGRESSION).code is GateCode.NOT_DECIDED
    )
    assert judge({uuid4(): Meaning.GOOD}, approved=0, policy=Policy.ALL_PASS).code is GateCode.PASS
    assert judge({}, approved=0, policy=Policy.ALL_PASS).code is GateCode.INCOMPLETE


SHOWN = Evidence({"iou_with_food": 0.02, "ocr_accuracy": 0.9499}, "따끈한\n국물", True, 1 / 3)


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("iou_with_food<=0.02", True),
        ("iou_with_food <= 0.0199", False),
        ("ocr_accuracy>=0.95", False),
        ("contrast>=4.5", None),
        ("call_to_action", True),
        ("top_third", True),
        ("copy=따끈한 국물", True),
        ("copy=차가운 국물", False),
    ],
)
def test_a_fact_is_proved_by_data_disproved_or_open(written: str, held: bool | None) -> None:
    assert holds(read_fact(written), SHOWN) is held
    assert holds(read_fact(written), Evidence({}, None, None, None)) is None


@given(
    st.builds(
        lambda name, bound: Fact(FactKind.SCORE, name, bound / 1000),
        st.sampled_from(sorted(SCORES)),
        st.integers(0, 1000),
    )
    | st.sampled_from([Fact(FactKind.CALL_TO_ACTION), Fact(FactKind.TOP_THIRD)])
)
def test_a_fact_is_read_as_it_is_written(fact: Fact) -> None:
    assert read_fact(str(fact)) == fact


@pytest.mark.parametrize(
    "written", ["", "iou>=1", "iou_with_food>=0.02", "ocr_accuracy<=0.9", "copy=", "x=1"]
)
def test_what_is_no_fact_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput):
        read_facts([written])


@given(
    st.integers(1_700_000_000, 1_900_000_000).map(lambda second: datetime.fromtimestamp(second, UTC)),
    st.integers(0, 1439),
    st.sampled_from(["Asia/Seoul", "Europe/Berlin", "America/New_York"]),
)
def test_the_next_time_is_within_a_day_and_shows_the_wanted_clock(
    now: datetime, minute: int, zone: str
) -> None:
    at = time(minute // 60, minute % 60)
    found = next_after(now, at, ZoneInfo(zone))
    assert 0 < (found - now).total_seconds() <= 25 * 3600
    shown = found.astimezone(ZoneInfo(zone)).time()
    assert shown == at or abs(shown.hour - at.hour) in (1, 23)  # clocks are turned at night


def test_a_time_of_day_is_read_or_refused() -> None:
    assert read_time(" 03:00") == time(3)
    with pytest.raises(InvalidInput):
        read_time("25:00")
