"""Where two pictures differ: regions as boxes, and the share of the area. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from feedly_core.domain.boxes import Box

SIDE = 256
"""Pixels that both pictures are made to before they are compared."""

VISIBLE = 24
"""Of 255: a channel that differs by less is compression or noise."""

_CELL = 8
_GRID = SIDE // _CELL
_MOST_REGIONS = 12
_OUTLINE = "#ff00aa"


@dataclass(frozen=True)
class PixelChange:
    """``share`` of the area that differs visibly, 0 to 1; ``regions``: around what differs, largest first."""

    share: float
    regions: tuple[Box, ...]


def pixel_change(before: Image.Image, after: Image.Image) -> PixelChange:
    """Compare two pictures of any size, as they are shown."""
    one, other = (
        np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR), dtype=np.int16)
        for image in (before, after)
    )
    differs = np.abs(one - other).max(axis=2) >= VISIBLE
    cells = differs.reshape(_GRID, _CELL, _GRID, _CELL).any(axis=(1, 3))
    regions = sorted(_regions(cells), key=lambda box: -box.width * box.height)
    return PixelChange(float(differs.mean()), tuple(regions[:_MOST_REGIONS]))


def outlined(picture: Image.Image, change: PixelChange) -> Image.Image:
    """A copy of the picture with a frame around each region that differs."""
    shown = picture.convert("RGB")
    draw = ImageDraw.Draw(shown)
    width = max(2, shown.width // 200)
    for box in change.regions:
        corners = (box.x, box.y, box.x + box.width, box.y + box.height)
        scaled = [part * side for part, side in zip(corners, (*shown.size, *shown.size), strict=True)]
        draw.rectangle(scaled, outline=_OUTLINE, width=width)
    return shown


def _regions(cells: NDArray[np.bool_]) -> list[Box]:
    """Boxes around cells that touch, corners too."""
    left = {(int(row), int(column)) for row, column in np.argwhere(cells)}
    found = []
    while left:
        waiting, region = [left.pop()], []
        while waiting:
            row, column = waiting.pop()
            region.append((row, column))
            near = {(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)} & left
            left -= near
            waiting += near
        rows, columns = zip(*region, strict=True)
        top, start = min(rows), min(columns)
        height, width = max(rows) - top + 1, max(columns) - start + 1
        found.append(Box(start / _GRID, top / _GRID, width / _GRID, height / _GRID))
    return found
