from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dashboard.demo.planning import choose, draw_forbidden_mask, draw_plan, plan
from feedly_core.domain.boxes import Box, enclosing
from feedly_core.domain.payloads.planner_layout import PlannerLayout, read_planner_layout

CELL = 1 / 40


def layout(forbidden: list[Box], mask: Image.Image | None = None) -> PlannerLayout:
    read = read_planner_layout(plan(forbidden, mask, random.Random(3)))
    assert read.unreadable == ()
    return read


@st.composite
def boxes_on_cells(draw: st.DrawFn) -> Box:
    left, right = sorted(draw(st.lists(st.integers(0, 40), min_size=2, max_size=2, unique=True)))
    top, bottom = sorted(draw(st.lists(st.integers(0, 40), min_size=2, max_size=2, unique=True)))
    return Box(left * CELL, top * CELL, (right - left) * CELL, (bottom - top) * CELL)


@settings(max_examples=25, deadline=None)
@given(st.lists(boxes_on_cells(), max_size=3))
def test_the_max_size_box_is_the_largest_free_one(forbidden: list[Box]) -> None:
    blocked = [[any(_covers(box, x, y) for box in forbidden) for x in range(40)] for y in range(40)]
    largest = max(
        (
            (right - left) * (bottom - top)
            for left in range(21)
            for right in range(left + 20, 41)
            for top, bottom in _free_runs([any(row[left:right]) for row in blocked])
            if bottom - top >= 5
        ),
        default=0,
    )
    found = [item for item in layout(forbidden).proposals if item.source == "max_size_full"]
    if largest == 0:
        assert found == []
    else:
        assert found[0].box.area == pytest.approx(largest * CELL * CELL)
        assert all(found[0].box.iou(box) < 1e-6 for box in forbidden)


def _covers(box: Box, x: int, y: int) -> bool:
    inside_x = box.x - 1e-9 <= x * CELL and (x + 1) * CELL <= box.right + 1e-9
    return inside_x and box.y - 1e-9 <= y * CELL and (y + 1) * CELL <= box.bottom + 1e-9


def _free_runs(blocked: list[bool]) -> list[tuple[int, int]]:
    runs, start = [], None
    for index, taken in enumerate([*blocked, True]):
        if not taken and start is None:
            start = index
        if taken and start is not None:
            runs.append((start, index))
            start = None
    return runs


@settings(max_examples=50, deadline=None)
@given(st.lists(boxes_on_cells(), max_size=4))
def test_proposals_keep_clear_of_the_dish_or_are_the_one_fallback(forbidden: list[Box]) -> None:
    proposals = layout(forbidden).proposals
    assert 1 <= len(proposals) <= 11
    for item in proposals:
        worst = max((item.box.iou(box) for box in forbidden), default=0.0)
        assert item.occlusion_iou == pytest.approx(worst, abs=2e-3)
        assert worst <= 0.05 + 1e-3 or len(proposals) == 1


def test_scores_follow_the_documented_formula() -> None:
    by_source = {item.source: item.score for item in layout([]).proposals}
    assert by_source["max_size_full"] == 1.0
    assert by_source["rule_top"] == 0.9
    assert by_source["grid_top_left_w6_h16"] == pytest.approx(1 - 0.02 + 0.3 * (0.26 + 0.096), abs=1e-4)
    dish = Box(0.1, 0.2, 0.8, 0.75)
    touching = next(item for item in layout([dish]).proposals if item.source == "rule_top")
    assert touching.score == pytest.approx(0.9 * (1 - touching.box.iou(dish)), abs=1e-4)


def test_the_document_names_the_forbidden_area() -> None:
    dish, glass = Box(0.2, 0.5, 0.4, 0.4), Box(0.7, 0.6, 0.2, 0.3)
    document = plan([dish, glass], None, random.Random(0), ("asset", "/assets/plan.png"))
    read = read_planner_layout(document)
    around = enclosing([dish, glass])
    assert read.forbidden is not None
    assert around is not None
    assert read.forbidden.iou(around) > 0.999
    assert read.forbidden_position is not None
    assert (read.forbidden_position.is_top_y, read.forbidden_position.is_bottom_y) == (False, True)
    assert read.forbidden_position.is_center_x
    assert (read.picture_asset_id, read.picture_url) == ("asset", "/assets/plan.png")
    assert set(document) == {
        "proposals", "forbidden", "forbidden_position", "min_overlay_width", "min_overlay_height",
        "max_proposals", "max_forbidden_iou", "proposal_image_asset_id", "proposal_image_url",
    }  # fmt: skip
    assert layout([]).forbidden is None
    assert layout([]).forbidden_position is None


def test_a_mask_blocks_even_without_boxes() -> None:
    mask = Image.new("L", (200, 200))
    mask.paste(255, (0, 0, 200, 120))
    assert all(item.box.y >= 0.55 for item in layout([], mask).proposals)


def test_the_choice_is_drawn_as_likely_as_the_rule_says() -> None:
    open_layout = read_planner_layout(
        {
            "proposals": [
                {"xywh": [0, 0, 1, 0.4], "source": "max_size_full", "score": 1.0, "occlusion_iou": 0},
                {"xywh": [0.1, 0.41, 0.8, 0.18], "source": "rule_center", "score": 0.9, "occlusion_iou": 0},
            ]
        }
    )
    rng = random.Random(5)
    drawn = Counter(choose(open_layout, "짧은 문구", rng) for _ in range(400))
    assert min(drawn.values()) > 150 and len(drawn) == 2, "close scores are a matter of chance"
    low_dish = layout([Box(0.2, 0.45, 0.6, 0.5)])
    chosen = {choose(low_dish, "짧은 문구", rng) for _ in range(50)}
    assert len(chosen) == 1, "a clear winner is no matter of chance"
    winner = chosen.pop()
    assert winner is not None
    assert winner.box.bottom <= 0.45
    assert choose(read_planner_layout({"proposals": []}), "문구", rng) is None


def test_mask_and_picture_show_the_forbidden_area() -> None:
    dish = Box(0.25, 0.5, 0.5, 0.4)
    mask = draw_forbidden_mask((200, 100), [dish])
    assert (mask.mode, mask.size) == ("L", (200, 100))
    assert mask.getpixel((100, 70)) == 255
    assert mask.getpixel((100, 20)) == 0
    photo = Image.new("RGB", (200, 100), (240, 240, 240))
    drawn = draw_plan(photo, layout([dish]), [dish])
    assert photo.getpixel((100, 70)) == (240, 240, 240), "the photo itself stays as it was"
    pixel = drawn.getpixel((100, 85))
    assert isinstance(pixel, tuple)
    red, green, _blue = pixel
    assert red > green + 40
