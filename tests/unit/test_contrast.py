from __future__ import annotations

import pytest
from PIL import Image

from dashboard.demo.text_renderer import render_text
from feedly_core.domain.boxes import Box
from feedly_core.images.contrast import contrast_ratio, measure, parse_color, relative_luminance, required

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


@pytest.mark.parametrize(
    ("color", "background", "ratio"),
    [
        ("000000", "ffffff", 21.0),
        ("777777", "ffffff", 4.48),
        ("767676", "ffffff", 4.54),
        ("949494", "ffffff", 3.03),
        ("ff0000", "ffffff", 4.0),
        ("0000ff", "ffffff", 8.59),
        ("00ff00", "ffffff", 1.37),
        ("123456", "123456", 1.0),
    ],
)
def test_published_ratios(color: str, background: str, ratio: float) -> None:
    one, two = parse_color(color), parse_color(background)
    assert contrast_ratio(one, two) == pytest.approx(ratio, abs=0.005)
    assert contrast_ratio(two, one) == contrast_ratio(one, two)


def test_luminance_runs_from_black_to_white() -> None:
    assert relative_luminance(BLACK) == 0
    assert relative_luminance(WHITE) == pytest.approx(1)
    assert relative_luminance((0, 255, 0)) == pytest.approx(0.7152)


@pytest.mark.parametrize(
    ("size", "bold", "aa", "aaa"),
    [(23.9, False, 4.5, 7.0), (24, False, 3.0, 4.5), (18.6, True, 4.5, 7.0), (18.7, True, 3.0, 4.5)],
)
def test_large_text_may_have_less_contrast(size: float, bold: bool, aa: float, aaa: float) -> None:
    assert (required(size, bold=bold).aa, required(size, bold=bold).aaa) == (aa, aaa)


def test_colours_are_read_with_and_without_alpha_and_hash() -> None:
    assert parse_color("#FFF4E0") == parse_color("fff4e0ff") == (255, 244, 224)
    for wrong in ("fff", "gggggg", "", "red"):
        with pytest.raises(ValueError):
            parse_color(wrong)


def test_drawn_letters_are_measured_against_what_surrounds_them() -> None:
    box = Box(0.1, 0.1, 0.8, 0.3)
    picture = render_text(Image.new("RGB", (600, 600), (119, 119, 119)), "가독성 시험", box).image
    measured = measure(picture, WHITE, box)
    assert measured is not None
    assert measured.mean == pytest.approx(4.48, abs=0.15)
    assert measured.mean_background == pytest.approx((119, 119, 119), abs=4)


def test_the_worst_part_of_an_uneven_background_is_found() -> None:
    background = Image.new("RGB", (600, 600), (20, 20, 20))
    background.paste((250, 250, 250), (0, 0, 250, 600))
    box = Box(0.1, 0.1, 0.8, 0.3)
    measured = measure(render_text(background, "반은 어둡고 반은 밝게", box).image, WHITE, box)
    assert measured is not None
    assert measured.worst < 1.2 < 5 < measured.mean
    assert min(measured.worst_background) > 200
    assert box.intersection(measured.patch) is not None
    assert measured.patch.right < 250 / 600, "the place that is shown lies on the bright half"
    assert measured.patch_ratio < 2


def test_far_away_pixels_do_not_count() -> None:
    picture = Image.new("RGB", (600, 600), (20, 20, 20))
    picture.paste((255, 250, 250), (0, 0, 600, 60))
    picture = render_text(picture, "국물", Box(0.3, 0.4, 0.4, 0.2)).image
    measured = measure(picture, WHITE, Box(0, 0, 1, 1))
    assert measured is not None
    assert measured.worst > 10


def test_an_empty_region_has_no_contrast() -> None:
    assert measure(Image.new("RGB", (10, 10)), WHITE, Box(0.5, 0.5, 0, 0.2)) is None
