"""Scores, findings and sentences of one variant, from facts made by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image, ImageDraw

from feedly_core.domain.boxes import Box
from feedly_core.domain.labels import label
from feedly_core.domain.payloads.detections import Detection, Detections
from feedly_core.domain.payloads.evaluations import read_iou, read_ocr, read_readability
from feedly_core.domain.payloads.overlay_layout import read_overlay_layout
from feedly_core.domain.payloads.planner_layout import read_planner_layout
from feedly_core.domain.payloads.vlm_traces import read_analysis, read_judgement
from feedly_core.domain.scores import DEFAULTS, Grade
from feedly_core.domain.status import State, VariantStatus
from feedly_core.images.contrast import MeasuredContrast, Required
from feedly_core.results.attribution import Attribution, Certainty, PlannerRun, Used
from feedly_core.results.legibility import Legibility, disagree, drawn_color, measure_legibility, wcag_level
from feedly_core.results.planner_choice import choose
from feedly_core.results.planner_explanation import steps, used_words, would_another_have_won
from feedly_core.results.report_types import Asset, Newest, Overlay, VariantReport
from feedly_core.results.scoring import findings, overall, severity, variant_scores
from feedly_core.settings import load_settings

TOP = {"x_ratio": 0.1, "y_ratio": 0.05, "width_ratio": 0.8, "height_ratio": 0.18}
LAYOUT = read_planner_layout(
    {
        "proposals": [
            {"xywh": [0.1, 0.05, 0.8, 0.18], "source": "rule_top", "score": 0.9, "occlusion_iou": 0.0},
            {"xywh": [0.1, 0.4, 0.8, 0.18], "source": "rule_center", "score": 0.85, "occlusion_iou": 0.0},
        ]
    }
)


def newest(value, *, of_variant: bool = True):  # type: ignore[no-untyped-def]
    return Newest(value, 1, None, None, of_variant)


def variant(**changes: object) -> VariantReport:
    """A good variant: text on rule_top, dish below, everything recorded."""
    planner = Attribution(
        PlannerRun(UUID(int=9), None, None, None, LAYOUT),
        Certainty.EXACT,
        used_words(Attribution(None, Certainty.NONE, None, Used.UNKNOWN, None, None)),  # type: ignore[arg-type]
        Used.PROPOSAL,
        LAYOUT.proposals[0],
        0.0,
    )
    layout = read_overlay_layout({"text": "국물", "font_size": 64, "text_color": "ffffffff"}, TOP)
    good = VariantReport(
        variant_id=UUID(int=1),
        order=1,
        status="done",
        step="iou_eval",
        retry_count=0,
        selected=False,
        picture=Asset(UUID(int=2), "/assets/a.png", None, (100, 100)),
        planner_picture=None,
        planner_picture_guessed=False,
        overlaid=Asset(UUID(int=3), "/assets/b.png", None, (100, 100)),
        overlay=Overlay(UUID(int=4), UUID(int=9), layout, None, None, 1),
        planner=planner,
        choice=choose(LAYOUT, 2),
        detections=Detections((Detection(Box(0.2, 0.4, 0.6, 0.5), "bowl", 0.9),), 1, ()),
        analysis=newest(read_analysis({}, {"relevance_score": 0.9})),
        judgement=newest(read_judgement({}, {"on_brief": True, "occlusion": False, "cta_present": True})),
        ocr=newest(read_ocr({"ocr_accuracy": 0.9, "ocr_confidence": 0.9})),
        readability=newest(read_readability({"contrast_ratio": 9.0, "readability_score": 1.0})),
        iou=newest(read_iou({"iou_with_food": 0.0})),
        other_evaluations={},
    )
    return replace(good, **changes)  # type: ignore[arg-type]


def measured(mean: float, worst: float) -> Legibility:
    return Legibility(
        MeasuredContrast(mean, worst, (9, 9, 9), (9, 9, 9), Box(0, 0, 0.1, 0.1), worst),
        "ffffff",
        Required(3.0, 4.5),
        64,
    )


def sentences(subject: VariantReport, seen: Legibility | None = None) -> list[str]:
    return [str(item.sentence) for item in findings(subject, DEFAULTS, seen, None)]


@pytest.mark.parametrize("state", State)
def test_only_a_variant_that_does_not_go_on_is_named_in_the_words_of_its_status(state: State) -> None:
    """A raw (overlay, failed) says nothing: under repair it is a warning, failed for good a failure."""
    told = VariantStatus(state, "overlay", 2)
    found = findings(variant(status="failed", step="overlay"), DEFAULTS, measured(9.0, 5.0), told)
    stands = {State.FAILED: Grade.FAIL} | dict.fromkeys(
        (State.RETRYING, State.STALLED, State.UNCLEAR), Grade.WARN
    )
    expected = [(stands[state], label(told))] if state in stands else []
    assert [(item.grade, item.sentence) for item in found] == expected


def test_a_good_variant_has_nothing_to_say() -> None:
    assert sentences(variant(), measured(9.0, 5.0)) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"overlay": None}, "no record of where the text lies"),
        ({"ocr": newest(read_ocr({"ocr_accuracy": 0.41}))}, "only 41% of the text"),
        (
            {"ocr": newest(read_ocr({"ocr_accuracy": 0, "recognized_text": "", "original_text": "국"}))},
            "recogniser probably crashed",
        ),
        ({"iou": newest(read_iou({"iou_with_food": 0.23}))}, "(IoU 23%)"),
        ({"judgement": newest(read_judgement({}, {"occlusion": True}))}, "something is covered"),
        ({"judgement": newest(read_judgement({}, {"cta_present": False}))}, "no call to action"),
        ({"analysis": newest(read_analysis({}, {"relevance_score": 0.1}))}, "relevance 10%"),
        (
            {"detections": Detections((Detection(Box(0.1, 0.05, 0.8, 0.72), "bowl", 0.9),), 1, ())},
            "The text covers 25% of this object: bowl.",
        ),
        ({"iou": newest(read_iou("broken"))}, "1 stored value is unreadable."),
    ],
)
def test_each_problem_is_a_plain_sentence(changes: dict[str, object], sentence: str) -> None:
    assert sentence in " ".join(sentences(variant(**changes)))


def test_measured_contrast_speaks_of_both_mean_and_worst() -> None:
    said = sentences(variant(), measured(2.1, 1.2))
    assert "Contrast 2.1:1 is below 3:1." in said
    assert any("worst 5%" in sentence and "1.2:1" in sentence for sentence in said)


def test_failures_come_before_warnings_and_outweigh_them() -> None:
    warned = findings(
        variant(judgement=newest(read_judgement({}, {"cta_present": False}))), DEFAULTS, None, None
    )
    bad = variant(
        status="failed", judgement=newest(read_judgement({}, {"cta_present": False, "contrast_ok": False}))
    )
    failed = findings(bad, DEFAULTS, None, VariantStatus(State.FAILED, "overlay", 2))
    assert failed[0].grade is Grade.FAIL
    assert severity(failed) > severity(warned) > severity(())


def test_a_verdict_known_only_for_the_job_is_a_warning() -> None:
    covered = newest(read_judgement({}, {"occlusion": True}), of_variant=False)
    assert [item.grade for item in findings(variant(judgement=covered), DEFAULTS, None, None)] == [Grade.WARN]


def test_missing_results_are_not_recorded_and_never_judged() -> None:
    nothing = variant(
        overlay=None, analysis=None, judgement=None, ocr=None, readability=None, iou=None, overlaid=None
    )
    for score in variant_scores(nothing, DEFAULTS, None):
        assert score.value is None
        assert score.shown == "–"
        assert score.grade is Grade.UNKNOWN
    assert sentences(nothing) == []


def test_overall_is_the_mean_of_three_and_unknown_without_one() -> None:
    assert overall(variant()) == pytest.approx((0.9 + 1.0 + 1.0) / 3)
    assert overall(variant(ocr=None)) is None
    assert overall(variant(iou=newest(read_iou({})))) is None


@pytest.mark.parametrize(
    ("ratio", "needed", "level"),
    [
        (7.0, Required(4.5, 7.0), "AAA"),
        (4.5, Required(4.5, 7.0), "AA"),
        (4.49, Required(4.5, 7.0), "–"),
        (4.5, Required(3.0, 4.5), "AAA"),
    ],
)
def test_wcag_level(ratio: float, needed: Required, level: str) -> None:
    assert wcag_level(ratio, needed) == level


def test_stored_and_drawn_contrast_may_disagree() -> None:
    assert disagree(variant(), measured(2.0, 1.5))
    assert not disagree(variant(), measured(9.5, 5.0))
    assert not disagree(variant(), None)


def test_the_recommended_colour_replaces_only_the_default() -> None:
    advised = newest(read_analysis({}, {"font_recommendation": {"font_color_hex": "#FFF4E0"}}))
    asked = variant().overlay
    assert asked is not None
    blue = replace(asked, layout=replace(asked.layout, text_color="0000ffff"))
    assert drawn_color(variant(analysis=advised)) == "fff4e0"
    assert drawn_color(variant(analysis=advised, overlay=blue)) == "0000ff"
    odd = newest(read_analysis({}, {"font_recommendation": {"font_color_hex": "warm"}}))
    assert drawn_color(variant(analysis=odd)) == "ffffff"


def test_legibility_is_measured_on_the_drawn_picture(tmp_path: Path) -> None:
    settings = load_settings(ASSETS_DIR=tmp_path)
    assert measure_legibility(variant(), settings) is None
    image = Image.new("RGB", (400, 400), (0, 0, 0))
    for left in range(100, 300, 12):
        ImageDraw.Draw(image).rectangle((left, 40, left + 3, 70), fill=(255, 255, 255))
    image.save(tmp_path / "b.png")
    seen = measure_legibility(variant(), settings)
    assert seen is not None
    assert seen.contrast.mean == pytest.approx(21.0, abs=0.1)
    assert (seen.required.aa, seen.font_size) == (3.0, 64)


def test_a_draw_by_chance_names_the_rival_and_both_chances() -> None:
    told = str(would_another_have_won(variant()))
    assert "drawn by chance with 51%" in told
    assert "rule_center had 49%" in told
    assert "drawn by chance" in str(steps(choose(LAYOUT, 2))[-1])


def test_a_clear_winner_could_not_have_lost() -> None:
    clear = choose(
        replace(LAYOUT, proposals=(LAYOUT.proposals[0], replace(LAYOUT.proposals[1], score=0.2))), 2
    )
    assert "always wins" in str(would_another_have_won(variant(choice=clear)))


def test_text_on_another_box_than_the_rule_s_is_said() -> None:
    clear = choose(
        replace(LAYOUT, proposals=(LAYOUT.proposals[1], replace(LAYOUT.proposals[0], score=0.2))), 2
    )
    assert "rule_center should have won" in str(would_another_have_won(variant(choice=clear)))


def test_a_default_placement_is_no_choice() -> None:
    planner = replace(variant().planner, used=Used.DEFAULT, item=None)
    assert "default rectangle" in str(used_words(planner))
    assert "none of them won" in str(would_another_have_won(variant(planner=planner)))
