from __future__ import annotations

import json
from itertools import product
from random import Random

import pytest
from PIL import Image, ImageChops, ImageStat

from dashboard.demo.scenes import Framing, Scene, draw_cutout, draw_scene, variation
from dashboard.demo.scenes.canvas import Canvas
from dashboard.demo.scenes.dishes import DISHES
from dashboard.demo.scenes.vessels import Place

SMALL = (90, 90)
FORBIDDEN_OR_CUP = {"bowl", "cake", "cup", "pizza", "donut", "sandwich"}


def difference(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean)


@pytest.mark.parametrize(("dish", "framing"), list(product(DISHES, Framing)))
def test_every_dish_can_be_drawn_in_every_room(dish: str, framing: Framing) -> None:
    for seed, variant in product(range(2), range(4)):
        scene = draw_scene(seed, SMALL, dish=dish, framing=framing, variant=variant)
        assert (scene.image.mode, scene.image.size) == ("RGB", SMALL)
        assert {item.label for item in scene.objects} <= FORBIDDEN_OR_CUP
        for item in scene.objects:
            assert 0 <= item.box.x < item.box.right <= 1.000001
            assert 0 <= item.box.y < item.box.bottom <= 1.000001
            assert item.box.area > 0.01


def test_many_seeds_draw_without_complaint_at_instagram_formats() -> None:
    for seed, size in product(range(30), ((144, 180), (180, 144))):
        draw_scene(seed, size, variant=seed % 4)


def test_the_same_seed_gives_the_same_picture_and_another_seed_another() -> None:
    assert draw_scene(4, SMALL).image.tobytes() == draw_scene(4, SMALL).image.tobytes()
    assert difference(draw_scene(4, SMALL).image, draw_scene(5, SMALL).image) > 3


@pytest.mark.parametrize("dish", DISHES)
def test_the_box_is_where_the_dish_is_drawn(dish: str) -> None:
    """On an empty board only the dish leaves a mark: its boxes must enclose the mark, and no more."""
    canvas = Canvas((400, 400), (1, 2, 3))
    drawn = DISHES[dish].draw(canvas, Place(500, 480, 280, 0.5), Random(2))
    ground = Image.new("RGB", (400, 400), (1, 2, 3))
    mark = ImageChops.difference(canvas.finish(), ground).getbbox()
    assert mark is not None
    left, top = min(box[0] for _, box in drawn) * 0.4, min(box[1] for _, box in drawn) * 0.4
    right, bottom = max(box[2] for _, box in drawn) * 0.4, max(box[3] for _, box in drawn) * 0.4
    carried = 60 if dish in {"donut", "sandwich", "pizza"} else 8  # the plate below counts as no object
    assert mark[0] == pytest.approx(left, abs=carried)
    assert mark[1] == pytest.approx(top, abs=carried)
    assert mark[2] == pytest.approx(right, abs=carried)
    assert mark[3] == pytest.approx(bottom, abs=carried)


def test_variants_show_the_same_dish_elsewhere() -> None:
    photo = draw_scene(9, SMALL, dish="salad", framing=Framing.CALM)
    document = json.loads(json.dumps(photo.document()))
    variants = [variation(document, number, SMALL) for number in (1, 2, 3)]
    assert {scene.dish for scene in variants} == {photo.dish}
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert difference(variants[one].image, variants[other].image) > 10
    assert variation(document, 0, SMALL).image.tobytes() == photo.image.tobytes()
    (thing,), box = document["things"], photo.objects[0].box
    assert thing["label"] == photo.objects[0].label
    assert thing["box"] == pytest.approx([box.x, box.y, box.width, box.height], abs=1e-4)


NOBODYS = (
    {},
    {"seed": "x", "dish": "stew", "framing": "calm"},
    {"seed": 1, "dish": "soup", "framing": "calm"},
)


@pytest.mark.parametrize("document", NOBODYS)
def test_a_document_of_nobody_is_refused(document: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError)):
        variation(document, 1, SMALL)


def test_hard_framings_are_hard() -> None:
    def upper_brightness(scene: Scene) -> float:
        return float(ImageStat.Stat(scene.image.convert("L").crop((0, 0, 90, 30))).mean[0])

    def unrest(scene: Scene) -> float:
        return float(ImageStat.Stat(scene.image.convert("L").crop((0, 0, 90, 25))).stddev[0])

    for seed in range(5):
        calm, busy, bright, close = (
            draw_scene(seed, SMALL, dish="cake", framing=framing, variant=1)
            for framing in (Framing.CALM, Framing.BUSY, Framing.BRIGHT, Framing.CLOSE)
        )
        assert upper_brightness(bright) > 235, "white letters vanish"
        assert unrest(busy) > 25, "letters drown in the pattern"
        assert close.objects[0].box.area > 1.6 * calm.objects[0].box.area
        assert close.objects[0].box.area > 0.5


def test_the_cutout_holds_the_dish_alone() -> None:
    cutout = draw_cutout(3, SMALL, dish="cake")
    assert cutout.mode == "RGBA"
    alpha = cutout.getchannel("A")
    corner, middle = alpha.getpixel((3, 3)), alpha.getpixel((45, 40))
    assert (corner, middle) == (0, 255)
    photo = draw_scene(3, SMALL, dish="cake")
    placed = photo.image.copy()
    placed.paste(cutout, (0, 0), cutout)
    assert difference(placed, photo.image) < 1, "laid over its photo, nothing changes"
