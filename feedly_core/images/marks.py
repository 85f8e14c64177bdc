"""Drawing of evidence: one palette, visible outlines, labels.

Colour-blind people can distinguish the palette (Okabe and Ito); every kind also has its own
line: plain, double, dashed, hatched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from feedly_core.domain.boxes import Box
from feedly_core.images import fonts

RGB = tuple[int, int, int]
Area = tuple[int, int, int, int]

PROPOSAL: RGB = (86, 180, 233)
CHOSEN: RGB = (240, 228, 66)
DETECTION: RGB = (230, 159, 0)
FORBIDDEN: RGB = (213, 94, 0)
TEXT_BOX: RGB = (0, 200, 140)
OVERLAP: RGB = (220, 38, 38)

_HALO: RGB = (0, 0, 0)
_DASH = 14


@dataclass(frozen=True)
class Line:
    """How a box is outlined.

    ``width`` in pixels of a picture 1080 px wide.
    """

    color: RGB
    width: int = 3
    dashed: bool = False
    fill_alpha: int = 0


@cache
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


def outline(picture: Image.Image, box: Box, line: Line) -> None:
    """Draw a box on an RGB picture.

    A dark halo below the coloured line keeps it readable anywhere.
    """
    left, top, right, bottom = box.to_pixels(picture.size)
    right, bottom = max(left, right - 1), max(top, bottom - 1)
    draw = ImageDraw.Draw(picture, "RGBA")
    width = scaled(line.width, picture)
    if line.fill_alpha:
        draw.rectangle((left, top, right, bottom), fill=(*line.color, line.fill_alpha))
    draw.rectangle((left, top, right, bottom), outline=(*_HALO, 150), width=width + 2)
    if not line.dashed:
        draw.rectangle((left, top, right, bottom), outline=line.color, width=width)
        return
    for start, end in _dashes((left, top, right, bottom), scaled(_DASH, picture)):
        draw.line((*start, *end), fill=line.color, width=width)


@dataclass(frozen=True)
class Caption:
    """Words for a box, in the box's colour."""

    box: Box
    text: str
    color: RGB


def captions(picture: Image.Image, wanted: Iterable[Caption]) -> None:
    """Write captions at the corners of their boxes.

    First ones first, none over another.
    """
    draw = ImageDraw.Draw(picture, "RGBA")
    size = scaled(22, picture)
    pad = max(2, size // 5)
    baseline = pad - size // 8 + _font(fonts.paths()[0], size).getmetrics()[0]
    height = size + 2 * pad
    taken: list[Area] = []
    for caption in wanted:
        pieces = _pieces(caption.text, size)
        width = round(sum(letters.getlength(stretch) for letters, stretch in pieces)) + 2 * pad
        place = _free_place(caption.box.to_pixels(picture.size), (width, height), picture.size, taken)
        taken.append(place)
        draw.rectangle(place, fill=(*caption.color, 235))
        x = float(place[0] + pad)
        for letters, stretch in pieces:
            draw.text((x, place[1] + baseline), stretch, font=letters, fill=(16, 16, 16), anchor="ls")
            x += letters.getlength(stretch)


def _pieces(text: str, size: int) -> list[tuple[ImageFont.FreeTypeFont, str]]:
    """The text in one line, each stretch with a font that has its characters."""
    return [(_font(path, size), stretch) for path, stretch in fonts.runs(" ".join(text.split()))]


def _free_place(box: Area, size: tuple[int, int], picture: tuple[int, int], taken: list[Area]) -> Area:
    """A corner of the box where nothing is written yet, else the first free place below its corner."""
    (left, top, right, bottom), (width, height) = box, size
    corners = [(left, top), (right - width, top), (left, bottom - height), (right - width, bottom - height)]
    below = [(left, y) for y in range(top + height, picture[1] - height, height)]
    for x, y in (*corners, *below):
        x, y = max(0, min(x, picture[0] - width)), max(0, min(y, picture[1] - height))
        place = (x, y, x + width, y + height)
        if not any(_meet(place, other) for other in taken):
            return place
    return left, top, left + width, top + height


def _meet(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def scaled(pixels: int, picture: Image.Image) -> int:
    """A length meant for a picture 1080 px wide, at this picture's width; at least one pixel."""
    return max(1, round(pixels * picture.width / 1080))


def _dashes(edges: Area, length: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    left, top, right, bottom = edges
    for x in range(left, right, 2 * length):
        for y in (top, bottom):
            yield (x, y), (min(x + length, right), y)
    for y in range(top, bottom, 2 * length):
        for x in (left, right):
            yield (x, y), (x, min(y + length, bottom))
