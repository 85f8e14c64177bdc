"""Alerts: one message for a flood, none twice, none in quiet hours; a preview says what the rule would do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedly_core.alerts.conditions import Finding, Observed, WatchedJob, find, remember_ends, watched
from feedly_core.alerts.course import CLEAR, GATHER, GROWTH_PAUSE, Alert, Event, next_state
from feedly_core.alerts.digest import due_digest
from feedly_core.alerts.measured import begin_of, burning, spent_budget
from feedly_core.alerts.past import PastJob, changes
from feedly_core.alerts.preview import Preview, replayed
from feedly_core.alerts.rules import KINDS, MAILBOX, NewRule, Rule, RuleKind, check_rule
from feedly_core.alerts.wording import Content, content_of, read_content
from feedly_core.analytics.durations import StepDurations
from feedly_core.analytics.trends import Point
from feedly_core.errors import InvalidInput
from feedly_core.live import events as live
from feedly_core.live.board import build_board
from feedly_core.live.snapshot import ProgressHistory, Snapshot, TrackedJob
from feedly_core.targets.budget import Budget, Measure, NewTarget, Tally
from tests.assertions import Rows, facts_of
from tests.recordings import disorderly_run

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TICK = timedelta(seconds=5)


def rule_of(kind: RuleKind = RuleKind.JOB_FAILED, **changed: object) -> Rule:
    return Rule(uuid4(), NewRule(kind, **changed), "Asia/Seoul", True, "boss", START)  # type: ignore[arg-type]


def led(rule: Rule, sizes: Sequence[int], tick: timedelta = TICK) -> list[tuple[datetime, Event, int]]:
    """Messages of a rule that finds so many things, one look after the other."""
    alert: Alert | None = None
    told = []
    for number, size in enumerate(sizes):
        now = START + number * tick
        alert, planned = next_state(rule, alert, Finding(size), now)
        if planned and alert:
            told.append((planned.due_at or now, planned.event, alert.size))
        if alert and alert.ended_at:
            alert = None
    return told


def test_twenty_failures_in_a_minute_are_one_message() -> None:
    told = led(rule_of(), [*range(0, 20, 2), *[20] * 60])
    assert [(event, size) for _, event, size in told] == [(Event.OPENED, 20)]


def test_a_flood_of_five_hundred_is_a_handful_of_messages() -> None:
    """One failure every three seconds, then all is well again."""
    told = led(rule_of(), [*range(1, 501), *[0] * 60], tick=timedelta(seconds=3))
    assert len(told) <= 5
    assert [told[0][1], told[-1][1]] == [Event.OPENED, Event.SOLVED]
    assert all(event is Event.GROWN for _, event, _ in told[1:-1])


def test_what_lasts_is_reminded_of_every_six_hours_and_solved_once() -> None:
    minute = timedelta(minutes=1)
    told = led(rule_of(), [*[1] * (13 * 60), *[0] * 10], tick=minute)
    assert [event for _, event, _ in told] == [Event.OPENED, Event.REMINDER, Event.REMINDER, Event.SOLVED]


def test_what_ends_within_the_first_minute_is_not_sent() -> None:
    assert led(rule_of(), [0, 3, 3, 0, *[0] * 60]) == []


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=300),
    st.integers(5, 900),
    st.one_of(st.none(), st.tuples(st.integers(0, 1439), st.integers(0, 1439))),
)
def test_any_course_is_told_in_order_and_in_nobodys_sleep(
    sizes: list[int], seconds: int, quiet: tuple[int, int] | None
) -> None:
    start, end = quiet or (None, None)
    rule = rule_of(quiet_from=start, quiet_to=None if start == end else end)
    told = led(rule, [*sizes, *[0] * 200], timedelta(seconds=seconds))
    open_since: datetime | None = None
    for due, event, _ in told:
        assert not rule.quiet(due)
        assert (event is Event.OPENED) == (open_since is None)
        if event is Event.GROWN:
            assert open_since is not None and due - open_since >= GROWTH_PAUSE
        open_since = None if event is Event.SOLVED else due
    assert open_since is None, "what was opened was solved"


def test_quiet_hours_end_at_their_minute_across_midnight() -> None:
    rule = rule_of(quiet_from=22 * 60, quiet_to=8 * 60)
    night = datetime(2026, 3, 2, 15, 30, 12, 5, tzinfo=UTC)  # 00:30 in Seoul
    assert rule.quiet_ends(night) == datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    assert not rule.quiet(datetime(2026, 3, 2, 23, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    "wrong",
    [
        NewRule(RuleKind.JOB_FAILED, channel="https://evil.example/hook"),
        NewRule(RuleKind.FAILURE_SHARE, threshold=0),
        NewRule(RuleKind.FAILURE_SHARE, threshold=float("nan")),
        NewRule(RuleKind.JOB_FAILED, quiet_from=60),
        NewRule(RuleKind.JOB_FAILED, quiet_from=60, quiet_to=60),
        NewRule(RuleKind.JOB_FAILED, quiet_from=60, quiet_to=1440),
        NewRule(RuleKind.JOB_FAILED, subject="planner"),
        NewRule(RuleKind.SCORE_MEDIAN, subject="", threshold=0.8),
        NewRule(RuleKind.COST, subject="year", threshold=10),
        NewRule(RuleKind.JOB_FAILED, tenant="x" * 300),
        NewRule(RuleKind.JOB_FAILED, language="fr"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(wrong: NewRule) -> None:
    with pytest.raises(InvalidInput):
        check_rule(wrong, (MAILBOX,))


def failing_run(seed: int, stop: int) -> list[live.Event]:
    """A wild run that ends after ``stop`` events with a failure, every other one with that of all variants.

    Only every third is repaired.
    """
    events = [event for event in disorderly_run(seed, model_seconds=20.0) if event.variant_id][:stop]
    last = events[-1]
    at = last.seen_at + timedelta(seconds=3)
    ids = {last.variant_id: None} | (dict.fromkeys(e.variant_id for e in events) if seed % 2 else {})
    found = [*events, *(live.Event(last.job_id, each, last.step, "failed", at, at) for each in ids)]
    if seed % 3 == 0:
        later = at + timedelta(minutes=9)
        found.append(live.Event(last.job_id, last.variant_id, last.step, "done", later, later))
    shift = timedelta(minutes=2 * seed)
    return [
        live.Event(e.job_id, e.variant_id, e.step, e.status, e.row_updated_at + shift, e.seen_at + shift)
        for e in found
    ]


def watched_live(rule: Rule, runs: list[list[live.Event]], since: datetime, until: datetime) -> Preview:
    """What the rule does while the same events arrive: rows, memory and board as the hub keeps them."""
    memory, history = ProgressHistory(), StepDurations()
    ids = {run[0].job_id: list(dict.fromkeys(e.variant_id for e in run if e.variant_id)) for run in runs}
    rows: dict[UUID, Rows] = {}
    touched: dict[UUID, datetime] = {}
    waiting = sorted((event for run in runs for event in run), key=lambda event: event.seen_at)
    alert, opened, messages, now = None, 0, 0, since
    ended: dict[UUID, WatchedJob] = {}
    while now <= until:
        while waiting and waiting[0].seen_at <= now:
            event = waiting.pop(0)
            memory.learn([event])
            known = rows.setdefault(
                event.job_id, dict.fromkeys([None, *ids[event.job_id]], ("img_gen", "done"))
            )
            known[event.variant_id] = (event.step, event.status)
            touched[event.job_id] = event.row_updated_at
        tracked = {
            job_id: TrackedJob(facts_of(job_id, ids[job_id], rows[job_id], at), memory.of(job_id))
            for job_id, at in touched.items()
        }
        board = build_board(Snapshot(1, now, tracked), now, history)
        jobs = {row.view.job_id: watched(row) for row in board.rows}
        ended = remember_ends(ended, jobs.values(), now)
        finding = find(rule, Observed(now, since, jobs, ended)) or Finding()
        alert, planned = next_state(rule, alert, finding, now)
        messages += planned is not None
        opened += planned is not None and planned.event is Event.OPENED
        if alert and alert.ended_at:
            alert = None
        now += TICK
    return Preview(since, (None,) * opened, messages)  # type: ignore[arg-type]


LIMITS = {RuleKind.FAILURE_SHARE: 20.0, RuleKind.NOTHING_FINISHED: 6.0}
"""Of rules with a threshold: such that the runs below exceed it and fall below it again."""


@pytest.mark.parametrize("kind", [kind for kind, info in KINDS.items() if info.recorded])
def test_the_preview_says_what_the_rule_does_on_a_replay(kind: RuleKind) -> None:
    runs = [failing_run(seed, stop) for seed, stop in enumerate((20, 35, 50, 8, 60, 44, 30, 52, 25, 40))]
    runs.append(disorderly_run(40, model_seconds=20.0))
    everything = [event for run in runs for event in run]
    since = min(event.seen_at for event in everything) - TICK
    until = max(event.seen_at for event in everything) + timedelta(minutes=20)
    past = {run[0].job_id: PastJob(run[0].job_id, "t", run[0].seen_at) for run in runs}
    rule = rule_of(kind, threshold=LIMITS.get(kind, 0.0), window_minutes=20)
    course = changes(past, everything, StepDurations(), until)
    seen = replayed(rule, course, since, until)
    done = watched_live(rule, runs, since, until)
    assert (len(seen.fired), seen.messages) == (len(done.fired), done.messages)
    assert seen.fired, "the runs must be wild enough to prove something"


def test_nothing_finished_counts_from_the_last_end_or_the_oldest_waiting_job() -> None:
    run = [event for event in disorderly_run(7, model_seconds=20.0) if event.variant_id][:12]
    job_id = run[0].job_id
    until = run[0].seen_at + timedelta(hours=2)
    past = {job_id: PastJob(job_id, "t", run[0].seen_at)}
    rule = rule_of(RuleKind.NOTHING_FINISHED, threshold=30)
    found = replayed(rule, changes(past, run, StepDurations(), until), run[0].seen_at - CLEAR, until)
    [only] = found.fired
    assert timedelta(minutes=30) <= only.opened_at - run[0].seen_at <= timedelta(minutes=30) + GATHER
    assert only.jobs == (job_id,)


def test_a_message_says_what_and_what_to_do_and_survives_its_storage() -> None:
    run = failing_run(1, 40)
    memory = ProgressHistory()
    memory.learn(run)
    ids = list(dict.fromkeys(event.variant_id for event in run if event.variant_id))
    rows: Rows = dict.fromkeys([None, *ids], ("img_gen", "done"))
    for event in run:
        rows[event.variant_id] = (event.step, event.status)
    now = run[-1].seen_at + timedelta(minutes=6)
    tracked = TrackedJob(facts_of(run[0].job_id, ids, rows, run[-1].seen_at), memory.of(run[0].job_id))
    board = build_board(Snapshot(1, now, {run[0].job_id: tracked}), now, StepDurations())
    jobs = {row.view.job_id: watched(row) for row in board.rows}
    rule = rule_of(language="ko")
    finding = find(rule, Observed(now, START, jobs))
    assert finding is not None
    alert, _ = next_state(rule, None, finding, now)
    assert alert is not None
    content = content_of(rule, alert, Event.OPENED, finding)
    assert content.sentence == "작업 1건이 실패했습니다"
    assert "로그" in content.to_do
    assert str(run[0].job_id)[:8] in content.lines[0]
    assert content.path == f"/live_monitor?job={run[0].job_id}"
    assert read_content(content.as_document()) == content


@pytest.mark.parametrize("stored", [None, 7, "x", [], {"lines": 3, "jobs": [1, ["a"]], "sentence": {}}])
def test_a_stored_message_of_another_shape_is_read_as_far_as_it_can_be(stored: object) -> None:
    assert read_content(stored) == Content("", "")


@pytest.mark.parametrize(("spent", "size"), [(49.0, 0), (50.0, 1), (80.0, 3), (120.0, 10)])
def test_a_budget_is_told_at_half_at_eighty_percent_and_when_it_is_spent(spent: float, size: int) -> None:
    rule = rule_of(RuleKind.COST, subject="month", threshold=100.0)
    point = Point("", 9, 1.0, 0.0, None, 0, 0, 0, spent, 7, {}, {})
    found = spent_budget(rule, point)
    assert found.size == size
    if size:
        content = content_of(rule, Alert(uuid4(), rule.rule_id, START, size, START), Event.OPENED, found)
        assert f"{spent:.2f}" in content.sentence and "2건" in content.lines[0]


def test_a_month_begins_by_the_clocks_of_the_rules_zone() -> None:
    rule = rule_of(RuleKind.COST, subject="month", threshold=100.0)
    late = datetime(2026, 2, 28, 15, 30, tzinfo=UTC)  # 1 March, 00:30 in Seoul
    assert begin_of("month", rule, late) == datetime(2026, 2, 28, 15, tzinfo=UTC)


def test_a_budget_that_burns_over_both_windows_is_told() -> None:
    rule = rule_of(RuleKind.BURN_RATE, threshold=6.0)
    target = NewTarget(Measure.NOT_FAILED, 0.98)
    blip = Budget(0.98, Tally(980, 1000), (Tally(5, 10), Tally(98, 100)))
    fire = Budget(0.98, Tally(900, 1000), (Tally(5, 10), Tally(80, 100)))
    idle = Budget(0.98, Tally(900, 1000), (Tally(0, 0), Tally(80, 100)))
    assert burning(rule, [(target, blip), (target, idle)]).size == 0
    found = burning(rule, [(target, blip), (target, fire)])
    assert (found.size, round(found.figure or 0)) == (1, 10)


@pytest.mark.parametrize(
    ("often", "now", "due"),
    [
        ("day", datetime(2026, 3, 4, 0, 30, tzinfo=UTC), datetime(2026, 3, 4, 0, tzinfo=UTC)),
        ("day", datetime(2026, 3, 3, 23, 30, tzinfo=UTC), datetime(2026, 3, 3, 0, tzinfo=UTC)),
        ("week", datetime(2026, 3, 4, 0, 30, tzinfo=UTC), datetime(2026, 3, 2, 0, tzinfo=UTC)),
        ("week", datetime(2026, 3, 1, 23, 30, tzinfo=UTC), datetime(2026, 2, 23, 0, tzinfo=UTC)),
    ],
)
def test_a_digest_is_due_at_its_hour_by_the_clocks_of_the_zone(
    often: str, now: datetime, due: datetime
) -> None:
    assert due_digest(rule_of(RuleKind.DIGEST, subject=often, threshold=9), now) == due
