"""A small drawing board: crisp shapes drawn at twice the size, soft light and shadow, one final picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

Color = tuple[int, int, int]
Paint = tuple[int, ...]
Point = tuple[float, float]

WIDTH = 1000.0
"""Every picture is 1000 units wide, whatever its pixels; heights follow the picture's shape."""

_OVERSAMPLING = 2
_FADE_STEPS = 96
_GLOW_CELLS = 120


class Canvas:
    """Shapes are given in units; a colour with a fourth number is laid on with that alpha (0–255)."""

    def __init__(self, size: tuple[int, int], ground: Color) -> None:
        self.size = size
        self.height = WIDTH * size[1] / size[0]
        self._scale = size[0] * _OVERSAMPLING / WIDTH
        self._board = Image.new("RGB", (size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING), ground)
        self._opaque = ImageDraw.Draw(self._board)
        self._blending = ImageDraw.Draw(self._board, "RGBA")
        self._glow = _Glow(self.height)

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: Paint) -> None:
        corners = [value * self._scale for value in (x - rx, y - ry, x + rx, y + ry)]
        self._draw(fill).ellipse(corners, fill=fill)

    def oval(self, x: float, y: float, rx: float, ry: float, angle: float, fill: Paint) -> None:
        """An ellipse turned by ``angle`` radians."""
        self.polygon(arc((x, y), rx, ry, 0, math.tau, angle), fill)

    def polygon(self, points: Iterable[Point], fill: Paint) -> None:
        self._draw(fill).polygon([(x * self._scale, y * self._scale) for x, y in points], fill=fill)

    def rectangle(
        self, left: float, top: float, right: float, bottom: float, fill: Paint, radius: float = 0
    ) -> None:
        corners = [value * self._scale for value in (left, top, right, bottom)]
        if radius:
            whole = [round(corner) for corner in corners]
            self._draw(fill).rounded_rectangle(whole, round(radius * self._scale), fill=fill)
        else:
            self._draw(fill).rectangle(corners, fill=fill)

    def line(self, points: Sequence[Point], width: float, fill: Paint) -> None:
        """A line with round joints and ends (ends only when opaque, or they would show twice)."""
        pixels = [(x * self._scale, y * self._scale) for x, y in points]
        draw, thick = self._draw(fill), max(1, round(width * self._scale))
        draw.line(pixels, fill=fill, width=thick, joint="curve")
        if len(fill) == 3 and thick > 3:
            for x, y in (pixels[0], pixels[-1]):
                draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=fill)

    def fade(self, top: float, bottom: float, first: Color, last: Color) -> None:
        """A band over the whole width that fades from ``first`` to ``last``."""
        for step in range(_FADE_STEPS):
            share = step / (_FADE_STEPS - 1)
            upper, lower = (top + (bottom - top) * (step + part) / _FADE_STEPS for part in (0, 1))
            self.rectangle(0, upper, WIDTH, lower, mix(first, last, share))

    def soft(
        self, x: float, y: float, rx: float, ry: float, color: Color = (40, 24, 20), alpha: int = 120
    ) -> None:
        """A soft spot (a shadow by default) under what is drawn next."""
        size = max(1, round(2 * rx * self._scale)), max(1, round(2 * ry * self._scale))
        mask = _spot(alpha).resize(size, Image.Resampling.BILINEAR)
        self._board.paste(color, (round((x - rx) * self._scale), round((y - ry) * self._scale)), mask)

    def light(self, x: float, y: float, rx: float, ry: float, color: Color, alpha: int) -> None:
        """A soft spot over everything, laid on when the picture is finished."""
        self._glow.add(x, y, rx, ry, color, alpha)

    def steam(self, x: float, y: float, height: float, sway: float) -> None:
        """A plume of steam rising from (x, y), over everything."""
        for step in range(18):
            share = step / 17
            drift = sway * math.sin(share * 5.5) * (0.3 + share)
            thin = math.sin(math.pi * min(1.0, 0.15 + share * 0.85))
            wide = height * (0.09 + 0.16 * share)
            self.light(x + drift, y - height * share, wide, 0.17 * height, (255, 255, 255), round(70 * thin))

    def finish(self) -> Image.Image:
        picture = self._board.reduce(_OVERSAMPLING)
        if self._glow.alpha.any():
            colors, mask = self._glow.images()
            smooth = Image.Resampling.BILINEAR
            picture.paste(colors.resize(self.size, smooth), (0, 0), mask.resize(self.size, smooth))
        return picture

    def _draw(self, fill: Paint) -> ImageDraw.ImageDraw:
        return self._opaque if len(fill) == 3 else self._blending


