"""Table tops and cloths; a ``horizon`` of 0 means seen from straight above."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from dashboard.demo.scenes.canvas import WIDTH, Canvas, Color, darker, lighter, mix


@dataclass(frozen=True)
class Palette:
    """``wall`` fades from top to bottom; ``cloth`` is the second colour of a patterned table."""

    wall: tuple[Color, Color]
    table: Color
    cloth: Color
    accent: Color
    glow: Color


def planks(canvas: Canvas, colors: Palette, horizon: float, rng: Random) -> None:
    """A wooden table; its boards run towards the eye when there is a horizon, else across."""
    canvas.fade(horizon, canvas.height, darker(colors.table, 0.08), lighter(colors.table, 0.12))
    if horizon <= 0:
        for row in range(7):
            top = canvas.height * row / 7
            canvas.rectangle(
                0,
                top,
                WIDTH,
                top + canvas.height / 7,
                mix(colors.table, lighter(colors.table, 0.25), rng.random()),
            )
            canvas.line([(0, top), (WIDTH, top)], 5, darker(colors.table, 0.35))
            for _ in range(4):
                y, x = top + rng.uniform(20, 120), rng.uniform(-100, 800)
                canvas.line(
                    [(x + step * 40, y + 4 * math.sin(step + x)) for step in range(9)],
                    3,
                    darker(colors.table, 0.14),
                )
        return
    edge = 22
    for board in range(-9, 10):
        near = [500 + (board + side) * 190 for side in (0, 1)]
        far = [500 + (board + side) * 84 for side in (0, 1)]
        tone = mix(darker(colors.table, 0.06), lighter(colors.table, 0.18), rng.random())
        canvas.polygon(
            [(far[0], horizon), (far[1], horizon), (near[1], canvas.height), (near[0], canvas.height)], tone
        )
        canvas.line([(far[0], horizon), (near[0], canvas.height)], 4, darker(colors.table, 0.3))
        for _ in range(2):
            share = rng.uniform(0.2, 0.8)
            top_y, bottom_y = sorted(
                (rng.uniform(horizon, canvas.height), rng.uniform(horizon, canvas.height))
            )
            points = []
            for y in (top_y, bottom_y):
                depth = (y - horizon) / (canvas.height - horizon)
                first, last = far[0] + (near[0] - far[0]) * depth, far[1] + (near[1] - far[1]) * depth
                points.append((first + (last - first) * share, y))
            canvas.line(points, 3, darker(tone, 0.13))
    canvas.rectangle(0, horizon, WIDTH, horizon + edge * 0.35, lighter(colors.table, 0.3))


def counter(canvas: Canvas, colors: Palette, horizon: float, rng: Random) -> None:
    """A plain smooth table top with a bright edge."""
    if horizon > 0:
        canvas.fade(horizon, canvas.height, lighter(colors.table, 0.25), colors.table)
        canvas.rectangle(0, horizon, WIDTH, horizon + 9, lighter(colors.table, 0.6))
        return
    ground = lighter(colors.accent, 0.52)
    canvas.fade(0, canvas.height, lighter(ground, 0.3), ground)
    for _ in range(150):
        x, y, size = rng.uniform(0, WIDTH), rng.uniform(0, canvas.height), rng.uniform(2, 7)
        canvas.oval(
            x,
            y,
            size,
            size * 0.6,
            rng.uniform(0, 3),
            mix(ground, rng.choice((colors.accent, colors.wall[0])), 0.45),
        )


def gingham(canvas: Canvas, colors: Palette, horizon: float, rng: Random) -> None:
    """A checked cloth, in perspective when there is a horizon."""
    ground, stripe = lighter(colors.cloth, 0.78), (*colors.cloth, 118)
    canvas.rectangle(0, max(0, horizon), WIDTH, canvas.height, ground)
    if horizon <= 0:
        for step in range(0, 1400, 130):
            canvas.rectangle(step, 0, step + 65, canvas.height, stripe)
            canvas.rectangle(0, step, WIDTH, step + 65, stripe)
        return
    deep = canvas.height - horizon
    for column in range(-9, 10):
        near, far = 500 + column * 176, 500 + column * 78
        canvas.polygon(
            [(far, horizon), (far + 39, horizon), (near + 88, canvas.height), (near, canvas.height)], stripe
        )
    for row in range(7):
        top, bottom = (horizon + deep * ((row + part) / 7) ** 1.45 for part in (0.0, 0.5))
        canvas.rectangle(0, top, WIDTH, bottom, stripe)


def dots(canvas: Canvas, colors: Palette, horizon: float, rng: Random) -> None:
    """A cloth full of flowers and dots: hard to read letters on."""
    canvas.rectangle(0, max(0, horizon), WIDTH, canvas.height, lighter(colors.cloth, 0.3))
    for row in range(26):
        for column in range(18):
            x, y = column * 62 + (31 if row % 2 else 0), max(0, horizon) + row * 54 + 20
            if (row + column) % 3:
                canvas.ellipse(x, y, 15, 12, lighter(colors.glow, 0.6))
            else:
                for petal in range(5):
                    turn = math.tau * petal / 5
                    canvas.ellipse(x + 13 * math.cos(turn), y + 11 * math.sin(turn), 10, 9, colors.accent)
                canvas.ellipse(x, y, 8, 7, lighter(colors.glow, 0.2))


Backdrop = Callable[[Canvas, Palette, float, Random], None]

TABLES: tuple[Backdrop, ...] = (planks, counter, gingham)
"""Seen from straight above."""
