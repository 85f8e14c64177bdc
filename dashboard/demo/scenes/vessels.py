"""Bowls, plates, cups and boards: what carries the food."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dashboard.demo.scenes.canvas import Canvas, Color, Point, arc, curve, darker, hull, lighter


@dataclass(frozen=True)
class Place:
    """Where a round thing stands: centre and radius in units; ``tilt`` is height over width of its circles.

    1 looks straight down, 0.5 from the side of the table.
    """

    x: float
    y: float
    r: float
    tilt: float

    def at(self, u: float, v: float) -> tuple[float, float]:
        """A point of the unit disc on this circle."""
        return self.x + u * self.r, self.y + v * self.r * self.tilt

    def inner(self, share: float, drop: float = 0) -> Place:
        """A smaller circle in it, ``drop`` × radius lower."""
        return Place(self.x, self.y + drop * self.r, self.r * share, self.tilt)


Extent = tuple[float, float, float, float]
"""Left, top, right, bottom in units."""

Drawn = list[tuple[str, Extent]]
"""COCO label and extent of each recognisable object."""

PORCELAIN: tuple[Color, ...] = ((250, 246, 238), (236, 240, 242), (240, 228, 210), (214, 226, 220))
GLAZES: tuple[Color, ...] = ((58, 92, 122), (166, 84, 62), (84, 110, 92), (222, 176, 108), (86, 76, 96))


def bowl(canvas: Canvas, place: Place, outside: Color, inside: Color, band: Color | None = None) -> Extent:
    """An open bowl; returns its extent. The food's surface is ``place.inner(0.86, 0.03)``."""
    x, y, r, tilt = place.x, place.y, place.r, place.tilt
    depth = 0.66 * r * math.sqrt(1 - tilt**2)
    if depth > 1:
        canvas.ellipse(x, y + depth + 0.03 * r, 0.47 * r, 0.47 * r * tilt, darker(outside, 0.45))
        flank = curve((r, 0), (0.98 * r, 0.62 * depth), (0.7 * r, depth), (0.44 * r, 1.08 * depth))
        _body(canvas, place, flank, outside)
        if band is not None:
            for share, thick in ((4, 0.045), (6, 0.016)):
                wide, drop = flank[share]
                stripe = arc((x, y + drop), wide - 0.01 * r, wide * tilt, 0.03, math.pi - 0.03)
                canvas.line(stripe, thick * r, band)
    canvas.ellipse(x, y, r, r * tilt, lighter(outside, 0.35))
    canvas.ellipse(x, y + 0.008 * r, 0.955 * r, 0.955 * r * tilt, inside)
    canvas.ellipse(x, y + 0.02 * r, 0.9 * r, 0.9 * r * tilt, darker(inside, 0.25))
    return x - r, y - r * tilt, x + r, max(y + r * tilt, y + 1.06 * depth + 0.5 * r * tilt)


def plate(canvas: Canvas, place: Place, color: Color, rim: Color) -> Extent:
    """A flat plate; food lies within ``place.inner(0.7)``."""
    x, y, r, tilt = place.x, place.y, place.r, place.tilt
    lift = 0.07 * r * math.sqrt(1 - tilt**2)
    canvas.ellipse(x, y + lift, r, r * tilt, darker(color, 0.3))
    canvas.ellipse(x, y, r, r * tilt, color)
    canvas.line(arc((x, y), 0.955 * r, 0.955 * r * tilt, 0, math.tau, steps=72), 0.02 * r, rim)
    canvas.ellipse(x, y + 0.01 * r, 0.72 * r, 0.72 * r * tilt, darker(color, 0.1))
    canvas.ellipse(x, y + 0.025 * r, 0.7 * r, 0.69 * r * tilt, lighter(color, 0.25))
    return x - r, y - r * tilt, x + r, y + r * tilt + lift


def cup(canvas: Canvas, place: Place, outside: Color, handle_right: bool) -> Extent:
    """A cup on nothing; the drink's surface is ``place.inner(0.86, 0.03)``. Extent includes the handle."""
    x, y, r, tilt = place.x, place.y, place.r, place.tilt
    side = 1 if handle_right else -1
    depth = 1.15 * r * math.sqrt(1 - tilt**2)
    ring = arc(
        (x + side * 1.02 * r, y + 0.4 * depth + 0.05 * r), 0.36 * r, max(0.3 * depth, 0.2 * r), 0, math.tau
    )
    canvas.line(ring, 0.15 * r, darker(outside, 0.12))
    canvas.line(ring, 0.05 * r, lighter(outside, 0.4))
    bottom = y + depth + 0.66 * r * tilt
    if depth > 1:
        flank = curve((r, 0), (r, 0.6 * depth), (0.9 * r, depth), (0.62 * r, 1.05 * depth))
        _body(canvas, place, flank, outside)
    canvas.ellipse(x, y, r, r * tilt, lighter(outside, 0.5))
    canvas.ellipse(x, y + 0.01 * r, 0.93 * r, 0.93 * r * tilt, darker(outside, 0.3))
    reach = 1.46 * r
    left_edge, right_edge = (x - r, x + reach) if handle_right else (x - reach, x + r)
    return left_edge, y - r * tilt, right_edge, max(bottom, y + r * tilt)


def board(canvas: Canvas, place: Place, color: Color) -> Extent:
    """A round wooden board with rings."""
    x, y, r, tilt = place.x, place.y, place.r, place.tilt
    lift = 0.09 * r * math.sqrt(1 - tilt**2)
    canvas.ellipse(x, y + lift, r, r * tilt, darker(color, 0.4))
    canvas.ellipse(x, y, r, r * tilt, color)
    for share in (0.95, 0.86, 0.79, 0.6, 0.42):
        canvas.line(
            arc((x, y), share * r, share * r * tilt, 0.2, 5.9, steps=72), 0.012 * r, darker(color, 0.14)
        )
    return x - r, y - r * tilt, x + r, y + r * tilt + lift


def _body(canvas: Canvas, place: Place, flank: list[Point], color: Color) -> None:
    """The side of a round vessel; ``flank`` is its right outline, relative to the rim's centre."""
    x, y, tilt = place.x, place.y, place.tilt
    circles = [
        point for dx, dy in flank[::2] for point in arc((x, y + dy), dx, dx * tilt, 0, math.tau, steps=28)
    ]
    outline = hull(circles)
    canvas.polygon(outline, color)
    right = [point for point in outline if point[0] >= x]
    for reach, alpha in ((0.82, 30), (0.6, 30)):
        inner = [(x + (px - x) * reach, py) for px, py in reversed(right)]
        canvas.polygon([*right, *inner], (*darker(color, 0.75), alpha))
    gleam = [(x - dx * 0.86, y + dy + 0.3 * dx * tilt) for dx, dy in flank[2:9]]
    width = 0.05 * place.r
    canvas.polygon(
        [*gleam, *[(px + width, py + 0.3 * width) for px, py in reversed(gleam)]],
        (*lighter(color, 0.8), 70),
    )