class _Glow:
    """All lights of a picture as one coarse layer: soft things need no pixels of their own."""

    def __init__(self, height: float) -> None:
        step = WIDTH / _GLOW_CELLS
        self._y = (np.arange(round(height / step))[:, None] + 0.5) * step
        self._x = (np.arange(_GLOW_CELLS)[None, :] + 0.5) * step
        self.alpha = np.zeros((len(self._y), _GLOW_CELLS))
        self._color = np.zeros((len(self._y), _GLOW_CELLS, 3))

    def add(self, x: float, y: float, rx: float, ry: float, color: Color, alpha: int) -> None:
        distance = ((self._x - x) / rx) ** 2 + ((self._y - y) / ry) ** 2
        share = alpha / 255 * (1 - np.minimum(distance, 1)) ** 2
        self.alpha += (1 - self.alpha) * share
        self._color += (np.asarray(color) - self._color) * share[..., None]

    def images(self) -> tuple[Image.Image, Image.Image]:
        """Colours (RGB) and how strongly they cover (L), one pixel a cell."""
        colors = self._color / np.maximum(self.alpha, 1e-6)[..., None]
        mask = np.rint(self.alpha * 255)
        return (
            Image.fromarray(np.rint(np.clip(colors, 0, 255)).astype(np.uint8)),
            Image.fromarray(mask.astype(np.uint8)),
        )


def arc(
    center: Point, rx: float, ry: float, start: float, end: float, angle: float = 0, steps: int = 40
) -> list[Point]:
    """Points on an ellipse (turned by ``angle``) from ``start`` to ``end``, radians, clockwise on screen."""
    cos, sin = math.cos(angle), math.sin(angle)
    points = []
    for step in range(steps + 1):
        turn = start + (end - start) * step / steps
        dx, dy = rx * math.cos(turn), ry * math.sin(turn)
        points.append((center[0] + dx * cos - dy * sin, center[1] + dx * sin + dy * cos))
    return points


def curve(start: Point, first: Point, second: Point, end: Point, steps: int = 16) -> list[Point]:
    """Points on a cubic Bézier curve."""
    points = []
    for step in range(steps + 1):
        t = step / steps
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
        points.append(
            (
                a * start[0] + b * first[0] + c * second[0] + d * end[0],
                a * start[1] + b * first[1] + c * second[1] + d * end[1],
            )
        )
    return points


def hull(points: Sequence[Point]) -> list[Point]:
    """The convex outline of the points, clockwise on screen, starting at the leftmost."""

    def chain(ordered: Iterable[Point]) -> list[Point]:
        kept: list[Point] = []
        for x, y in ordered:
            while len(kept) > 1 and (kept[-1][0] - kept[-2][0]) * (y - kept[-2][1]) <= (
                kept[-1][1] - kept[-2][1]
            ) * (x - kept[-2][0]):
                kept.pop()
            kept.append((x, y))
        return kept[:-1]

    ordered = sorted(points)
    return chain(ordered) + chain(reversed(ordered))


def mix(first: Color, second: Color, share: float) -> Color:
    """``first`` with ``share`` (0–1) of ``second``."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def lighter(color: Color, share: float) -> Color:
    return mix(color, (255, 250, 240), share)


def darker(color: Color, share: float) -> Color:
    return mix(color, (45, 22, 30), share)


@cache
def _spot(alpha: int) -> Image.Image:
    """A round mask that falls off smoothly to nothing at its rim."""
    axis = np.linspace(-1, 1, 64)
    distance = np.clip(np.sqrt(axis[:, None] ** 2 + axis[None, :] ** 2), 0, 1)
    return Image.fromarray(np.rint(alpha * (1 - distance**2) ** 2).astype(np.uint8))
