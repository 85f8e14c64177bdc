"""Documents as the services write them, and as nobody would: no reader may raise."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedly_core.domain.boxes import Box
from feedly_core.domain.payloads.detections import read_detections
from feedly_core.domain.payloads.document import LARGEST, box_of
from feedly_core.domain.payloads.evaluations import read_iou, read_ocr, read_readability
from feedly_core.domain.payloads.feed_post import hashtags
from feedly_core.domain.payloads.overlay_layout import read_overlay_layout
from feedly_core.domain.payloads.planner_layout import read_planner_layout
from feedly_core.domain.payloads.token_usage import TokenUsage, cost_usd, read_token_usage
from feedly_core.domain.payloads.vlm_traces import read_analysis, read_judgement

KEYS = [
    "proposals",
    "xywh",
    "source",
    "score",
    "occlusion_iou",
    "forbidden",
    "avoid",
    "forbidden_position",
    "center_x",
    "is_top_y",
    "max_forbidden_iou",
    "text",
    "wrapped_text",
    "font_size",
    "font_name",
    "text_color",
    "overlay_color",
    "render",
    "width",
    "height",
    "url",
    "asset_id",
    "ocr_accuracy",
    "ocr_confidence",
    "edit_distance",
    "recognized_text",
    "original_text",
    "contrast_ratio",
    "wcag_aa_compliant",
    "text_color_rgb",
    "iou_with_food",
    "all_ious",
    "text_region",
    "image_width",
    "detection_count",
    "relevance_score",
    "issues",
    "font_recommendation",
    "font_color_hex",
    "on_brief",
    "occlusion",
    "analysis",
    "image_asset_id",
    "token_usage",
    "prompt_tokens",
]

odd_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.decimals()
    | st.text(max_size=12)
    | st.sampled_from(["", "0.9", "NaN", "inf", "true", "ffffff", "-1"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8),
    max_leaves=25,
)


def numbers_of(value: object) -> list[float]:
    """Every number in a typed value, however deep."""
    if isinstance(value, float | int):
        return [value]
    if isinstance(value, tuple):
        return [number for item in value for number in numbers_of(item)]
    if hasattr(value, "__dataclass_fields__"):
        return [number for name in value.__dataclass_fields__ for number in numbers_of(getattr(value, name))]
    return []


@given(odd_values, odd_values)
def test_no_document_raises_and_no_number_is_nan(value: object, other: object) -> None:
    ratios = {"x_ratio": other, "y_ratio": value, "width_ratio": 0.5, "height_ratio": Decimal("0.2")}
    read = (
        read_planner_layout(value),
        read_planner_layout(value, (1080, 1080)),
        read_overlay_layout(value, ratios),
        read_detections([{"box": value, "label": other, "score": other}], (1080, 1080)),
        read_ocr(value),
        read_readability(value),
        read_iou(value),
        read_analysis(other, value),
        read_judgement(value, other),
        read_token_usage({"prompt_tokens": other, "token_usage": value, "response": value}),
    )
    assert all(abs(number) <= LARGEST for number in numbers_of(read))
    hashtags(value)


@given(odd_values)
def test_every_box_lies_inside_the_picture(value: object) -> None:
    for box in (box_of(value)[0], box_of(value, (640, 480))[0]):
        if box is not None:
            assert 0 <= box.x < box.right <= 1 + 1e-9
            assert 0 <= box.y < box.bottom <= 1 + 1e-9


@given(odd_values.filter(lambda value: value is not None and not isinstance(value, dict)))
def test_something_that_is_no_object_says_so(value: object) -> None:
    for read in (read_planner_layout(value), read_ocr(value), read_iou(value), read_analysis(None, value)):
        assert read.unreadable


@given(st.lists(odd_values, max_size=4))
def test_readable_proposals_survive_bad_neighbours(bad: list[object]) -> None:
    good = {"xywh": [0.1, 0.05, 0.8, 0.18], "source": "rule_top", "score": 0.9, "occlusion_iou": 0.0}
    layout = read_planner_layout({"proposals": [*bad, good]})
    assert layout.proposals[-1].source == "rule_top"
    assert layout.proposals[-1].index == len(bad)
    assert layout.proposals[-1].box == Box(0.1, 0.05, 0.8, 0.18)


def test_planner_layout_reads_the_old_name_of_the_forbidden_area() -> None:
    old = read_planner_layout({"proposals": [], "avoid": [0.2, 0.3, 0.5, 0.5]})
    both = read_planner_layout({"avoid": [0.2, 0.3, 0.5, 0.5], "forbidden": [0.1, 0.1, 0.2, 0.2]})
    assert old.forbidden == Box(0.2, 0.3, 0.5, 0.5)
    assert both.forbidden == Box(0.1, 0.1, 0.2, 0.2)
    assert old.unreadable == ()


@pytest.mark.parametrize(
    ("value", "size", "expected"),
    [
        ([0.1, 0.2, 0.3, 0.4], None, Box(0.1, 0.2, 0.3, 0.4)),
        (["0.1", "0.2", "0.3", "0.4"], None, Box(0.1, 0.2, 0.3, 0.4)),
        ([100, 200, 300, 400], (1000, 1000), Box(0.1, 0.2, 0.3, 0.4)),
        ([100, 200, 300, 400], None, None),
        ([0.1, 0.2, 0.0, 0.4], None, None),
        ([0.1, 0.2, float("nan"), 0.4], None, None),
        ([0.1, 0.2, 0.3], None, None),
        ("0.1 0.2 0.3 0.4", None, None),
    ],
)
def test_box_of(value: object, size: tuple[int, int] | None, expected: Box | None) -> None:
    box, reason = box_of(value, size)
    if expected is None:
        assert box is None
        assert reason is not None
    else:
        assert box is not None
        assert reason is None
        assert (box.x, box.y, box.width, box.height) == pytest.approx(
            (expected.x, expected.y, expected.width, expected.height)
        )


def test_a_box_that_leaves_the_picture_is_cut_and_said_to_be() -> None:
    box, reason = box_of([-0.2, 0.5, 0.6, 0.8])
    assert box is not None
    assert reason is not None
    assert (box.x, box.y, box.right, box.bottom) == pytest.approx((0.0, 0.5, 0.4, 1.0))


def test_detections_count_repeats_once_and_keep_the_rest() -> None:
    rows = [{"box": [212.5, 301.0, 860.2, 905.7], "label": "bowl", "score": Decimal("0.91")}] * 3
    read = read_detections([*rows, {"box": None, "label": "cup"}], (1080, 1080))
    assert [(item.label, item.score) for item in read.boxes] == [("bowl", 0.91)]
    assert read.boxes[0].box.x == pytest.approx(212.5 / 1080)
    assert read.rows == 4
    assert [problem.where for problem in read.unreadable] == ["detections[3].box"]


def test_overlay_layout_ratios_come_from_the_columns_and_may_all_be_null() -> None:
    layout = {
        "text": "따끈한 국물, 오늘 저녁",
        "wrapped_text": "따끈한 국물,\n오늘 저녁",
        "font_size": 64,
        "text_color": "#FFFFFFff",
        "overlay_color": "blue",
        "render": {"asset_id": "77ab", "url": "/assets/x.png", "width": 1080, "height": 1080},
    }
    columns = {"x_ratio": 0.1, "y_ratio": Decimal("0.05"), "width_ratio": 0.8, "height_ratio": 0.18}
    read = read_overlay_layout(layout, columns)
    assert read.box == Box(0.1, 0.05, 0.8, 0.18)
    assert read.lines == ("따끈한 국물,", "오늘 저녁")
    assert read.text_color == "ffffffff"
    assert [problem.where for problem in read.unreadable] == ["overlay_color"]
    without = read_overlay_layout(layout, dict.fromkeys(columns))
    assert without.box is None
    assert len(without.unreadable) == 1


def test_numbers_out_of_range_are_unreadable_not_clipped() -> None:
    read = read_iou({"iou_with_food": 1.7, "all_ious": [0.1, -2, "0.3"], "overlap_detected": "true"})
    assert read.with_food is None
    assert read.each == (0.1, 0.3)
    assert read.overlap is True
    assert [problem.where for problem in read.unreadable] == ["iou_with_food", "all_ious[1]"]


def test_missing_keys_are_not_recorded_and_no_problem() -> None:
    read = read_ocr({})
    assert read.accuracy is None
    assert read.unreadable == ()
    assert not read.crashed


def test_crashed_recogniser_is_told_from_a_bad_score() -> None:
    zeros = {"ocr_accuracy": 0, "ocr_confidence": 0, "recognized_text": "", "original_text": "국밥"}
    assert read_ocr(zeros).crashed
    assert not read_ocr({**zeros, "recognized_text": "굴밥"}).crashed


def test_judgement_cleans_the_model_s_escapes_and_keeps_the_overlay() -> None:
    read = read_judgement(
        {"overlay_id": "o1"}, {"occlusion": True, "analysis": r"call\_to\_action", "issues": "dark"}
    )
    assert read.text == "call_to_action"
    assert read.overlay_id == "o1"
    assert read.issues == ("dark",)
    assert read.on_brief is None


def test_tokens_come_from_columns_then_documents() -> None:
    usage = {"prompt_tokens": 180, "completion_tokens": 95, "total_tokens": 275}
    assert read_token_usage({"response": {"token_usage": usage}}) == TokenUsage(180, 95, 275)
    assert read_token_usage({"prompt_tokens": 7, "token_usage": {"completion_tokens": 3}}) == TokenUsage(
        7, 3, 10
    )
    assert read_token_usage({"token_usage": {}}) == TokenUsage(None, None, None)


def test_cost_is_unknown_without_a_price_never_zero() -> None:
    usage = TokenUsage(180, 95, 275)
    assert cost_usd(usage, 0.15, 0.6) == pytest.approx(180e-6 * 0.15 + 95e-6 * 0.6)
    assert cost_usd(usage, None, 0.6) is None
    assert cost_usd(TokenUsage(None, None, 275), 0.15, 0.6) is None


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("#국밥 #따끈 #국밥", ("#국밥", "#따끈")),
        ("#a#b, c", ("#a", "#b", "#c")),
        ("", ()),
        ("# #", ()),
        (None, ()),
    ],
)
def test_hashtags(stored: object, expected: tuple[str, ...]) -> None:
    assert hashtags(stored) == expected
