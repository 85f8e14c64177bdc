"""Every misleading row of the pipeline's reference, and what a person is told instead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedly_core.domain.contract import MAX_RETRIES
from feedly_core.domain.labels import label, remark
from feedly_core.domain.pipeline import STEPS, VARIANT_STEP_NAMES, Status, finished_steps
from feedly_core.domain.status import (
    RETRY_GRACE,
    STALL_TIMEOUT,
    DerivedStatus,
    JobStatus,
    Row,
    State,
    VariantStatus,
    derive_job_status,
    derive_variant_status,
    progress,
)

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
RECENT = NOW - timedelta(seconds=20)
LONG_AGO = NOW - STALL_TIMEOUT - timedelta(seconds=1)


def variant(
    step: str, status: str, *, furthest: int = 0, at: datetime = RECENT, retries: int = 0
) -> VariantStatus:
    return derive_variant_status(Row(step, status, at, None, furthest), NOW, job_retries=retries)


def job(
    step: str, status: str, variants: list[VariantStatus], *, at: datetime = RECENT, **known: Any
) -> JobStatus:
    return derive_job_status(Row(step, status, at), variants, NOW, **known)


COMPLETE = variant("iou_eval", "done")


@pytest.mark.parametrize(
    ("step", "status", "state", "about"),
    [
        ("user_img_input", "done", State.WAITING, "img_gen"),
        ("img_gen", "running", State.WORKING, "img_gen"),
        ("img_gen", "done", State.WORKING, "vlm_analyze"),
        ("vlm_analyze", "queued", State.WAITING, "vlm_analyze"),
        ("vlm_analyze", "done", State.WORKING, "yolo_detect"),
        ("planner", "running", State.WORKING, "planner"),
        ("planner", "done", State.WORKING, "overlay"),
        ("overlay", "failed", State.RETRYING, "overlay"),
        ("iou_eval", "done", State.COMPLETE, "iou_eval"),
    ],
)
def test_a_variants_row_means_what_happens_next(step: str, status: str, state: State, about: str) -> None:
    derived = variant(step, status)
    assert (derived.state, derived.step) == (state, about)


def test_a_finished_step_followed_by_silence_is_not_called_working() -> None:
    assert variant("planner", "done", at=LONG_AGO).state is State.STALLED
    assert variant("iou_eval", "done", at=LONG_AGO).state is State.COMPLETE


def test_a_failure_is_being_repaired_until_silence_or_the_last_retry() -> None:
    assert "3 of 20" in str(label(variant("vlm_judge", "failed", retries=3)))
    assert variant("vlm_judge", "failed", retries=MAX_RETRIES).state is State.FAILED
    assert variant("vlm_judge", "failed", at=LONG_AGO).state is State.FAILED


def test_a_step_backwards_is_a_remark_and_not_a_position() -> None:
    status = variant("vlm_judge", "done", furthest=7)
    assert (status.state, status.finished, status.step) == (State.WORKING, 7, "iou_eval")
    assert status.repeating == "ocr_eval"
    assert "OCR" in str(remark(status))


@pytest.mark.parametrize(
    ("status", "place"),
    [
        (variant("planner", "done"), "overlay"),
        (variant("planner", "done", at=LONG_AGO), "overlay"),
        (variant("planner", "done", at=LONG_AGO, furthest=6), "readability_eval"),
        (variant("planner", "failed", furthest=6), "readability_eval"),
        (variant("planner", "failed"), "planner"),
        (variant("img_gen", "done", at=LONG_AGO), "vlm_analyze"),
        (variant("img_gen", "running"), "img_gen"),
        (variant("ocr_eval", "failed", furthest=8), "iou_eval"),
        (job("instagram_feed_gen", "done", [COMPLETE]), "instagram_feed_gen"),
        (job("ad_copy_gen_kor", "done", [COMPLETE], at=LONG_AGO), "instagram_feed_gen"),
    ],
)
def test_a_mark_stands_in_the_first_unfinished_step_and_never_moves_back(
    status: DerivedStatus, place: str
) -> None:
    assert status.place == place


@pytest.mark.parametrize("status", [status.value for status in Status])
@pytest.mark.parametrize("step", VARIANT_STEP_NAMES[:7])
def test_steps_after_a_missing_row_count_when_the_row_is_there(step: str, status: str) -> None:
    told = derive_variant_status(Row(step, status, RECENT, None, 7, "overlay"), NOW)
    assert (told.finished, told.place) == (3, "overlay"), (
        "the same at every position: the way never runs back"
    )
    blocked = step in VARIANT_STEP_NAMES[3:] and status in (Status.DONE, Status.QUEUED)
    blocked = blocked and (step, status) != ("overlay", Status.QUEUED)
    assert (told.missing == "overlay") == blocked, "before that step, its row is nothing to wait for"


def test_a_complete_variant_stays_complete_while_a_step_repeats() -> None:
    status = variant("ocr_eval", "done", furthest=8)
    assert (status.state, status.repeating) == (State.COMPLETE, "readability_eval")


def test_names_that_nobody_knows_are_shown_as_they_are() -> None:
    assert "paused" in str(label(variant("planner", "paused")))
    assert "vlm_planner" in str(label(variant("vlm_planner", "done")))
    assert derive_variant_status(Row(None, None, NOW), NOW).state is State.UNCLEAR


def test_a_job_is_not_over_at_done_with_an_intermediate_step() -> None:
    walking = variant("planner", "done")
    assert job("planner", "done", [walking, walking]).state is State.WORKING


def test_a_job_row_that_reads_failed_is_overruled_by_healthy_variants() -> None:
    status = job("ocr_eval", "failed", [variant("planner", "failed"), variant("ocr_eval", "done")])
    assert (status.state, status.step) == (State.WORKING, "readability_eval")


def test_a_job_waits_for_repair_and_then_is_failed() -> None:
    assert job("planner", "failed", [variant("planner", "failed"), COMPLETE]).state is State.RETRYING
    for_good = variant("planner", "failed", at=LONG_AGO)
    assert job("planner", "failed", [for_good, COMPLETE], at=LONG_AGO).state is State.FAILED


def test_the_text_steps_follow_complete_variants() -> None:
    variants = [COMPLETE, COMPLETE]
    assert job("iou_eval", "done", variants).step == "ad_copy_gen_kor"
    assert job("iou_eval", "running", variants).step == "ad_copy_gen_kor"
    writing = job("ad_copy_gen_kor", "done", variants)
    assert (writing.state, writing.step, writing.finished) == (State.WORKING, "instagram_feed_gen", 1)
    assert job("instagram_feed_gen", "done", variants).state is State.COMPLETE


def test_a_text_that_is_written_again_is_a_remark_and_not_a_position() -> None:
    status = derive_job_status(Row("iou_eval", "done", RECENT, furthest=1), [COMPLETE], NOW)
    assert (status.step, status.finished, status.repeating) == ("instagram_feed_gen", 1, "ad_copy_gen_kor")
    failing = derive_job_status(
        Row("ocr_eval", "failed", RECENT, furthest=1), [variant("ocr_eval", "failed")], NOW
    )
    assert (failing.state, failing.finished) == (State.RETRYING, 1)


def test_a_finished_job_sent_back_stays_complete_and_says_that_it_repeats() -> None:
    status = job("iou_eval", "done", [COMPLETE], has_feed=True)
    assert (status.state, status.repeating) == (State.COMPLETE, "ad_copy_gen_kor")


def test_a_job_without_ad_copy_ends_with_its_variants() -> None:
    status = job("iou_eval", "done", [COMPLETE], has_copy=False, at=LONG_AGO)
    assert (status.state, status.step) == (State.COMPLETE, "iou_eval")


def test_a_failed_text_step_may_still_be_overtaken_by_its_duplicate_call() -> None:
    settled = NOW - RETRY_GRACE - timedelta(seconds=1)
    assert job("ad_copy_gen_kor", "failed", [COMPLETE]).state is State.WORKING
    assert job("ad_copy_gen_kor", "failed", [COMPLETE], at=settled).state is State.FAILED


@pytest.mark.parametrize(
    ("step", "status", "state", "about"),
    [
        ("user_img_input", "done", State.WAITING, "gen_vlm_analyze"),
        ("kor_to_eng", "running", State.WORKING, "kor_to_eng"),
        ("gen_vlm_analyze", "running", State.WORKING, "gen_vlm_analyze"),
        ("gen_vlm_analyze", "done", State.WAITING, "img_gen"),
        ("gen_vlm_analyze", "failed", State.FAILED, "gen_vlm_analyze"),
        ("img_gen", "running", State.WORKING, "img_gen"),
        ("job_created", "done", State.STALLED, "job_created"),
    ],
)
def test_before_there_are_variants_the_job_row_counts(
    step: str, status: str, state: State, about: str
) -> None:
    derived = job(step, status, [])
    assert (derived.state, derived.step) == (state, about)


def test_the_first_variants_do_not_end_a_job_whose_pictures_are_still_being_made() -> None:
    assert job("img_gen", "running", [COMPLETE]).step == "img_gen"


def test_progress_counts_a_step_when_it_is_done_not_when_it_is_queued() -> None:
    assert progress([variant("vlm_analyze", "queued"), variant("overlay", "done")]) == 4 / 16
    assert progress([]) == 0


names = st.sampled_from([*STEPS, "vlm_planner", None])
statuses = st.sampled_from([*Status, "paused", None])


@given(st.lists(st.tuples(names, statuses), max_size=30))
def test_progress_never_runs_backwards_whatever_the_rows_do(
    walk: list[tuple[str | None, str | None]],
) -> None:
    furthest = 0
    for step, status in walk:
        derived = derive_variant_status(Row(step, status, RECENT, None, furthest), NOW)
        assert furthest <= derived.finished <= len(VARIANT_STEP_NAMES)
        assert str(label(derived))
        furthest = derived.finished


@given(st.lists(st.tuples(names, statuses), max_size=30), st.integers(0, 30))
def test_progress_never_runs_backwards_around_a_row_that_comes_late(
    walk: list[tuple[str | None, str | None]], stored_after: int
) -> None:
    """What the events told is remembered; the overlay's row is there after so many of them."""
    remembered = shown = 0
    for number, (step, status) in enumerate(walk):
        missing = "overlay" if number < stored_after else None
        claimed = finished_steps(step, status)
        if missing and claimed == len(VARIANT_STEP_NAMES):
            continue  # no service ends a variant without that row
        remembered = max(remembered, claimed)
        derived = derive_variant_status(Row(step, status, RECENT, None, remembered, missing), NOW)
        assert derived.finished >= shown
        shown = derived.finished
