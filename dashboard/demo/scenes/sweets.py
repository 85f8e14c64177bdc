"""Coffee, cake, donuts and shaved ice."""

from __future__ import annotations

import math
from random import Random

from dashboard.demo.scenes import toppings as top
from dashboard.demo.scenes.canvas import Canvas, Color, arc, curve, darker, lighter, mix
from dashboard.demo.scenes.vessels import GLAZES, PORCELAIN, Drawn, Extent, Place, bowl, cup, plate


def coffee(canvas: Canvas, place: Place, rng: Random) -> Drawn:
    color = rng.choice((*PORCELAIN, *GLAZES))
    saucer = Place(place.x, place.y + 0.72 * place.r * math.sqrt(1 - place.tilt**2), place.r, place.tilt)
    left, _, right, lower = plate(canvas, saucer, lighter(color, 0.2), darker(color, 0.1))
    inner = Place(place.x, place.y - 0.12 * place.r, 0.62 * place.r, place.tilt)
    cup_left, upper, cup_right, _ = cup(canvas, inner, color, rng.random() < 0.7)
    surface = inner.inner(0.87, 0.04)
    x, y, r, tilt = surface.x, surface.y, surface.r, surface.tilt
    canvas.ellipse(x, y, r, r * tilt, (104, 62, 38))
    canvas.ellipse(x, y + 0.01 * r, 0.94 * r, 0.94 * r * tilt, (168, 110, 66))
    if rng.random() < 0.5:
        _heart(canvas, surface, 1.0)
    else:
        _rosetta(canvas, surface)
    return [("cup", (min(left, cup_left), upper, max(right, cup_right), lower))]


def _heart(canvas: Canvas, surface: Place, size: float) -> None:
    for grow, color in (
        (0.62, (244, 224, 194)),
        (0.44, (176, 118, 74)),
        (0.34, (248, 232, 206)),
        (0.15, (176, 118, 74)),
    ):
        g = grow * size
        half = curve((0, 0.9 * g), (0.75 * g, 0.35 * g), (1.25 * g, -0.7 * g), (0.5 * g, -0.78 * g))
        lobe = curve(half[-1], (0.2 * g, -0.8 * g), (0.04 * g, -0.55 * g), (0, -0.38 * g), steps=8)
        right = [*half, *lobe]
        outline = [*right, *[(-u, v) for u, v in reversed(right)]]
        canvas.polygon([surface.at(u, v + 0.03) for u, v in outline], color)


def _rosetta(canvas: Canvas, surface: Place) -> None:
    for number in range(6):
        v, width = 0.62 - number * 0.22, 0.3 + 0.32 * math.sin(math.pi * (number + 0.6) / 6.2)
        ribbon = [
            surface.at(width * math.cos(turn), v - 0.26 * math.sin(turn))
            for turn in (math.pi * step / 16 for step in range(17))
        ]
        canvas.line(ribbon, 0.085 * surface.r, (246, 228, 198))
    canvas.line([surface.at(0, 0.75), surface.at(0, -0.75)], 0.035 * surface.r, (246, 228, 198))


