from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedly_core.domain.boxes import Box, enclosing

GRID = 20


@st.composite
def cell_boxes(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """Left, top, right, bottom on a grid of 20 × 20 cells."""
    left, right = sorted(draw(st.tuples(st.integers(0, GRID), st.integers(0, GRID))))
    top, bottom = sorted(draw(st.tuples(st.integers(0, GRID), st.integers(0, GRID))))
    return left, top, right, bottom


def cells(corners: tuple[int, int, int, int]) -> set[tuple[int, int]]:
    left, top, right, bottom = corners
    return {(x, y) for x in range(left, right) for y in range(top, bottom)}


@given(cell_boxes(), cell_boxes())
def test_overlap_agrees_with_counting_cells(
    first: tuple[int, int, int, int], second: tuple[int, int, int, int]
) -> None:
    one, two = Box.from_pixels(first, (GRID, GRID)), Box.from_pixels(second, (GRID, GRID))
    shared, united = cells(first) & cells(second), cells(first) | cells(second)
    assert one.iou(two) == pytest.approx(len(shared) / len(united) if shared else 0.0, abs=1e-9)
    assert one.iou(two) == two.iou(one)
    overlap = one.intersection(two)
    assert (overlap.area if overlap else 0.0) * GRID * GRID == pytest.approx(len(shared), abs=1e-9)


@given(st.lists(cell_boxes(), min_size=1, max_size=5))
def test_the_enclosing_box_is_the_smallest_around_all(corners: list[tuple[int, int, int, int]]) -> None:
    around = enclosing(Box.from_pixels(item, (GRID, GRID)) for item in corners)
    assert around is not None
    expected = (
        min(item[0] for item in corners),
        min(item[1] for item in corners),
        max(item[2] for item in corners),
        max(item[3] for item in corners),
    )
    assert around.to_pixels((GRID, GRID)) == expected


def test_pixels_become_ratios_of_width_and_height() -> None:
    box = Box.from_pixels([216, 270, 864, 1080], (1080, 1350))
    assert box == Box(0.2, 0.2, 0.6, 0.6)
    assert (box.right, box.bottom) == pytest.approx((0.8, 0.8))
    assert box.center == pytest.approx((0.5, 0.5))
    assert Box.from_pixels([864, 1080, 216, 270], (1080, 1350)) == box, "swapped corners mean the same box"


def test_boxes_that_only_touch_share_nothing() -> None:
    left, right = Box(0, 0, 0.5, 1), Box(0.5, 0, 0.5, 1)
    assert left.intersection(right) is None
    assert left.iou(right) == 0
    assert left.iou(left) == 1


def test_pixels_outside_the_picture_are_cut_off() -> None:
    assert Box(-0.1, 0.5, 1.3, 0.7).to_pixels((100, 200)) == (0, 100, 100, 200)


def test_nothing_encloses_nothing() -> None:
    assert enclosing([]) is None
