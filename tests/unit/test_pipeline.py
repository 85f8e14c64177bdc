from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedly_core.domain import labels, pipeline
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES, Level


def test_the_pipeline_walks_eight_variant_steps_between_images_and_texts() -> None:
    assert VARIANT_STEP_NAMES == (
        "vlm_analyze",
        "yolo_detect",
        "planner",
        "overlay",
        "vlm_judge",
        "ocr_eval",
        "readability_eval",
        "iou_eval",
    )
    assert pipeline.preceding("vlm_analyze") == "img_gen"
    assert pipeline.following("iou_eval") == "ad_copy_gen_kor"
    assert pipeline.following("instagram_feed_gen") is None
    assert pipeline.preceding("user_img_input") is None


@pytest.mark.parametrize(
    ("step", "status", "finished"),
    [
        ("user_img_input", "done", 0),
        ("img_gen", "done", 0),
        ("vlm_analyze", "queued", 0),
        ("vlm_analyze", "done", 1),
        ("overlay", "running", 3),
        ("overlay", "failed", 3),
        ("overlay", "done", 4),
        ("iou_eval", "running", 7),
        ("iou_eval", "done", 8),
        ("ad_copy_gen_kor", "running", 8),
        ("vlm_planner", "done", 0),
        (None, None, 0),
    ],
)
def test_a_step_counts_only_when_it_is_done(step: str | None, status: str | None, finished: int) -> None:
    assert pipeline.finished_steps(step, status) == finished


def test_done_at_another_step_is_not_the_end() -> None:
    assert not pipeline.job_complete("iou_eval", "done")
    assert not pipeline.job_complete("instagram_feed_gen", "running")
    assert pipeline.job_complete("instagram_feed_gen", "done")


def test_text_steps_supersede_the_last_variant_step() -> None:
    assert pipeline.variants_complete_by_job("iou_eval", "done")
    assert pipeline.variants_complete_by_job("ad_copy_gen_kor", "running")
    assert not pipeline.variants_complete_by_job("iou_eval", "running")


def test_no_variants_is_not_all_variants() -> None:
    assert not pipeline.variants_complete([])
    assert pipeline.variants_complete([("iou_eval", "done")] * 3)
    assert not pipeline.variants_complete([("iou_eval", "done"), ("iou_eval", "failed")])


@given(st.text() | st.none(), st.text() | st.none())
def test_unknown_names_never_break_a_reader(step: str | None, status: str | None) -> None:
    assert 0 <= pipeline.finished_steps(step, status) <= 8
    assert str(pipeline.title(step))
    assert str(labels.status_label(status))
    pipeline.job_complete(step, status)


def test_only_the_eight_steps_live_in_the_variant() -> None:
    at_variant = [step.name for step in pipeline.STEPS.values() if step.level is Level.VARIANT]
    assert tuple(at_variant) == VARIANT_STEP_NAMES
