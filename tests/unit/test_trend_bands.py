"""The bands of trends: nothing is drawn over days whose interval nobody knows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from feedly_core.analytics.trends import Point
from pages.parts.trends.charts import _band

ENDS = st.none() | st.tuples(st.floats(0, 0.4), st.floats(0.6, 1))


@given(st.lists(ENDS, max_size=12))
def test_a_band_covers_each_known_point_once_and_no_gap(
    bounds: list[tuple[float, float] | None],
) -> None:
    points = [cast(Point, SimpleNamespace(key=number)) for number in range(len(bounds))]
    drawn = [(list(band.x), list(band.y)) for band in _band(points, bounds, "#2f6fb5")]
    for keys, heights in drawn:
        half = len(keys) // 2
        assert keys == keys[::-1] and keys[:half] == list(range(keys[0], keys[0] + half))
        assert [(low, high) for low, high in zip(heights[::-1], heights, strict=True)][:half] == [
            bounds[key] for key in keys[:half]
        ]
    covered = [key for keys, _ in drawn for key in keys[: len(keys) // 2]]
    assert covered == [number for number, ends in enumerate(bounds) if ends]
