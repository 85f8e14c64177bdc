"""The demo's food photos: their notes describe them, also mirrored and cut to another shape."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from dashboard.demo.food_photos import FOLDER, ROOMS, another, cutout, dishes, photo
from dashboard.demo.sample_texts import DISHES
from dashboard.demo.seed_data import SHOPS

NUMBERS = (0, *ROOMS)


def difference(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean)


def test_every_dish_of_the_shops_has_four_photos_of_one_shape() -> None:
    assert {kind for shop in SHOPS for kind in shop.kinds} <= set(dishes()) == {dish.kind for dish in DISHES}
    for dish in dishes():
        assert len({photo(dish, number, seed=0).image.size for number in NUMBERS}) == 1


def test_the_demo_shows_square_portrait_and_landscape_in_two_megabytes() -> None:
    shapes = {
        round(width / height, 2) for width, height in (photo(dish, 0, seed=0).image.size for dish in dishes())
    }
    assert shapes == {1.0, 0.75, 0.8, 0.56, 1.78}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 2_000_000


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(dishes()),
    st.sampled_from(NUMBERS),
    st.integers(0, 9),
    st.tuples(st.integers(40, 300), st.integers(40, 300)) | st.none(),
)
def test_boxes_stay_inside_the_picture(dish: str, number: int, seed: int, size: tuple[int, int]) -> None:
    taken = photo(dish, number, seed, size)
    assert size in (None, taken.image.size)
    assert taken.note["things"]
    for thing in taken.note["things"]:
        x, y, width, height = thing["box"]
        assert 0 <= x <= x + width <= 1.0001 and 0 <= y <= y + height <= 1.0001
    assert all(0 <= value <= 1 for point in taken.note.get("outline", ()) for value in point)


@pytest.mark.parametrize("dish", dishes())
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("square", [False, True])
def test_the_outline_is_where_the_dish_is(dish: str, seed: int, square: bool) -> None:
    """Paper lies around the dish of photo 0: what is busy lies in the cutout."""
    taken = photo(dish, 0, seed, (400, 400) if square else None)
    alpha = cutout(taken.image, taken.note).getchannel("A")
    grey = taken.image.convert("L")
    assert alpha.getpixel((1, 1)) == 0
    inside = ImageStat.Stat(grey, alpha.point(lambda value: 255 * (value > 200))).stddev[0]
    outside = ImageStat.Stat(grey, alpha.point(lambda value: 255 * (value < 5))).stddev[0]
    assert inside > 1.5 * outside


def test_the_pictures_of_a_job_show_the_same_dish_in_three_ways() -> None:
    note = photo("salad", 0, seed=4).note
    pictures = [another(note, order, (90, 120)) for order in (1, 2, 3)]
    assert {picture.note["dish"] for picture in pictures} == {"salad"}
    assert sorted(picture.note["number"] for picture in pictures) == list(ROOMS)
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert difference(pictures[one].image, pictures[other].image) > 10


def test_odd_seeds_mirror_picture_and_note() -> None:
    plain, mirrored = photo("coffee", 1, seed=2), photo("coffee", 1, seed=3)
    assert difference(plain.image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), mirrored.image) == 0
    (x, y, width, height), moved = plain.note["things"][0]["box"], mirrored.note["things"][0]["box"]
    assert moved == pytest.approx([1 - x - width, y, width, height], abs=1e-4)


@pytest.mark.parametrize("note", [{}, {"dish": "soup"}, {"dish": "stew", "seed": "x"}])
def test_a_note_of_nobody_is_refused(note: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        another(note, 1, (90, 90))
