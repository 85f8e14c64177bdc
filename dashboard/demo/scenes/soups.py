"""Dishes in bowls: stews, noodles, rice and salad."""

from __future__ import annotations

import math
from random import Random

from dashboard.demo.scenes import toppings as top
from dashboard.demo.scenes.canvas import Canvas, Color, arc, darker, lighter, mix
from dashboard.demo.scenes.vessels import GLAZES, PORCELAIN, Drawn, Place, bowl

EARTHEN: Color = (82, 60, 52)


def _broth(canvas: Canvas, place: Place, color: Color, rng: Random) -> Place:
    surface = place.inner(0.86, 0.035)
    x, y, r, tilt = surface.x, surface.y, surface.r, surface.tilt
    canvas.ellipse(x, y, r, r * tilt, darker(color, 0.18))
    canvas.ellipse(x - 0.03 * r, y + 0.02 * r, 0.93 * r, 0.92 * r * tilt, color)
    canvas.ellipse(x - 0.12 * r, y - 0.05 * r, 0.7 * r, 0.66 * r * tilt, lighter(color, 0.12))
    for u, v in top.scattered(rng, 16, 0.88, 0.1):
        bx, by = surface.at(u, v)
        size = rng.uniform(0.018, 0.05) * r
        canvas.ellipse(bx, by, size, size * tilt, lighter(color, 0.35))
        canvas.ellipse(bx, by + 0.12 * size, 0.7 * size, 0.7 * size * tilt, lighter(color, 0.12))
    return surface


def stew(canvas: Canvas, place: Place, rng: Random) -> Drawn:
    x, y, r = place.x, place.y, place.r
    for side in (-1, 1):
        canvas.rectangle(
            x + side * 1.0 * r - 0.14 * r,
            y - 0.02 * r,
            x + side * 1.0 * r + 0.14 * r,
            y + 0.12 * r,
            darker(EARTHEN, 0.3),
            0.06 * r,
        )
    left, upper, right, lower = bowl(canvas, place, EARTHEN, (64, 44, 40))
    color = rng.choice(((206, 74, 34), (190, 56, 36), (202, 120, 48)))
    surface = _broth(canvas, place, color, rng)
    pieces = top.by_depth(top.scattered(rng, 13, 0.76, 0.3))
    kinds = [
        "tofu",
        "tofu",
        "tofu",
        "tofu",
        "sausage",
        "sausage",
        "sausage",
        "mushroom",
        "mushroom",
        "pumpkin",
        "pumpkin",
        "egg",
        "leaf",
    ]
    rng.shuffle(kinds)
    for (u, v), kind in zip(pieces, kinds, strict=False):
        _stew_piece(canvas, surface, u, v, kind, rng)
    for u, v in top.scattered(rng, 18, 0.8, 0.12):
        px, py = surface.at(u, v)
        top.scallion(canvas, px, py, 0.048 * r, place.tilt, rng)
    for u, v in top.scattered(rng, 4, 0.6, 0.35):
        px, py = surface.at(u, v)
        canvas.oval(px, py, 0.09 * r, 0.035 * r, rng.uniform(0, 3), top.RED)
    return [("bowl", (left - 0.14 * r, upper, right + 0.14 * r, lower))]


def _stew_piece(canvas: Canvas, surface: Place, u: float, v: float, kind: str, rng: Random) -> None:
    x, y = surface.at(u, v)
    r, tilt = surface.r, surface.tilt
    if kind == "tofu":
        top.tofu(canvas, x, y - 0.04 * r, 0.17 * r, tilt, rng.uniform(0.3, 1.2))
    elif kind == "sausage":
        angle = rng.uniform(-0.6, 0.6)
        canvas.oval(x, y + 0.03 * r, 0.15 * r, 0.1 * r * (0.4 + 0.6 * tilt), angle, (150, 50, 40))
        canvas.oval(x, y, 0.15 * r, 0.1 * r * (0.4 + 0.6 * tilt), angle, (226, 118, 92))
        canvas.oval(
            x - 0.01 * r, y - 0.01 * r, 0.11 * r, 0.065 * r * (0.4 + 0.6 * tilt), angle, (240, 146, 118)
        )
    elif kind == "mushroom":
        canvas.rectangle(x - 0.04 * r, y, x + 0.04 * r, y + 0.13 * r, (236, 214, 180), 0.03 * r)
        canvas.polygon([*arc((x, y + 0.02 * r), 0.13 * r, 0.12 * r, math.pi, math.tau)], (170, 118, 78))
        canvas.ellipse(x, y + 0.02 * r, 0.13 * r, 0.03 * r, (206, 160, 116))
    elif kind == "pumpkin":
        canvas.polygon(arc((x, y), 0.16 * r, 0.15 * r * tilt**0.5, 0.3, 3.4), (94, 132, 54))
        canvas.polygon(arc((x, y - 0.01 * r), 0.13 * r, 0.12 * r * tilt**0.5, 0.3, 3.4), (240, 226, 140))
    elif kind == "egg":
        top.egg_half(canvas, x, y, 0.17 * r, tilt, rng.uniform(-0.4, 0.4))
    else:
        for turn in (-2.4, -1.6, -0.8):
            top.leaf(canvas, x, y, 0.22 * r, turn, (74, 124, 58))


