"""What needs a person, how long it still takes, and how a timeline is drawn: pure rules."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from feedly_core.analytics.durations import (
    Source,
    Spread,
    StepDurations,
    durations,
    measured_timeouts,
    spread,
)
from feedly_core.domain.contract import MAX_RETRIES
from feedly_core.domain.high_water import JobHistory
from feedly_core.domain.job_rows import JobRow, VariantRow
from feedly_core.domain.pipeline import TEXT_STEPS, VARIANT_STEP_NAMES
from feedly_core.live.board import STUCK, BoardFilters, RecentViews, build_board, signature
from feedly_core.live.events import Event
from feedly_core.live.job_view import build_job_view
from feedly_core.live.problems import NextAction, ProblemKind, find_problems, log_command
from feedly_core.live.snapshot import ProgressHistory, Snapshot, TrackedJob
from feedly_core.live.timeline import Bar, Work, axis_of, lanes

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
JOB = uuid4()


def ago(**distance: float) -> datetime:
    return NOW - timedelta(**distance)


def tracked(
    *states: tuple[str, str, datetime],
    job: tuple[str, str] = ("planner", "running"),
    retries: int = 0,
    progress: JobHistory | None = None,
    created: datetime | None = None,
    tenant: str = "cafe",
    job_id: UUID = JOB,
) -> TrackedJob:
    variants = tuple(
        VariantRow(UUID(int=number), number, step, status, 0, at, at, 0)
        for number, (step, status, at) in enumerate(states, start=1)
    )
    moved = max((at for _, _, at in states), default=created or NOW)
    facts = JobRow(
        job_id, tenant, "딸기 케이크", *job, retries, created or moved, moved, True, False, variants
    )
    return TrackedJob(facts, progress or JobHistory())


def found(one: TrackedJob, history: StepDurations | None = None) -> list[tuple[ProblemKind, str | None]]:
    known = history or StepDurations()
    return [(t.kind, t.rerun_step) for t in find_problems(build_job_view(one, NOW, known), NOW, known)]


def same(seconds: float, source: Source = Source.RECORDED) -> StepDurations:
    """Every step always takes ``seconds``; the quartiles are half and double."""
    known = Spread(seconds / 2, seconds, seconds * 2, seconds * 4, 20, source)
    steps = dict.fromkeys((*VARIANT_STEP_NAMES, *(step.name for step in TEXT_STEPS)), known)
    return StepDurations(steps, measured_timeouts(steps))


def test_a_step_is_stuck_after_five_minutes() -> None:
    assert found(tracked(("planner", "done", ago(minutes=4)))) == []
    assert found(tracked(("planner", "done", ago(minutes=6)))) == [(ProblemKind.STUCK, "overlay")]


def test_a_slow_step_is_given_three_times_its_p95() -> None:
    slow = same(60)
    assert found(tracked(("planner", "done", ago(minutes=6))), slow) == []
    assert found(tracked(("planner", "done", ago(minutes=13))), slow) == [(ProblemKind.STUCK, "overlay")]


def test_a_variant_left_behind_is_told_although_it_is_not_stuck_yet() -> None:
    one = tracked(("vlm_analyze", "done", ago(minutes=2)), ("ocr_eval", "done", ago(seconds=5)))
    assert found(one) == [(ProblemKind.DRIFTED, "yolo_detect")]
    assert found(tracked(("yolo_detect", "done", ago(seconds=9)), ("ocr_eval", "done", NOW))) == []


def test_used_up_retries_are_told_first() -> None:
    one = tracked(("planner", "failed", ago(seconds=5)), job=("planner", "failed"), retries=MAX_RETRIES)
    assert found(one) == [(ProblemKind.EXHAUSTED, None), (ProblemKind.FAILED, "planner")]


def test_used_up_retries_do_not_mean_the_end_while_the_job_moves() -> None:
    one = build_job_view(tracked(("planner", "done", NOW), retries=MAX_RETRIES), NOW, StepDurations())
    (problem,) = find_problems(one, NOW, StepDurations())
    assert "still moves" in str(problem.detail)


def test_a_failure_being_repaired_is_no_trouble_yet() -> None:
    assert found(tracked(("planner", "failed", ago(seconds=40)), job=("planner", "failed"))) == []


def test_a_job_that_waits_for_a_service_says_why() -> None:
    one = tracked(job=("user_img_input", "done"), created=ago(minutes=20))
    (problem,) = find_problems(build_job_view(one, NOW, StepDurations()), NOW, StepDurations())
    assert "inserted job wakes nobody" in str(problem.detail)
    assert NextAction.DIAGNOSTICS in problem.actions


def test_a_complete_job_has_no_troubles() -> None:
    one = tracked(("iou_eval", "done", ago(hours=2)), job=("instagram_feed_gen", "done"))
    assert found(one) == []


def test_the_log_command_names_the_job() -> None:
    assert str(JOB)[:8] in log_command(build_job_view(tracked(), NOW, StepDurations()))


def test_time_left_follows_the_slowest_variant_and_shortens_while_it_works() -> None:
    one = tracked(("iou_eval", "done", NOW), ("readability_eval", "done", ago(seconds=4)))
    left = build_job_view(one, NOW, same(10)).time_left
    assert left is not None
    assert (left.median, left.low, left.high) == (6 + 20, 1 + 10, 16 + 40)
    assert left.recorded


def test_time_left_is_unknown_where_a_step_has_no_history() -> None:
    known = dict(same(10).steps)
    del known["vlm_judge"]
    one = tracked(("planner", "done", NOW))
    assert build_job_view(one, NOW, StepDurations(known)).time_left is None
    assert (
        build_job_view(tracked(("vlm_judge", "done", NOW)), NOW, StepDurations(known)).time_left is not None
    )


def test_time_left_says_when_it_comes_from_stored_latencies() -> None:
    left = build_job_view(tracked(("planner", "done", NOW)), NOW, same(10, Source.STORED)).time_left
    assert left is not None
    assert not left.recorded


def test_a_spread_needs_enough_runs() -> None:
    assert spread([1.0] * 4, Source.RECORDED) is None
    known = spread([1, 2, 3, 4, 100], Source.RECORDED)
    assert known is not None
    assert (known.low, known.median, known.high, known.runs) == (2, 3, 4, 5)


def test_durations_go_from_one_step_to_the_next_and_from_the_last_variant_to_the_texts() -> None:
    one, two = uuid4(), uuid4()
    rows = [
        (JOB, one, "readability_eval", ago(seconds=50)),
        (JOB, one, "iou_eval", ago(seconds=40)),
        (JOB, two, "readability_eval", ago(seconds=35)),
        (JOB, two, "iou_eval", ago(seconds=30)),
        (JOB, None, "ad_copy_gen_kor", ago(seconds=10)),
        (JOB, None, "instagram_feed_gen", ago(seconds=3)),
    ]
    assert durations(rows) == {"iou_eval": [10, 5], "ad_copy_gen_kor": [20], "instagram_feed_gen": [7]}


def told(variant: UUID | None, step: str, status: str, at: float) -> Event:
    moment = NOW + timedelta(seconds=at)
    return Event(JOB, variant, step, status, moment, moment)


def test_the_last_attempt_before_the_next_result_counts_and_repeats_are_folded() -> None:
    one = uuid4()
    events = [
        told(one, "img_gen", "done", 0),
        told(one, "vlm_analyze", "done", 2),
        told(one, "vlm_analyze", "done", 4),
        told(one, "yolo_detect", "failed", 5),
        told(one, "yolo_detect", "done", 6),
        told(one, "vlm_analyze", "done", 8),
    ]
    lane = lanes([one], events, [], {one: "planner"})[0]
    assert [(bar.step, bar.repeats) for bar in lane.bars] == [
        ("vlm_analyze", 2),
        ("yolo_detect", 0),
        ("planner", 0),
    ]
    first, second, running = lane.bars
    assert (first.end, second.start) == (NOW + timedelta(seconds=4), NOW + timedelta(seconds=4))
    assert len(second.failures) == 1
    assert (running.start, running.end) == (NOW + timedelta(seconds=6), None)


def test_waiting_is_drawn_apart_from_the_stored_work() -> None:
    one = uuid4()
    events = [told(one, "img_gen", "done", 0), told(one, "vlm_analyze", "done", 10)]
    works = [Work(one, "vlm_analyze", NOW + timedelta(seconds=7), 3.0)]
    (bar,) = lanes([one], events, works, {})[0].bars
    assert bar.work_start == NOW + timedelta(seconds=7)
    assert bar.source is Source.RECORDED


def test_without_events_bars_come_from_stored_latencies_and_say_so() -> None:
    one = uuid4()
    works = [Work(one, "overlay", NOW, 2.0), Work(one, "vlm_judge", NOW + timedelta(seconds=2), 4.0)]
    bars = lanes([one], [], works, {})[0].bars
    assert [(bar.step, bar.source) for bar in bars] == [
        ("overlay", Source.STORED),
        ("vlm_judge", Source.STORED),
    ]


def test_work_done_before_the_hearing_began_keeps_its_own_time() -> None:
    one = uuid4()
    works = [Work(one, "vlm_analyze", NOW, 3.0), Work(one, "overlay", NOW + timedelta(seconds=5), 2.0)]
    events = [told(one, "ocr_eval", "done", 60)]
    bars = lanes([one], events, works, {})[0].bars
    lasted = [(bar.step, (bar.end - bar.start).total_seconds()) for bar in bars if bar.end]
    assert lasted == [("vlm_analyze", 3), ("overlay", 2), ("ocr_eval", 53)]


def test_a_stored_result_keeps_its_length_behind_the_one_before() -> None:
    one = uuid4()
    works = [Work(one, "ocr_eval", NOW, 0.8), Work(one, "readability_eval", NOW, 0.02)]
    ocr, readability = lanes([one], [], works, {})[0].bars
    assert readability.start == ocr.end
    assert readability.end == NOW + timedelta(seconds=0.82)


def test_the_jobs_own_lane_shows_no_step_of_a_variant() -> None:
    one = uuid4()
    events = [told(None, "img_gen", "done", 0), told(one, "img_gen", "done", 0)]
    doing = {one: "overlay", None: "overlay"}
    variant, job = lanes([one], events, [], doing)
    assert [bar.step for bar in variant.bars] == ["overlay"]
    assert "overlay" not in [bar.step for bar in job.bars]


def test_hours_of_idleness_are_folded_so_that_seconds_stay_visible() -> None:
    late = NOW + timedelta(hours=5)
    bars = [
        Bar("overlay", NOW, NOW, NOW + timedelta(seconds=10), Source.RECORDED),
        Bar("vlm_judge", NOW, late, late + timedelta(seconds=10), Source.RECORDED),
    ]
    axis = axis_of(bars, late)
    assert axis is not None
    assert axis.place(NOW + timedelta(seconds=10)) == pytest.approx(48.5, abs=1)
    assert len(axis.folds) == 1


@pytest.mark.parametrize("seed", range(20))
def test_what_comes_later_never_stands_further_left(seed: int) -> None:
    """Nor beyond the edge, by the last digit of a sum."""
    rng, moment, bars, moments = random.Random(seed), NOW, [], []
    for _ in range(8):
        began = moment + timedelta(microseconds=rng.randrange(3_000_000))
        ended = began + timedelta(microseconds=rng.randrange(3_000_000))
        bars.append(Bar("planner", moment, began, ended, Source.RECORDED))
        moments += [moment, began, ended]
        moment = ended
    axis = axis_of(bars, moment)
    assert axis is not None
    places = [axis.place(at) for at in (*moments, moment + timedelta(seconds=1))]
    assert places == sorted(places)


def snapshot(*jobs: TrackedJob, **known: Any) -> Snapshot:
    return Snapshot(1, NOW, {job.facts.job_id: job for job in jobs}, **known)


def test_finished_jobs_leave_after_a_while_and_failed_ones_when_they_are_acknowledged() -> None:
    done = tracked(("iou_eval", "done", ago(minutes=9)), job=("instagram_feed_gen", "done"))
    gone = tracked(("iou_eval", "done", ago(minutes=11)), job=("instagram_feed_gen", "done"))
    assert build_board(snapshot(done), NOW, StepDurations()).total == 1
    assert build_board(snapshot(gone), NOW, StepDurations()).total == 0
    failed = tracked(("planner", "failed", ago(hours=30)), job=("planner", "failed"))
    assert build_board(snapshot(failed), NOW, StepDurations()).total == 1
    assert build_board(snapshot(failed, acknowledged=frozenset({JOB})), NOW, StepDurations()).total == 0


@pytest.mark.parametrize("seed", range(10))
def test_a_view_is_made_anew_when_its_job_moved_and_every_second(seed: int) -> None:
    rng, kept, now = random.Random(seed), RecentViews(), NOW
    job, asked = tracked(("planner", "done", NOW), ("planner", "running", NOW)), list[datetime]()
    for _ in range(60):
        now += timedelta(seconds=rng.choice((0.1, 0.4, 1, 90)))
        if rng.random() < 0.3:
            step = (rng.choice(VARIANT_STEP_NAMES), rng.choice(("running", "done", "failed")), now)
            job, asked = tracked(step, ("planner", "running", NOW)), []
        asked = [at for at in (*asked, now) if now - at < timedelta(seconds=1)]
        (row,) = kept.board(snapshot(job), now, StepDurations(), BoardFilters()).rows
        assert row in [build_board(snapshot(job), at, StepDurations()).rows[0] for at in asked]
    assert not kept.board(snapshot(), now, StepDurations(), BoardFilters()).rows


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        (BoardFilters(), 2),
        (BoardFilters(tenant="bar"), 1),
        (BoardFilters(state=STUCK), 1),
        (BoardFilters(state="working"), 1),
        (BoardFilters(step="overlay"), 1),
        (BoardFilters(max_age=timedelta(minutes=15)), 1),
        (BoardFilters(text="딸기"), 2),
        (BoardFilters(text="nothing like that"), 0),
        (BoardFilters(campaign="abcd1234"), 1),
    ],
)
def test_each_filter_keeps_what_it_names(filters: BoardFilters, rows: int) -> None:
    working = tracked(("planner", "done", ago(seconds=10)), created=ago(minutes=3))
    stuck = tracked(("vlm_judge", "done", ago(hours=2)), tenant="bar", created=ago(hours=3), job_id=uuid4())
    state = snapshot(working, stuck, campaigns={JOB: "abcd1234"})
    assert len(build_board(state, NOW, StepDurations(), filters).rows) == rows


def test_the_hub_notices_that_silence_has_become_a_trouble() -> None:
    state = snapshot(tracked(("planner", "done", ago(minutes=4))))
    before = signature(state, NOW, StepDurations())
    assert signature(state, NOW + timedelta(seconds=30), StepDurations()) == before
    assert signature(state, NOW + timedelta(minutes=2), StepDurations()) != before


def test_memory_forgets_what_is_no_longer_in_flight() -> None:
    memory = ProgressHistory()
    memory.learn([told(uuid4(), "planner", "done", 0)])
    memory.keep_only([])
    assert memory.of(JOB) == JobHistory()
