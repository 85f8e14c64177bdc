"""Pieces of food that several dishes share, each drawn round one point."""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random

from dashboard.demo.scenes.canvas import Canvas, Color, arc, curve, darker, lighter, mix
from dashboard.demo.scenes.vessels import Place

GREEN: Color = (112, 160, 62)
RED: Color = (204, 52, 40)
YOLK: Color = (250, 176, 42)
EGG_WHITE: Color = (255, 249, 236)


def scattered(rng: Random, count: int, reach: float, apart: float) -> Iterator[tuple[float, float]]:
    """Up to ``count`` points of the unit disc within ``reach``, at least ``apart`` from each other."""
    placed: list[tuple[float, float]] = []
    for _ in range(count * 12):
        if len(placed) == count:
            return
        turn, distance = rng.uniform(0, math.tau), reach * math.sqrt(rng.random())
        point = distance * math.cos(turn), distance * math.sin(turn)
        if all(math.dist(point, other) >= apart for other in placed):
            placed.append(point)
            yield point


def by_depth(points: Iterator[tuple[float, float]]) -> list[tuple[float, float]]:
    """Farthest first, so that nearer pieces cover farther ones."""
    return sorted(points, key=lambda point: point[1])


def egg_half(canvas: Canvas, x: float, y: float, size: float, tilt: float, angle: float) -> None:
    canvas.oval(x, y + 0.16 * size, size, size * 0.86 * tilt**0.4, angle, darker(EGG_WHITE, 0.25))
    canvas.oval(x, y, size, size * 0.84 * tilt**0.4, angle, EGG_WHITE)
    canvas.oval(x, y, 0.58 * size, 0.54 * size * tilt**0.4, angle, darker(YOLK, 0.08))
    canvas.oval(x - 0.05 * size, y - 0.04 * size, 0.5 * size, 0.45 * size * tilt**0.4, angle, YOLK)
    canvas.ellipse(x - 0.2 * size, y - 0.16 * size, 0.12 * size, 0.08 * size, (255, 224, 140))


def fried_egg(canvas: Canvas, x: float, y: float, size: float, tilt: float, rng: Random) -> None:
    white = []
    bumps = [rng.uniform(0.86, 1.12) for _ in range(7)]
    for step in range(56):
        share = step / 56 * 7
        first, second = bumps[int(share) % 7], bumps[(int(share) + 1) % 7]
        ease = (1 - math.cos((share % 1) * math.pi)) / 2
        radius = size * (first + (second - first) * ease)
        turn = math.tau * step / 56
        white.append((x + radius * math.cos(turn), y + radius * tilt * math.sin(turn)))
    canvas.polygon([(px, py + 0.07 * size) for px, py in white], (196, 140, 70))
    canvas.polygon(white, EGG_WHITE)
    canvas.polygon([(x + (px - x) * 0.8, y + (py - y) * 0.8) for px, py in white], (255, 253, 246))
    canvas.ellipse(x, y + 0.03 * size, 0.42 * size, 0.42 * size * tilt, darker(YOLK, 0.2))
    canvas.ellipse(x, y - 0.03 * size, 0.41 * size, 0.41 * size * tilt, YOLK)
    canvas.ellipse(x - 0.13 * size, y - 0.17 * size * tilt, 0.12 * size, 0.08 * size * tilt, (255, 232, 160))


def scallion(canvas: Canvas, x: float, y: float, size: float, tilt: float, rng: Random) -> None:
    green = mix(GREEN, (170, 200, 90), rng.random() * 0.6)
    canvas.ellipse(x, y + 0.28 * size, size, size * tilt, darker(green, 0.35))
    canvas.ellipse(x, y, size, size * tilt, green)
    canvas.ellipse(x, y, 0.58 * size, 0.58 * size * tilt, lighter(green, 0.62))
    canvas.ellipse(x, y + 0.02 * size, 0.32 * size, 0.32 * size * tilt, darker(green, 0.1))


def tofu(canvas: Canvas, x: float, y: float, size: float, tilt: float, angle: float) -> None:
    top = [
        (x + size * math.cos(angle + turn), y + size * tilt * math.sin(angle + turn))
        for turn in (0, math.pi / 2, math.pi, 3 * math.pi / 2)
    ]
    drop = 0.5 * size
    hull = sorted(top, key=lambda point: point[0])
    front = max(top, key=lambda point: point[1])
    canvas.polygon(
        [
            hull[0],
            front,
            hull[-1],
            (hull[-1][0], hull[-1][1] + drop),
            (front[0], front[1] + drop),
            (hull[0][0], hull[0][1] + drop),
        ],
        (222, 202, 166),
    )
    canvas.polygon(
        [front, hull[-1], (hull[-1][0], hull[-1][1] + drop), (front[0], front[1] + drop)], (205, 180, 142)
    )
    canvas.polygon(top, (255, 246, 224))