def cake(canvas: Canvas, place: Place, rng: Random) -> Drawn:
    x, tilt = place.x, place.tilt
    stand = Place(x, place.y + 0.5 * place.r, place.r, tilt)
    left, _, right, lower = plate(canvas, stand, rng.choice(PORCELAIN), rng.choice(GLAZES))
    r, height = 0.74 * place.r, 0.62 * place.r
    base, crown = stand.y - 0.03 * r, stand.y - height
    cream, sponge = rng.choice(
        (
            ((255, 244, 230), (226, 168, 104)),
            ((252, 214, 214), (224, 160, 120)),
            ((110, 66, 48), (84, 48, 38)),
            ((222, 234, 206), (150, 168, 96)),
        )
    )
    side = [
        (x - r, crown),
        *[(px, py) for px, py in arc((x, base), r, r * tilt, math.pi, 0)],
        (x + r, crown),
    ]
    canvas.polygon(side, sponge)
    for level in (0.36, 0.68):
        middle = crown + (base - crown) * level
        band = [
            *arc((x, middle), r, r * tilt, math.pi, 0),
            *arc((x, middle + 0.09 * r), r, r * tilt, 0, math.pi),
        ]
        canvas.polygon(band, mix(cream, (255, 240, 220), 0.5))
        for step in range(9):
            turn = math.pi * (step + 0.5) / 9
            canvas.ellipse(
                x + r * 0.99 * math.cos(turn),
                middle + 0.05 * r + r * tilt * math.sin(turn),
                0.035 * r,
                0.04 * r,
                (214, 50, 60),
            )
    shade = [(x + r, crown), *arc((x, base), r, r * tilt, 0, 1.15), (x + 0.42 * r, crown)]
    canvas.polygon(shade, (60, 20, 30, 46))
    _icing(canvas, x, crown, r, tilt, cream, rng)
    count = 9
    ring = [(math.cos(math.tau * i / count), math.sin(math.tau * i / count)) for i in range(count)]
    for u, v in sorted(ring, key=lambda point: point[1]):
        px, py = x + 0.72 * r * u, crown + 0.72 * r * tilt * v
        canvas.ellipse(px, py, 0.15 * r, 0.11 * r, darker(cream, 0.12))
        canvas.ellipse(px, py - 0.03 * r, 0.13 * r, 0.09 * r, mix(cream, (255, 240, 220), 0.5))
        top.strawberry(canvas, px, py - 0.13 * r, 0.12 * r)
    return [("cake", (left, crown - 0.72 * r * tilt - 0.24 * r, right, lower))]


def _icing(
    canvas: Canvas, x: float, crown: float, r: float, tilt: float, cream: tuple[int, int, int], rng: Random
) -> None:
    drips = 11
    for step in range(drips):
        turn = math.pi * (step + 0.5) / drips
        px, py = x + r * math.cos(turn), crown + r * tilt * math.sin(turn)
        length = rng.uniform(0.1, 0.3) * r
        canvas.line(
            [(px * 0.995 + x * 0.005, py - 0.04 * r), (px * 0.995 + x * 0.005, py + length)],
            0.15 * r,
            darker(cream, 0.06),
        )
    canvas.ellipse(x, crown + 0.04 * r, 1.01 * r, 1.01 * r * tilt, darker(cream, 0.06))
    canvas.ellipse(x, crown, r, r * tilt, mix(cream, (255, 232, 206), 0.16))
    canvas.ellipse(x - 0.05 * r, crown - 0.02 * r, 0.82 * r, 0.8 * r * tilt, mix(cream, (255, 238, 218), 0.3))


def donut(canvas: Canvas, place: Place, rng: Random) -> Drawn:
    plate(canvas, place, rng.choice(PORCELAIN), rng.choice(GLAZES))
    glazes: list[Color] = [
        (240, 150, 172),
        (112, 66, 46),
        (252, 232, 206),
        (178, 208, 170),
        (180, 160, 214),
    ]
    rng.shuffle(glazes)
    drawn: Drawn = []
    for (u, v), glaze in zip(((0.0, -0.36), (-0.36, 0.22), (0.38, 0.24)), glazes, strict=False):
        x, y = place.at(u, v)
        drawn.append(
            (
                "donut",
                _one_donut(
                    canvas, Place(x, y - 0.1 * place.r, 0.36 * place.r, 0.3 + 0.7 * place.tilt), glaze, rng
                ),
            )
        )
    return drawn


