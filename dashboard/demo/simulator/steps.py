"""Every step by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dashboard.demo.simulator import steps_judging, steps_overlay, steps_text, steps_vision
from dashboard.demo.simulator.work import Bench, JobWork, Outcome, VariantWork

VARIANT_STEPS: Mapping[str, Callable[[VariantWork, Bench], Outcome]] = {
    "vlm_analyze": steps_vision.vlm_analyze,
    "yolo_detect": steps_vision.yolo_detect,
    "planner": steps_vision.planner,
    "overlay": steps_overlay.overlay,
    "vlm_judge": steps_judging.vlm_judge,
    "ocr_eval": steps_judging.ocr_eval,
    "readability_eval": steps_judging.readability_eval,
    "iou_eval": steps_judging.iou_eval,
}

JOB_STEPS: Mapping[str, Callable[[JobWork, Bench], Outcome]] = {
    "kor_to_eng": steps_text.kor_to_eng,
    "ad_copy_eng": steps_text.ad_copy_eng,
    "ad_copy_kor": steps_text.ad_copy_kor,
    "ad_copy_gen_kor": steps_text.ad_copy_gen_kor,
    "instagram_feed_gen": steps_text.instagram_feed_gen,
}