def leaf(canvas: Canvas, x: float, y: float, size: float, angle: float, color: Color) -> None:
    tip = x + size * math.cos(angle), y + size * math.sin(angle)
    bend_x, bend_y = -math.sin(angle) * 0.42 * size, math.cos(angle) * 0.42 * size
    middle = (x + tip[0]) / 2, (y + tip[1]) / 2
    one = curve((x, y), (x + bend_x, y + bend_y), (middle[0] + bend_x, middle[1] + bend_y), tip)
    two = curve(tip, (middle[0] - bend_x, middle[1] - bend_y), (x - bend_x, y - bend_y), (x, y))
    canvas.polygon([*one, *two], color)
    canvas.polygon([*one, (x, y)], darker(color, 0.16))
    canvas.line(
        [(x, y), (x + 0.85 * (tip[0] - x), y + 0.85 * (tip[1] - y))], 0.05 * size, lighter(color, 0.4)
    )


def strawberry(canvas: Canvas, x: float, y: float, size: float) -> None:
    body = [
        *curve(
            (x, y + 1.15 * size),
            (x - 0.7 * size, y + 0.8 * size),
            (x - 1.1 * size, y - 0.5 * size),
            (x, y - 0.5 * size),
        ),
        *curve(
            (x, y - 0.5 * size),
            (x + 1.1 * size, y - 0.5 * size),
            (x + 0.7 * size, y + 0.8 * size),
            (x, y + 1.15 * size),
        ),
    ]
    canvas.polygon(body, (222, 48, 56))
    canvas.polygon(
        [
            *curve(
                (x + 0.1 * size, y - 0.48 * size),
                (x + 1.08 * size, y - 0.5 * size),
                (x + 0.7 * size, y + 0.8 * size),
                (x, y + 1.15 * size),
            ),
            *curve(
                (x, y + 1.15 * size),
                (x + 0.55 * size, y + 0.5 * size),
                (x + 0.6 * size, y),
                (x + 0.1 * size, y - 0.48 * size),
            ),
        ],
        (190, 30, 48),
    )
    for dx, dy in ((-0.4, 0), (0, 0.1), (0.38, 0), (-0.2, 0.42), (0.2, 0.45), (0, 0.78)):
        canvas.ellipse(x + dx * size, y + dy * size, 0.045 * size, 0.075 * size, (255, 214, 140))
    canvas.ellipse(x - 0.38 * size, y - 0.24 * size, 0.16 * size, 0.1 * size, (250, 130, 130))
    for turn in (-2.7, -2.1, -1.57, -1.0, -0.45):
        leaf(canvas, x, y - 0.42 * size, 0.5 * size, turn + 1.57 * 0, (96, 150, 60))


def tomato_slice(canvas: Canvas, x: float, y: float, size: float, tilt: float, angle: float) -> None:
    canvas.ellipse(x, y + 0.14 * size, size, size * tilt, (150, 26, 26))
    canvas.ellipse(x, y, size, size * tilt, (222, 60, 44))
    canvas.ellipse(x, y, 0.86 * size, 0.86 * size * tilt, (240, 110, 84))
    for third in range(3):
        turn = angle + third * math.tau / 3
        canvas.oval(
            x + 0.46 * size * math.cos(turn),
            y + 0.46 * size * tilt * math.sin(turn),
            0.26 * size,
            0.26 * size * tilt,
            0,
            (206, 44, 36),
        )
        canvas.ellipse(
            x + 0.42 * size * math.cos(turn),
            y + 0.42 * size * tilt * math.sin(turn),
            0.07 * size,
            0.06 * size * tilt,
            (255, 214, 130),
        )


def sesame(canvas: Canvas, place: Place, rng: Random, count: int) -> None:
    for u, v in scattered(rng, count, 0.8, 0.03):
        x, y = place.at(u, v)
        canvas.oval(x, y, 0.018 * place.r, 0.011 * place.r, rng.uniform(0, 3), (255, 240, 200))


def strands(
    canvas: Canvas,
    place: Place,
    middle: tuple[float, float],
    spread: float,
    color: Color,
    rng: Random,
    count: int = 26,
) -> None:
    """A heap of thin threads round ``middle`` (unit disc)."""
    x, y = place.at(*middle)
    reach = spread * place.r
    canvas.ellipse(x, y + 0.05 * reach, reach, reach * (0.35 + 0.6 * place.tilt), darker(color, 0.38))
    for number in range(count):
        share = 1 - number / count * 0.55
        turn, angle = rng.uniform(0, math.tau), rng.uniform(0, math.tau)
        away = reach * 0.62 * share * math.sqrt(rng.random())
        cx, cy = (
            x + away * math.cos(turn),
            y + away * place.tilt * math.sin(turn) - 0.1 * reach * (1 - share),
        )
        tone = mix(darker(color, 0.12), lighter(color, 0.35), rng.random())
        bow = arc(
            (cx, cy),
            reach * 0.42,
            reach * 0.36 * (0.3 + 0.7 * place.tilt),
            angle,
            angle + rng.uniform(1.2, 2.4),
            steps=7,
        )
        canvas.line(bow, 0.075 * reach, tone)
