"""Our renderings against stored pictures. ``GOLDEN=write`` stores new ones: look before committing."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from feedly_core.domain.boxes import Box
from feedly_core.domain.payloads.detections import Detection
from feedly_core.domain.payloads.planner_layout import Proposal
from feedly_core.images.overlay_view import covered, draw_overlay_view
from feedly_core.images.planner_view import draw_planner_view, tinted_mask

GOLDEN = Path(__file__).parent / "golden"
FAR, SHARE_FAR = 48, 0.004
"""A pixel may differ by this much in one channel; this share may differ more (anti-aliased letters)."""

PROPOSALS = (
    Proposal(0, Box(0.0, 0.0, 1.0, 0.24), "max_size_full", 1.0, 0.0),
    Proposal(1, Box(0.1, 0.05, 0.8, 0.18), "rule_top", 0.9, 0.0),
    Proposal(2, Box(0.05, 0.05, 0.65, 0.16), "grid_top_left_w6_h16", 1.11, 0.0),
    Proposal(3, Box(0.1, 0.77, 0.8, 0.18), "rule_bottom", None, None),
)
DISH = Detection(Box(0.22, 0.2, 0.55, 0.6), "bowl", 0.93)


def photo() -> Image.Image:
    return Image.linear_gradient("L").resize((540, 540)).convert("RGB")


def same_as_stored(picture: Image.Image, name: str) -> None:
    path = GOLDEN / f"{name}.png"
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        picture.save(path, optimize=True)
    with Image.open(path) as stored:
        assert stored.size == picture.size
        difference = np.abs(np.asarray(stored.convert("RGB"), int) - np.asarray(picture.convert("RGB"), int))
    assert (difference.max(axis=2) > FAR).mean() <= SHARE_FAR


def test_planner_view_with_every_layer() -> None:
    mask = Image.radial_gradient("L").point(lambda value: 255 if value < 80 else 0)
    drawn = draw_planner_view(
        photo(),
        proposals=PROPOSALS,
        chosen=PROPOSALS[1],
        detections=[DISH],
        forbidden=DISH.box,
        mask=mask,
    )
    same_as_stored(drawn, "planner_view")


def test_overlay_view_marks_what_the_text_covers() -> None:
    text_box = Box(0.1, 0.08, 0.8, 0.18)
    drawn = draw_overlay_view(photo(), text_box=text_box, proposal=PROPOSALS[1].box, detections=[DISH])
    same_as_stored(drawn, "overlay_view")


def test_a_layer_left_out_leaves_its_pixels_alone() -> None:
    plain = np.asarray(photo())
    assert (np.asarray(draw_planner_view(photo())) == plain).all()
    assert (np.asarray(draw_overlay_view(photo(), text_box=None)) == plain).all()
    only_bottom = np.asarray(draw_planner_view(photo(), proposals=PROPOSALS[3:]))
    assert (only_bottom[: int(540 * 0.75)] == plain[: int(540 * 0.75)]).all()
    assert (only_bottom != plain).any()


def test_boxes_at_the_edge_and_tiny_pictures_are_drawn() -> None:
    edge = Proposal(0, Box(0.0, 0.0, 1.0, 1.0), "max_size_full", 1.0, 0.0)
    sliver = Proposal(1, Box(0.999, 0.999, 0.001, 0.001), "?", None, None)
    for size in ((1, 1), (3, 200), (64, 64)):
        draw_planner_view(Image.new("RGB", size), proposals=[edge, sliver], chosen=sliver, detections=[DISH])
        draw_overlay_view(Image.new("RGB", size), text_box=edge.box, proposal=sliver.box, detections=[DISH])


def test_mask_layer_is_transparent_where_text_is_allowed() -> None:
    mask = Image.new("L", (4, 1))
    mask.putdata([0, 255, 0, 255])
    alpha = np.asarray(tinted_mask(mask))[0, :, 3]
    assert (alpha[[0, 2]] == 0).all()
    assert (alpha[[1, 3]] > 0).all()


@pytest.mark.parametrize(
    ("by", "share"),
    [(Box(0.22, 0.2, 0.55, 0.6), 1.0), (Box(0.22, 0.2, 0.55, 0.15), 0.25), (Box(0, 0, 0.1, 0.1), 0.0)],
)
def test_covered_is_the_share_of_the_thing(by: Box, share: float) -> None:
    assert covered(DISH.box, by) == pytest.approx(share)
