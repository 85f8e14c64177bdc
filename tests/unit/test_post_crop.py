"""What Instagram's frames cut off a picture."""

from __future__ import annotations

import pytest

from feedly_core.domain.boxes import Box
from feedly_core.results.post_crop import cuts


def test_a_portrait_of_the_posts_own_size_loses_only_the_grids_margin() -> None:
    post, grid = cuts((1080, 1350), Box(0.02, 0.8, 0.96, 0.1))
    assert post.window == Box(0.0, 0.0, 1.0, 1.0)
    assert not post.cuts_text
    assert grid.window.width == pytest.approx(1012.5 / 1080, abs=0.002)
    assert grid.lost == pytest.approx((0.96 - 1012.5 / 1080) / 0.96, abs=0.002)
    assert grid.cuts_text


def test_a_square_loses_its_sides_and_a_tall_picture_its_ends() -> None:
    post, grid = cuts((1024, 1024), Box(0.0, 0.4, 0.2, 0.2))
    assert (post.window.x, post.window.width) == pytest.approx((0.1, 0.8))
    assert post.lost == pytest.approx(0.5)
    assert grid.window.width == pytest.approx(0.75, abs=0.001)
    tall, _ = cuts((1000, 2000), Box(0.2, 0.0, 0.6, 0.1))
    assert tall.lost == pytest.approx(1.0)


def test_text_well_inside_is_whole_everywhere() -> None:
    for cut in cuts((1024, 1024), Box(0.2, 0.7, 0.6, 0.2)):
        assert not cut.cuts_text
