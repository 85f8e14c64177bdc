"""Puts dish, table and room together, and knows afterwards what stands where."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random

import numpy as np
from PIL import Image

from dashboard.demo.scenes import props, rooms, tables
from dashboard.demo.scenes.canvas import WIDTH, Canvas
from dashboard.demo.scenes.dishes import DISHES
from dashboard.demo.scenes.vessels import Drawn, Place
from feedly_core.domain.boxes import Box

SIZE = (1080, 1080)
SAVOURY = frozenset({"stew", "noodles", "bibimbap", "tteokbokki", "salad"})


class Framing(StrEnum):
    """How hard the picture is for the pipeline."""

    CALM = "calm"  # room for text above or below the dish
    BUSY = "busy"  # patterns everywhere: letters drown
    BRIGHT = "bright"  # nearly white: white letters vanish
    CLOSE = "close"  # the dish fills the picture: text must cover it


@dataclass(frozen=True)
class SceneObject:
    """``label`` is the name that an object detector would give; ``box`` in ratios of the picture."""

    label: str
    box: Box


@dataclass(frozen=True)
class Scene:
    """A drawn picture (RGB) and all that is known about it."""

    image: Image.Image
    objects: tuple[SceneObject, ...]
    seed: int
    dish: str
    framing: Framing
    variant: int
    description_kor: str

    def document(self) -> dict[str, object]:
        """JSON values from which :func:`variation` draws the dish again."""
        return {
            "seed": self.seed,
            "dish": self.dish,
            "framing": self.framing.value,
            "variant": self.variant,
            "things": [
                {"label": item.label, "box": [round(value, 5) for value in _edges(item.box)]}
                for item in self.objects
            ],
        }


def draw_scene(
    seed: int,
    size: tuple[int, int] = SIZE,
    *,
    dish: str | None = None,
    framing: Framing | None = None,
    variant: int = 0,
) -> Scene:
    """The picture of ``seed`` in ``size`` (width, height) px.

    Variant 0 is the shop's own photo: the dish before plain paper. Variants from 1 on show the same
    dish in other rooms and at other places. Without ``dish`` and ``framing`` the seed decides.
    """
    choice = Random(f"{seed}-choice")
    dish = dish or choice.choice(list(DISHES))
    if framing is None:
        framing = choice.choices(list(Framing), (60, 15, 12, 13))[0]
    canvas = Canvas(size, (255, 255, 255))
    rng = Random(f"{seed}-{variant}")
    drawn = (
        _studio(canvas, seed, dish, rng) if variant == 0 else _room(canvas, seed, dish, framing, variant, rng)
    )
    objects = tuple(SceneObject(label, _box(extent, canvas)) for label, extent in drawn)
    return Scene(canvas.finish(), objects, seed, dish, framing, variant, DISHES[dish].name_kor)


def variation(document: Mapping[str, object], variant: int, size: tuple[int, int] = SIZE) -> Scene:
    """Another variant of the scene that wrote ``document``. KeyError or ValueError when it is no scene's."""
    seed, dish = int(str(document["seed"])), str(document["dish"])
    if dish not in DISHES:
        raise ValueError(f"unknown dish {dish!r}")
    return draw_scene(seed, size, dish=dish, framing=Framing(str(document["framing"])), variant=variant)


def draw_cutout(seed: int, size: tuple[int, int] = SIZE, *, dish: str | None = None) -> Image.Image:
    """The dish of variant 0 alone (RGBA); its alpha channel is the mask of the product."""
    dish = dish or Random(f"{seed}-choice").choice(list(DISHES))
    on_white, on_black = (_alone(seed, size, dish, shade) for shade in (255, 0))
    covered = 255 - (on_white - on_black).max(axis=2)
    colors = np.where(covered[..., None] > 0, on_black * 255.0 / np.maximum(covered, 1)[..., None], 0)
    rgba = np.dstack([np.clip(colors, 0, 255), covered]).astype(np.uint8)
    return Image.fromarray(rgba, "RGBA")


