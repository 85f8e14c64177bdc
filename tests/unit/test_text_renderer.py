from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from dashboard.demo.text_renderer import LARGEST_PX, SMALLEST_PX, render_text, wrap
from feedly_core.domain.boxes import Box

TOP = Box(0.1, 0.05, 0.8, 0.18)


def photo(size: tuple[int, int] = (720, 720)) -> Image.Image:
    return Image.new("RGB", size, (60, 40, 30))


def test_korean_breaks_between_words_and_rather_after_a_comma() -> None:
    assert render_text(photo((1080, 1080)), "따끈한 국물 한 그릇, 오늘 저녁", TOP).wrapped_text == (
        "따끈한 국물 한 그릇,\n오늘 저녁"
    )


@given(
    st.lists(st.text("가나다라마바사", min_size=1, max_size=12), min_size=1, max_size=8), st.integers(3, 20)
)
def test_wrapped_lines_fit_and_lose_nothing(words: list[str], width: int) -> None:
    text = " ".join(words)
    lines = wrap(text, width, len)
    assert all(len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(words)
    if max(map(len, words)) <= width:
        assert " ".join(lines) == text
        assert len(lines) == _fewest(words, width)


def _fewest(words: list[str], width: int) -> int:
    lines, used = 0, width + 1
    for word in words:
        if used + 1 + len(word) > width:
            lines, used = lines + 1, len(word)
        else:
            used += 1 + len(word)
    return lines


@pytest.mark.parametrize(
    "text", ["한우", "오늘도 애쓰셨습니다", "아침마다 손으로 썰어 오후면 동이 나는 진한 칼국수 한 그릇"]
)
def test_letters_are_as_large_as_fit_and_stay_inside_the_padding(text: str) -> None:
    drawn = render_text(photo(), text, TOP)
    assert SMALLEST_PX <= drawn.font_size <= LARGEST_PX
    margin_x, margin_y = TOP.width * 0.07, TOP.height * 0.05
    assert drawn.ink.x >= TOP.x + margin_x
    assert drawn.ink.right <= TOP.right - margin_x
    assert drawn.ink.y >= TOP.y + margin_y
    assert drawn.ink.bottom <= TOP.bottom - margin_y
    changed = ImageChops.difference(drawn.image, photo()).getbbox()
    assert changed is not None
    assert Box.from_pixels(changed, (720, 720)).iou(drawn.ink) > 0.85


def test_longer_text_gets_smaller_letters_and_never_below_the_smallest() -> None:
    sizes = [render_text(photo(), "맛있는 한 끼 " * times, TOP).font_size for times in (1, 3, 30)]
    assert sizes[0] > sizes[1] > sizes[2] == SMALLEST_PX


def test_colour_and_plate_are_drawn_as_asked() -> None:
    drawn = render_text(photo(), "국물", TOP, color="fff4e0ff", plate="000000ff").image
    region = drawn.crop(TOP.to_pixels(drawn.size))
    colors = {color: count for count, color in region.getcolors(100_000) or ()}
    assert colors[(255, 244, 224)] > 300
    assert colors[(0, 0, 0)] > region.width * region.height * 0.5
    assert render_text(photo(), "", TOP).image.tobytes() == photo().tobytes(), "no text, no mark"


def test_a_translucent_plate_is_evenly_tinted() -> None:
    drawn = render_text(photo(), "", Box(0.1, 0.05, 0.8, 0.177), plate="00000080").image
    assert len(drawn.getcolors() or ()) == 2, "the photo's colour and the plate's"