def tteokbokki(canvas: Canvas, place: Place, rng: Random) -> Drawn:
    extent = bowl(canvas, place, rng.choice(PORCELAIN), (246, 240, 232), rng.choice(GLAZES))
    surface = _broth(canvas, place, (210, 50, 26), rng)
    r, tilt = surface.r, surface.tilt
    for u, v in top.by_depth(top.scattered(rng, 17, 0.74, 0.24)):
        x, y = surface.at(u, v)
        angle = rng.uniform(-0.9, 0.9)
        if rng.random() < 0.25:
            _fish_cake(canvas, x, y, 0.2 * r, angle, tilt)
            continue
        for drop, color, thick in (
            (0.05, (140, 24, 14), 0.12),
            (0, (232, 88, 48), 0.115),
            (-0.025, (246, 132, 88), 0.045),
        ):
            dx, dy = 0.17 * r * math.cos(angle), 0.17 * r * math.sin(angle) * (0.5 + tilt / 2)
            canvas.line([(x - dx, y - dy + drop * r), (x + dx, y + dy + drop * r)], thick * r, color)
    x, y = surface.at(rng.uniform(-0.2, 0.25), rng.uniform(-0.2, 0.1))
    top.egg_half(canvas, x, y, 0.24 * r, tilt, rng.uniform(-0.4, 0.4))
    for u, v in top.scattered(rng, 14, 0.75, 0.14):
        px, py = surface.at(u, v)
        top.scallion(canvas, px, py, 0.045 * r, tilt, rng)
    top.sesame(canvas, surface, rng, 26)
    return [("bowl", extent)]


def _fish_cake(canvas: Canvas, x: float, y: float, size: float, angle: float, tilt: float) -> None:
    corners = [
        (x + size * math.cos(angle + turn), y + size * (0.4 + 0.5 * tilt) * math.sin(angle + turn))
        for turn in (0, 2.2, 4.2)
    ]
    canvas.polygon([(px, py + 0.18 * size) for px, py in corners], (150, 90, 40))
    canvas.polygon(corners, (226, 164, 86))


def noodles(canvas: Canvas, place: Place, rng: Random) -> Drawn:
    extent = bowl(canvas, place, rng.choice(PORCELAIN), (250, 246, 238), rng.choice(GLAZES))
    broth = rng.choice(((224, 178, 108), (236, 206, 150), (206, 90, 44)))
    surface = _broth(canvas, place, broth, rng)
    r, tilt = surface.r, surface.tilt
    noodle = (250, 226, 160)
    for number in range(60):
        turn, away = rng.uniform(0, math.tau), 0.56 * math.sqrt(rng.random())
        x, y = surface.at(away * math.cos(turn), away * math.sin(turn) + 0.08)
        start, sweep = rng.uniform(0, math.tau), rng.uniform(1.2, 2.8)
        bow = rng.uniform(0.2, 0.36) * r
        tone = mix((214, 172, 98), lighter(noodle, 0.3), min(1.0, number / 46 + rng.uniform(-0.2, 0.2)))
        canvas.line(arc((x, y - 0.03 * r), bow, bow * tilt, start, start + sweep, steps=10), 0.034 * r, tone)
    _noodle_toppings(canvas, surface, rng)
    return [("bowl", extent)]