def _alone(
    seed: int, size: tuple[int, int], dish: str, shade: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    canvas = Canvas(size, (shade, shade, shade))
    DISHES[dish].draw(canvas, _studio_place(canvas, seed, dish), Random(f"{seed}-dish"))
    return np.asarray(canvas.finish(), dtype=np.int16)


def _studio_place(canvas: Canvas, seed: int, dish: str) -> Place:
    rng = Random(f"{seed}-photo")
    return Place(rng.uniform(470, 530), 0.52 * canvas.height, rng.uniform(270, 320), rng.uniform(0.46, 0.6))


def _studio(canvas: Canvas, seed: int, dish: str, rng: Random) -> Drawn:
    place = _studio_place(canvas, seed, dish)
    _, colors = rooms.ROOMS[rng.choice(("cafe", "hanok", "tiles", "arches"))]
    rooms.studio(canvas, colors, 0.5 * canvas.height, rng)
    return _serve(canvas, place, seed, dish)


def _room(canvas: Canvas, seed: int, dish: str, framing: Framing, variant: int, rng: Random) -> Drawn:
    names = list(rooms.ROOMS)
    Random(f"{seed}-rooms").shuffle(names)
    backdrop, colors = rooms.ROOMS[names[variant % len(names)]]
    from_above = DISHES[dish].flat and rng.random() < 0.34
    place = _place(canvas, framing, from_above, variant, rng)
    horizon = 0.0 if from_above else place.y - rng.uniform(0.1, 0.4) * place.r
    if framing is Framing.BUSY:
        backdrop = tables.dots if from_above else rooms.stripes
    elif framing is Framing.BRIGHT:
        backdrop = rooms.bright_window
    elif from_above:
        backdrop = rng.choice(tables.TABLES)
    backdrop(canvas, colors, horizon, rng)
    if framing is not Framing.CLOSE:
        _props(canvas, place, colors, dish, rng)
    return _serve(canvas, place, seed, dish)


def _place(canvas: Canvas, framing: Framing, from_above: bool, variant: int, rng: Random) -> Place:
    tilt = 1.0 if from_above else rng.uniform(0.42, 0.58)
    if framing is Framing.CLOSE:
        return Place(rng.uniform(460, 540), 0.5 * canvas.height, rng.uniform(450, 520), tilt)
    r = rng.uniform(235, 300)
    if from_above:
        below = (variant + rng.randint(0, 1)) % 2
        y = canvas.height - r - 60 if below else r + 60
        return Place(rng.uniform(380, 620), y, r, tilt)
    return Place(rng.uniform(380, 620), canvas.height * rng.uniform(0.58, 0.66), r, tilt)


def _props(canvas: Canvas, place: Place, colors: tables.Palette, dish: str, rng: Random) -> None:
    kinds = list(props.SAVOURY if dish in SAVOURY else props.SWEET)
    rng.shuffle(kinds)
    spots = (
        [(-1.5, -0.3), (1.5, 0.4)]
        if place.tilt == 1
        else [(-1.45, 0.3), (1.5, 0.35), rng.choice(((1.2, 1.35), (-1.2, 1.35)))]
    )
    for kind, (u, v) in zip(kinds, spots, strict=False):
        x, y = (
            place.x + u * place.r + rng.uniform(-20, 20),
            place.y + v * place.r * math.sqrt(place.tilt) + 0.2 * place.r,
        )
        if 40 < x < WIDTH - 40 and 40 < y < canvas.height + 40:
            kind(canvas, Place(x, y, place.r, place.tilt), colors, rng)


def _serve(canvas: Canvas, place: Place, seed: int, dish: str) -> Drawn:
    """The dish with its shadow and steam; its look depends on the seed alone."""
    recipe = DISHES[dish]
    depth = math.sqrt(1 - place.tilt**2)
    canvas.soft(
        place.x + 0.12 * place.r,
        place.y + (0.1 + recipe.stands * depth) * place.r,
        1.4 * place.r,
        (0.3 + 1.0 * place.tilt) * place.r,
        alpha=150,
    )
    drawn = recipe.draw(canvas, place, Random(f"{seed}-dish"))
    if recipe.steam and place.tilt < 1:
        for side, sway in ((-0.3, 34), (0.22, -40)):
            canvas.steam(place.x + side * place.r, place.y - 0.1 * place.r, 1.15 * place.r, sway)
    return drawn


def _box(extent: tuple[float, float, float, float], canvas: Canvas) -> Box:
    left, top, right, bottom = extent
    left, right = max(0.0, left) / WIDTH, min(WIDTH, right) / WIDTH
    top, bottom = max(0.0, top) / canvas.height, min(canvas.height, bottom) / canvas.height
    return Box(left, top, right - left, bottom - top)


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.x, box.y, box.width, box.height
