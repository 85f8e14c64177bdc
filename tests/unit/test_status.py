"""Every misleading row of the pipeline's reference, and what a person is told instead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedly_core.domain.pipeline import STEPS, VARIANT_STEP_NAMES, Status
from feedly_core.domain.status import (
    MAX_RETRIES,
    PATIENCE,
    SETTLE,
    Belief,
    Kind,
    Row,
    believe_job,
    believe_variant,
    progress,
)

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
RECENT = NOW - timedelta(seconds=20)
LONG_AGO = NOW - PATIENCE - timedelta(seconds=1)


def variant(step: str, status: str, *, furthest: int = 0, at: datetime = RECENT, retries: int = 0) -> Belief:
    return believe_variant(Row(step, status, at, None, furthest), NOW, job_retries=retries)


def job(step: str, status: str, variants: list[Belief], *, at: datetime = RECENT, **known: bool) -> Belief:
    return believe_job(Row(step, status, at), variants, NOW, **known)


COMPLETE = variant("iou_eval", "done")


@pytest.mark.parametrize(
    ("step", "status", "kind", "about"),
    [
        ("user_img_input", "done", Kind.WAITING, "img_gen"),
        ("img_gen", "running", Kind.WORKING, "img_gen"),
        ("img_gen", "done", Kind.WORKING, "vlm_analyze"),
        ("vlm_analyze", "queued", Kind.WAITING, "vlm_analyze"),
        ("vlm_analyze", "done", Kind.WORKING, "yolo_detect"),
        ("planner", "running", Kind.WORKING, "planner"),
        ("planner", "done", Kind.WORKING, "overlay"),
        ("overlay", "failed", Kind.RETRYING, "overlay"),
        ("iou_eval", "done", Kind.COMPLETE, "iou_eval"),
    ],
)
def test_a_variants_row_means_what_happens_next(step: str, status: str, kind: Kind, about: str) -> None:
    belief = variant(step, status)
    assert (belief.kind, belief.step) == (kind, about)


def test_a_finished_step_followed_by_silence_is_not_called_working() -> None:
    assert variant("planner", "done", at=LONG_AGO).kind is Kind.FINISHED
    assert variant("iou_eval", "done", at=LONG_AGO).kind is Kind.COMPLETE


def test_a_failure_is_being_repaired_until_silence_or_the_last_retry() -> None:
    assert "3 of 20" in str(variant("vlm_judge", "failed", retries=3).words)
    assert variant("vlm_judge", "failed", retries=MAX_RETRIES).kind is Kind.FAILED
    assert variant("vlm_judge", "failed", at=LONG_AGO).kind is Kind.FAILED


def test_a_step_backwards_is_a_remark_and_not_a_position() -> None:
    belief = variant("vlm_judge", "done", furthest=7)
    assert (belief.kind, belief.finished, belief.step) == (Kind.WORKING, 7, "iou_eval")
    assert belief.repeating == "ocr_eval"
    assert "OCR" in str(belief.remark)


@pytest.mark.parametrize(
    ("belief", "place"),
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
def test_a_mark_stands_in_the_first_unfinished_step_and_never_moves_back(belief: Belief, place: str) -> None:
    assert belief.place == place


def test_a_complete_variant_stays_complete_while_a_step_repeats() -> None:
    belief = variant("ocr_eval", "done", furthest=8)
    assert (belief.kind, belief.repeating) == (Kind.COMPLETE, "readability_eval")


def test_names_that_nobody_knows_are_shown_as_they_are() -> None:
    assert "paused" in str(variant("planner", "paused").words)
    assert "vlm_planner" in str(variant("vlm_planner", "done").words)
    assert believe_variant(Row(None, None, NOW), NOW).kind is Kind.UNCLEAR


def test_a_job_is_not_over_at_done_with_an_intermediate_step() -> None:
    walking = variant("planner", "done")
    assert job("planner", "done", [walking, walking]).kind is Kind.WORKING


def test_a_job_row_that_reads_failed_is_overruled_by_healthy_variants() -> None:
    belief = job("ocr_eval", "failed", [variant("planner", "failed"), variant("ocr_eval", "done")])
    assert (belief.kind, belief.step) == (Kind.WORKING, "readability_eval")


def test_a_job_waits_for_repair_and_then_is_failed() -> None:
    assert job("planner", "failed", [variant("planner", "failed"), COMPLETE]).kind is Kind.RETRYING
    for_good = variant("planner", "failed", at=LONG_AGO)
    assert job("planner", "failed", [for_good, COMPLETE], at=LONG_AGO).kind is Kind.FAILED


def test_the_text_steps_follow_complete_variants() -> None:
    variants = [COMPLETE, COMPLETE]
    assert job("iou_eval", "done", variants).step == "ad_copy_gen_kor"
    assert job("iou_eval", "running", variants).step == "ad_copy_gen_kor"
    writing = job("ad_copy_gen_kor", "done", variants)
    assert (writing.kind, writing.step, writing.finished) == (Kind.WORKING, "instagram_feed_gen", 1)
    assert job("instagram_feed_gen", "done", variants).kind is Kind.COMPLETE


def test_a_text_that_is_written_again_is_a_remark_and_not_a_position() -> None:
    belief = believe_job(Row("iou_eval", "done", RECENT, furthest=1), [COMPLETE], NOW)
    assert (belief.step, belief.finished, belief.repeating) == ("instagram_feed_gen", 1, "ad_copy_gen_kor")
    failing = believe_job(Row("ocr_eval", "failed", RECENT, furthest=1), [variant("ocr_eval", "failed")], NOW)
    assert (failing.kind, failing.finished) == (Kind.RETRYING, 1)


def test_a_finished_job_sent_back_stays_complete_and_says_that_it_repeats() -> None:
    belief = job("iou_eval", "done", [COMPLETE], has_feed=True)
    assert (belief.kind, belief.repeating) == (Kind.COMPLETE, "ad_copy_gen_kor")


def test_a_job_without_ad_copy_ends_with_its_variants() -> None:
    belief = job("iou_eval", "done", [COMPLETE], has_copy=False, at=LONG_AGO)
    assert (belief.kind, belief.step) == (Kind.COMPLETE, "iou_eval")


def test_a_failed_text_step_may_still_be_overtaken_by_its_duplicate_call() -> None:
    settled = NOW - SETTLE - timedelta(seconds=1)
    assert job("ad_copy_gen_kor", "failed", [COMPLETE]).kind is Kind.WORKING
    assert job("ad_copy_gen_kor", "failed", [COMPLETE], at=settled).kind is Kind.FAILED


@pytest.mark.parametrize(
    ("step", "status", "kind", "about"),
    [
        ("user_img_input", "done", Kind.WAITING, "gen_vlm_analyze"),
        ("kor_to_eng", "running", Kind.WORKING, "kor_to_eng"),
        ("gen_vlm_analyze", "running", Kind.WORKING, "gen_vlm_analyze"),
        ("gen_vlm_analyze", "done", Kind.WAITING, "img_gen"),
        ("gen_vlm_analyze", "failed", Kind.FAILED, "gen_vlm_analyze"),
        ("img_gen", "running", Kind.WORKING, "img_gen"),
        ("job_created", "done", Kind.FINISHED, "job_created"),
    ],
)
def test_before_there_are_variants_the_job_row_counts(step: str, status: str, kind: Kind, about: str) -> None:
    belief = job(step, status, [])
    assert (belief.kind, belief.step) == (kind, about)


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
        belief = believe_variant(Row(step, status, RECENT, None, furthest), NOW)
        assert furthest <= belief.finished <= len(VARIANT_STEP_NAMES)
        assert str(belief.words)
        furthest = belief.finished