def _noodle_toppings(canvas: Canvas, surface: Place, rng: Random) -> None:
    r, tilt, flip = surface.r, surface.tilt, rng.choice((-1, 1))
    x, y = surface.at(-0.46 * flip, -0.5)
    sheet = [
        (x - 0.26 * r, y - 0.28 * r),
        (x + 0.2 * r, y - 0.34 * r),
        (x + 0.26 * r, y + 0.2 * r),
        (x - 0.2 * r, y + 0.24 * r),
    ]
    canvas.polygon(sheet, (44, 62, 52))
    canvas.polygon(
        [sheet[0], sheet[1], (x + 0.22 * r, y - 0.2 * r), (x - 0.25 * r, y - 0.14 * r)], (64, 86, 70)
    )
    for step, (u, v) in enumerate(((0.5, -0.42), (0.3, -0.3), (0.56, -0.1))):
        mx, my = surface.at(u * flip, v)
        size = (0.24 - 0.015 * step) * r
        canvas.ellipse(mx, my + 0.05 * r, size, size * (0.35 + 0.5 * tilt), (150, 84, 60))
        canvas.ellipse(mx, my, size, size * (0.35 + 0.5 * tilt), (206, 132, 98))
        canvas.line(
            arc((mx, my), 0.62 * size, 0.62 * size * (0.35 + 0.5 * tilt), 0.4, 4.6),
            0.05 * r,
            (236, 186, 152),
        )
    ex, ey = surface.at(-0.3 * flip, 0.28)
    top.egg_half(canvas, ex, ey, 0.24 * r, tilt, 0.3 * flip)
    gx, gy = surface.at(0.22 * flip, 0.42)
    for turn in (-2.6, -2.0, -1.4, -0.8):
        top.leaf(canvas, gx, gy, 0.3 * r, turn, mix((70, 128, 62), (130, 170, 70), rng.random()))
    for u, v in top.scattered(rng, 20, 0.72, 0.1):
        px, py = surface.at(u, v)
        top.scallion(canvas, px, py, 0.04 * r, tilt, rng)


def bibimbap(canvas: Canvas, place: Place, rng: Random) -> Drawn:
    outside = rng.choice(((206, 160, 76), (64, 60, 62), (150, 92, 60)))
    extent = bowl(canvas, place, outside, darker(outside, 0.25))
    surface = place.inner(0.86, 0.03)
    canvas.ellipse(surface.x, surface.y, surface.r, surface.r * surface.tilt, (250, 244, 232))
    colors: list[Color] = [
        (92, 138, 56),
        (234, 132, 44),
        (246, 226, 162),
        (142, 92, 62),
        (196, 60, 46),
        (238, 238, 222),
        (110, 72, 116),
    ]
    rng.shuffle(colors)
    start = rng.uniform(0, math.tau)
    heaps = [
        (0.56 * math.cos(start + i * math.tau / 7), 0.56 * math.sin(start + i * math.tau / 7), color)
        for i, color in enumerate(colors)
    ]
    for u, v, color in sorted(heaps, key=lambda heap: heap[1]):
        top.strands(canvas, surface, (u, v), 0.36, color, rng)
    x, y = surface.at(0, -0.03)
    top.fried_egg(canvas, x, y - 0.05 * surface.r, 0.38 * surface.r, 0.35 + 0.65 * place.tilt, rng)
    top.sesame(canvas, surface, rng, 34)
    return [("bowl", extent)]


def salad(canvas: Canvas, place: Place, rng: Random) -> Drawn:
    left, upper, right, lower = bowl(canvas, place, rng.choice((*PORCELAIN, *GLAZES[2:4])), (244, 238, 224))
    surface = place.inner(0.86, 0.02)
    r, tilt = surface.r, surface.tilt
    canvas.ellipse(surface.x, surface.y, r, r * tilt, (74, 112, 48))
    for u, v in top.by_depth(top.scattered(rng, 46, 0.86, 0.1)):
        x, y = surface.at(u, v)
        green = mix((92, 142, 54), (178, 206, 92), rng.random())
        top.leaf(canvas, x, y, rng.uniform(0.26, 0.42) * r, rng.uniform(0, math.tau), green)
    pieces = top.by_depth(top.scattered(rng, 11, 0.7, 0.3))
    for number, (u, v) in enumerate(pieces):
        x, y = surface.at(u, v)
        if number % 4 == 1:
            top.egg_half(canvas, x, y, 0.19 * r, tilt, rng.uniform(-0.5, 0.5))
        elif number % 4 == 3:
            _avocado(canvas, x, y, 0.24 * r, tilt, rng.uniform(-1, 1))
        else:
            top.tomato_slice(canvas, x, y, 0.15 * r, 0.4 + 0.6 * tilt, rng.uniform(0, 2))
    top.sesame(canvas, surface, rng, 24)
    return [("bowl", (left, upper - 0.12 * r, right, lower))]


def _avocado(canvas: Canvas, x: float, y: float, size: float, tilt: float, angle: float) -> None:
    for grow, color in ((1.0, (74, 104, 48)), (0.9, (168, 194, 86)), (0.74, (226, 230, 150))):
        canvas.oval(x, y, size * grow, size * 0.62 * grow * (0.5 + tilt / 2), angle, color)
    canvas.oval(x + 0.1 * size, y, 0.3 * size, 0.28 * size * (0.5 + tilt / 2), angle, (140, 92, 56))
    canvas.oval(x + 0.05 * size, y - 0.06 * size, 0.1 * size, 0.07 * size, angle, (196, 150, 106))
