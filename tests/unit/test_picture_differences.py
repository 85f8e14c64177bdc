"""Where two pictures differ, and what differs between two drawn texts."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from feedly_core.domain.boxes import Box
from feedly_core.images.differences import SIDE, outlined, pixel_change
from feedly_core.reviews.changes import Drawn, look_change

GREY = Image.new("RGB", (400, 300), "#808080")
TEXT = Drawn(Box(0.1, 0.05, 0.8, 0.18), "국물", "ffffff", None, "Gmarket Sans", 64)


def with_box(box: Box) -> Image.Image:
    picture = GREY.copy()
    corners = [box.x * 400, box.y * 300, (box.x + box.width) * 400, (box.y + box.height) * 300]
    ImageDraw.Draw(picture).rectangle(corners, fill="#101010")
    return picture


PLACES = st.builds(
    Box, st.floats(0.05, 0.6), st.floats(0.05, 0.6), st.floats(0.05, 0.3), st.floats(0.05, 0.3)
)


@given(PLACES)
def test_the_one_region_that_differs_is_found_where_it_is(place: Box) -> None:
    change = pixel_change(GREY, with_box(place))
    [region] = change.regions
    slack = 20 / SIDE
    assert region.x <= place.x <= region.x + slack
    assert region.y <= place.y <= region.y + slack
    assert region.x + region.width >= place.x + place.width - 1 / SIDE
    assert abs(change.share - place.width * place.height) < 0.05
    assert outlined(GREY, change).size == GREY.size


def test_the_same_pixels_and_noise_of_compression_are_no_change() -> None:
    assert pixel_change(GREY, GREY.resize((800, 600))).regions == ()
    assert pixel_change(GREY, Image.new("RGB", (400, 300), "#868686")).share == 0


def test_what_changed_is_said_in_words_and_weighed() -> None:
    assert look_change(TEXT, TEXT).distance == 0
    assert look_change(None, TEXT).words == ()
    lower = look_change(TEXT, replace(TEXT, box=Box(0.1, 0.23, 0.8, 0.18)))
    assert [str(words) for words in lower.words] == ["text moved 18% down"]
    other = look_change(TEXT, replace(TEXT, text="케이크", color="102030", font=None))
    assert [str(words) for words in other.words] == [
        "copy “국물” → “케이크”",
        "text colour #ffffff → #102030",
        "font Gmarket Sans → –",
    ]
    assert other.distance > lower.distance
