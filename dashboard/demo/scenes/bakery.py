"""Pizza and sandwiches."""

from __future__ import annotations

import math
from random import Random

from dashboard.demo.scenes import toppings as top
from dashboard.demo.scenes.canvas import Canvas, Color, arc, curve, darker, lighter, mix
from dashboard.demo.scenes.vessels import GLAZES, PORCELAIN, Drawn, Place, board, plate


def pizza(canvas: Canvas, place: Place, rng: Random) -> Drawn:
    board(canvas, place, (190, 138, 86))
    pie = place.inner(0.88)
    x, y, r, tilt = pie.x, pie.y, pie.r, pie.tilt
    canvas.ellipse(x, y + 0.05 * r, r, r * tilt, (150, 96, 44))
    canvas.ellipse(x, y, r, r * tilt, (222, 164, 88))
    canvas.line(arc((x, y), 0.94 * r, 0.94 * r * tilt, 3.2, 5.6), 0.05 * r, (240, 198, 128))
    for turn in (rng.uniform(0, math.tau) for _ in range(12)):
        canvas.ellipse(
            x + 0.95 * r * math.cos(turn),
            y + 0.95 * r * tilt * math.sin(turn),
            0.03 * r,
            0.02 * r,
            (170, 108, 54),
        )
    canvas.ellipse(x, y, 0.88 * r, 0.88 * r * tilt, (196, 66, 36))
    canvas.ellipse(x, y, 0.84 * r, 0.84 * r * tilt, (246, 202, 104))
    for u, v in top.scattered(rng, 34, 0.76, 0.14):
        px, py = pie.at(u, v)
        size = rng.uniform(0.08, 0.15) * r
        canvas.oval(
            px,
            py,
            size,
            size * tilt * 0.8,
            rng.uniform(-0.4, 0.4),
            rng.choice(((255, 226, 148), (240, 178, 82), (250, 214, 124), (226, 120, 62))),
        )
    for u, v in top.by_depth(top.scattered(rng, 13, 0.7, 0.3)):
        px, py = pie.at(u, v)
        size = 0.125 * r
        canvas.ellipse(px, py + 0.02 * r, size, size * tilt, (140, 34, 28))
        canvas.ellipse(px, py, size, size * tilt, (202, 62, 46))
        canvas.ellipse(px - 0.02 * r, py - 0.01 * r, 0.75 * size, 0.72 * size * tilt, (218, 84, 62))
    for u, v in top.scattered(rng, 8, 0.62, 0.34):
        px, py = pie.at(u, v)
        for turn in (rng.uniform(0, 6), rng.uniform(0, 6)):
            top.leaf(canvas, px, py, 0.15 * r, turn, (78, 132, 56))
    for number in range(4):
        turn = math.pi * number / 4 + 0.3
        dx, dy = 0.93 * r * math.cos(turn), 0.93 * r * tilt * math.sin(turn)
        canvas.line([(x - dx, y - dy), (x + dx, y + dy)], 0.012 * r, (150, 84, 40, 150))
    return [("pizza", (x - r, y - r * tilt, x + r, y + r * tilt + 0.05 * r))]


def sandwich(canvas: Canvas, place: Place, rng: Random) -> Drawn:
    r = place.r
    dish = Place(place.x, place.y + 0.5 * r, r, place.tilt)
    plate(canvas, dish, rng.choice(PORCELAIN), rng.choice(GLAZES))
    crust, crumb = (190, 126, 66), (248, 226, 182)
    boxes = []
    for dx, dy in ((0.2, -0.1), (-0.22, 0.12)):
        x, base, half = dish.x + dx * r, dish.y + dy * r, 0.5 * r
        boxes.append((x - half, base - 0.86 * r, x + half, base + 0.04 * r))
        y = base
        layers: list[tuple[float, Color, float]] = [
            (0.15, crumb, 1.0),
            (0.07, (120, 170, 66), 1.06),
            (0.09, (214, 66, 50), 0.95),
            (0.06, (250, 198, 76), 1.03),
            (0.08, (236, 156, 140), 0.98),
            (0.06, (140, 184, 76), 1.05),
            (0.15, crumb, 1.0),
        ]
        for thickness, color, reach in layers:
            wide = half * reach
            canvas.rectangle(
                x - wide, y - thickness * r, x + wide, y + 0.012 * r, darker(color, 0.1), 0.05 * r
            )
            canvas.rectangle(x - wide, y - thickness * r, x + wide * 0.96, y - 0.03 * r, color, 0.05 * r)
            if color == crumb:
                canvas.rectangle(x - wide, y - thickness * r, x - wide + 0.05 * r, y, crust, 0.02 * r)
                canvas.rectangle(
                    x + wide - 0.05 * r, y - thickness * r, x + wide, y, darker(crust, 0.15), 0.02 * r
                )
            elif color[1] > 160 and color[0] < 150:
                for step in range(8):
                    canvas.ellipse(
                        x - wide + (step + 0.5) * wide / 4,
                        y - 0.01 * r,
                        wide / 6.5,
                        0.045 * r,
                        mix(color, (180, 206, 100), rng.random()),
                    )
            y -= thickness * r
        crown = [
            (x - half, y + 0.01 * r),
            *curve(
                (x - half, y),
                (x - half, y - 0.15 * r),
                (x - 0.8 * half, y - 0.18 * r),
                (x - 0.5 * half, y - 0.18 * r),
            ),
            (x + 0.5 * half, y - 0.18 * r),
            *curve(
                (x + 0.5 * half, y - 0.18 * r),
                (x + 0.8 * half, y - 0.18 * r),
                (x + half, y - 0.15 * r),
                (x + half, y + 0.01 * r),
            ),
        ]
        canvas.polygon(crown, crust)
        canvas.line(
            [(x - 0.6 * half, y - 0.12 * r), (x + 0.2 * half, y - 0.13 * r)], 0.03 * r, lighter(crust, 0.4)
        )
        canvas.line([(x, y - 0.15 * r), (x, y - 0.42 * r)], 0.018 * r, (236, 206, 150))
        canvas.ellipse(x, y - 0.32 * r, 0.07 * r, 0.06 * r, (140, 160, 62))
        canvas.ellipse(x, y - 0.32 * r, 0.025 * r, 0.022 * r, (206, 60, 44))
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    return [("sandwich", (left, dish.y - 0.1 * r - 1.08 * r, right, max(box[3] for box in boxes)))]
