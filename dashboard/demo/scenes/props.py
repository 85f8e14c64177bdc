"""Small things beside the dish: cutlery, a napkin, little side dishes, leaves."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from dashboard.demo.scenes import toppings as top
from dashboard.demo.scenes.canvas import Canvas, arc, darker, lighter, mix
from dashboard.demo.scenes.tables import Palette
from dashboard.demo.scenes.vessels import Place, bowl

Prop = Callable[[Canvas, Place, Palette, Random], None]


def chopsticks(canvas: Canvas, place: Place, colors: Palette, rng: Random) -> None:
    """A spoon and a pair of chopsticks, pointing away from the eye."""
    x, y, r, tilt = place.x, place.y, place.r, place.tilt
    lean = rng.uniform(-0.12, 0.12)
    length = 1.15 * r * (0.45 + 0.55 * tilt)
    for offset, color in ((-0.1, (120, 74, 52)), (0.06, (132, 82, 58))):
        start, end = (x + offset * r, y + length / 2), (x + (offset + lean) * r, y - length / 2)
        canvas.line([(px + 7, py + 7) for px, py in (start, end)], 11, (30, 16, 16, 60))
        canvas.line([start, end], 11, color)
        canvas.line([(start[0] - 2, start[1]), (end[0] - 2, end[1])], 3, lighter(color, 0.35))
    head = x + (0.34 + lean) * r, y - length / 2
    canvas.line([(x + 0.34 * r, y + length / 2), head], 13, (198, 190, 180))
    canvas.ellipse(head[0], head[1], 0.13 * r, 0.2 * r * (0.4 + 0.6 * tilt), (176, 168, 160))
    canvas.ellipse(head[0] - 3, head[1] - 2, 0.1 * r, 0.16 * r * (0.4 + 0.6 * tilt), (224, 218, 210))


def napkin(canvas: Canvas, place: Place, colors: Palette, rng: Random) -> None:
    x, y, r, tilt = place.x, place.y, place.r, place.tilt
    cloth = lighter(colors.cloth, rng.choice((0.1, 0.7)))
    turn = rng.uniform(0.1, 0.7)
    corners = [
        (
            x + 0.6 * r * math.cos(turn + i * math.pi / 2),
            y + 0.6 * r * tilt * math.sin(turn + i * math.pi / 2),
        )
        for i in range(4)
    ]
    canvas.polygon([(px + 8, py + 8) for px, py in corners], (30, 16, 16, 50))
    canvas.polygon(corners, cloth)
    canvas.polygon([corners[0], corners[1], corners[2]], darker(cloth, 0.06))
    for share in (0.72, 0.82):
        ring = [(x + (px - x) * share, y + (py - y) * share) for px, py in corners]
        canvas.line([*ring, ring[0]], 4, darker(cloth, 0.28))


def side_dish(canvas: Canvas, place: Place, colors: Palette, rng: Random) -> None:
    """A small bowl of kimchi, radish or greens."""
    small = Place(place.x, place.y, 0.36 * place.r, place.tilt)
    canvas.soft(small.x + 18, small.y + 0.55 * small.r, 1.2 * small.r, 0.8 * small.r)
    bowl(canvas, small, (244, 240, 232), (238, 232, 222), rng.choice((None, colors.accent)))
    color = rng.choice(((206, 62, 40), (240, 226, 150), (96, 140, 62), (146, 96, 66)))
    top.strands(canvas, small, (0, 0), 0.7, color, rng, 20)


def leaves(canvas: Canvas, place: Place, colors: Palette, rng: Random) -> None:
    turn = rng.uniform(0, math.tau)
    for number in range(3):
        x, y = place.x + 22 * number * math.cos(turn), place.y + 16 * number * math.sin(turn)
        angle = turn + (number - 1) * 0.9
        leaf_color = mix((86, 136, 70), (160, 190, 100), rng.random())
        canvas.soft(
            x + 0.15 * place.r * math.cos(angle) + 6,
            y + 0.15 * place.r * math.sin(angle) + 9,
            0.26 * place.r,
            0.2 * place.r,
        )
        top.leaf(canvas, x, y, 0.34 * place.r, angle, leaf_color)


def glass(canvas: Canvas, place: Place, colors: Palette, rng: Random) -> None:
    """A glass of barley tea or water with ice."""
    x, y, r, tilt = place.x, place.y, 0.3 * place.r, place.tilt
    high = 1.9 * r * math.sqrt(1 - tilt**2)
    drink = rng.choice(((206, 146, 74), (214, 232, 238), (236, 150, 120)))
    canvas.soft(x + 24, y + 8, 1.3 * r, 0.8 * r)
    canvas.polygon(
        [(x - r, y - high), *arc((x, y), 0.8 * r, 0.8 * r * tilt, math.pi, 0), (x + r, y - high)],
        lighter(drink, 0.35),
    )
    level = y - 0.78 * high
    canvas.polygon(
        [
            (x - 0.95 * r, level),
            *arc((x, y - 4), 0.76 * r, 0.76 * r * tilt, math.pi, 0),
            (x + 0.95 * r, level),
        ],
        drink,
    )
    canvas.ellipse(x, level, 0.95 * r, 0.95 * r * tilt, lighter(drink, 0.25))
    for u, v in ((-0.3, -0.1), (0.28, 0.16)):
        canvas.rectangle(
            x + (u - 0.2) * r,
            level + v * r * tilt - 0.1 * r,
            x + (u + 0.2) * r,
            level + v * r * tilt + 0.2 * r,
            (255, 255, 255, 120),
            5,
        )
    canvas.line(arc((x, y - high), r, r * tilt, 0, math.tau), 5, (255, 255, 255))
    canvas.line([(x - 0.7 * r, level + 10), (x - 0.62 * r, y - 10)], 7, (255, 255, 255, 120))


SAVOURY: tuple[Prop, ...] = (chopsticks, side_dish, side_dish, glass, napkin)
SWEET: tuple[Prop, ...] = (napkin, leaves, glass, leaves)