def _one_donut(canvas: Canvas, place: Place, glaze: tuple[int, int, int], rng: Random) -> Extent:
    x, y, r, tilt = place.x, place.y, place.r, place.tilt
    thick = 0.3 * r
    canvas.ellipse(x, y + thick, r, r * tilt, (158, 100, 54))
    canvas.ellipse(x, y + 0.45 * thick, 1.02 * r, 1.02 * r * tilt, (214, 152, 90))
    waves = [
        (
            x + r * (0.95 + 0.035 * math.sin(7 * turn)) * math.cos(turn),
            y + r * tilt * (0.95 + 0.05 * math.sin(6 * turn + 1)) * math.sin(turn),
        )
        for turn in (math.tau * step / 60 for step in range(60))
    ]
    canvas.polygon(waves, glaze)
    canvas.line(arc((x, y), 0.74 * r, 0.72 * r * tilt, 3.4, 5.2), 0.09 * r, lighter(glaze, 0.55))
    canvas.ellipse(x, y + 0.02 * r, 0.33 * r, 0.33 * r * tilt, darker(glaze, 0.25))
    canvas.ellipse(x, y + 0.05 * r, 0.29 * r, 0.27 * r * tilt, (150, 92, 52))
    canvas.ellipse(x, y + 0.1 * r, 0.22 * r, 0.17 * r * tilt, (236, 226, 212))
    for _ in range(30):
        turn, away = rng.uniform(0, math.tau), rng.uniform(0.46, 0.86) * r
        px, py, angle = x + away * math.cos(turn), y + away * tilt * math.sin(turn), rng.uniform(0, 3)
        dx, dy = 0.06 * r * math.cos(angle), 0.05 * r * math.sin(angle)
        canvas.line(
            [(px - dx, py - dy), (px + dx, py + dy)],
            0.035 * r,
            rng.choice(((255, 255, 255), (250, 196, 70), (110, 176, 214), (222, 84, 96), (140, 196, 110))),
        )
    return x - 1.02 * r, y - r * tilt, x + 1.02 * r, y + thick + r * tilt


def bingsu(canvas: Canvas, place: Place, rng: Random) -> Drawn:
    left, _, right, lower = bowl(canvas, place, (208, 226, 232), (232, 242, 244), (150, 186, 200))
    x, y, r, tilt = place.x, place.y + 0.02 * place.r, 0.84 * place.r, place.tilt
    peak = y - 0.85 * r
    snow = [
        *curve((x - r, y), (x - 0.95 * r, y - 0.4 * r), (x - 0.55 * r, peak), (x, peak)),
        *curve((x, peak), (x + 0.55 * r, peak), (x + 0.95 * r, y - 0.4 * r), (x + r, y)),
        *arc((x, y), r, r * tilt, 0, math.pi),
    ]
    canvas.polygon(snow, (246, 250, 253))
    for _ in range(90):
        turn, share = rng.uniform(-1, 1), math.sqrt(rng.random())
        px = x + 0.9 * r * turn
        py = y + 0.6 * r * tilt * (1 - turn**2) - (0.85 * r + 0.5 * r * tilt) * (1 - turn**2) * share
        canvas.ellipse(
            px, py, 0.035 * r, 0.02 * r, rng.choice(((222, 234, 242), (255, 255, 255), (232, 240, 246)))
        )
    for _ in range(70):
        turn, away = rng.uniform(0, math.tau), math.sqrt(rng.random())
        px, py = x + 0.42 * r * away * math.cos(turn), peak + 0.16 * r + 0.2 * r * away * math.sin(turn)
        canvas.oval(
            px, py, 0.07 * r, 0.045 * r, rng.uniform(0, 3), mix((110, 40, 44), (150, 66, 60), rng.random())
        )
    for dx, dy in ((-0.3, 0.12), (0.26, 0.16), (0.02, -0.12)):
        canvas.rectangle(
            x + (dx - 0.1) * r,
            peak + (dy + 0.02) * r,
            x + (dx + 0.1) * r,
            peak + (dy + 0.18) * r,
            (216, 206, 190),
            0.05 * r,
        )
        canvas.rectangle(
            x + (dx - 0.1) * r,
            peak + dy * r,
            x + (dx + 0.1) * r,
            peak + (dy + 0.14) * r,
            (255, 250, 240),
            0.05 * r,
        )
    for u in (-0.78, 0.78, -0.46, 0.46, 0.0):
        top.strawberry(canvas, x + u * r, y + (0.34 - 0.44 * u**2) * r * tilt * 1.6 - 0.1 * r, 0.135 * r)
    top.leaf(canvas, x + 0.04 * r, peak - 0.08 * r, 0.22 * r, -0.9, (92, 150, 76))
    top.leaf(canvas, x + 0.02 * r, peak - 0.08 * r, 0.2 * r, -2.3, (110, 166, 84))
    return [("bowl", (left, peak - 0.28 * r, right, lower))]
