"""Draws a line of Korean ad copy into a rectangle, as the overlay step does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw

from dashboard.demo.fonts import KoreanFont, korean_font
from feedly_core.domain.boxes import Box

SMALLEST_PX, LARGEST_PX = 28, 96
PADDING = 0.08
"""Of the rectangle's width and height, on each side."""
LINE_SPACING_PX = 6

_AWKWARD_BREAK = 0.2
"""What a line break within a phrase costs, against the squared share of a line left empty."""


@dataclass(frozen=True)
class RenderedText:
    """The finished picture and how the text came to stand in it.

    ``ink`` is the rectangle of the drawn letters (ratios); it leaves the box when the text is too long
    even for the smallest size.
    """

    image: Image.Image
    wrapped_text: str
    font: KoreanFont
    font_size: int
    ink: Box


def render_text(
    photo: Image.Image,
    text: str,
    box: Box,
    *,
    color: str = "ffffff",
    plate: str | None = None,
    font: KoreanFont | None = None,
    bold: bool = True,
) -> RenderedText:
    """Draw ``text`` centred into ``box`` (ratios) of a copy of ``photo`` (RGB), as large as fits (28–96 px).

    ``color`` and ``plate`` (a rectangle behind the text, None without) are ``RRGGBB`` or ``RRGGBBAA``.
    """
    font = font or korean_font()
    left, top, right, bottom = box.to_pixels(photo.size)
    room = (right - left) * (1 - 2 * PADDING), (bottom - top) * (1 - 2 * PADDING)
    size, lines = _largest(text, font, room)
    picture = photo.copy()
    draw = ImageDraw.Draw(picture, "RGBA")
    if plate is not None:
        # Whole pixels: Pillow lays translucent corners on twice with a fractional radius.
        radius = round((bottom - top) * 0.12)
        draw.rounded_rectangle((left, top, right - 1, bottom - 1), radius, fill=f"#{plate}")
    drawn = font.at(size)
    stroke = max(1, size // 40) if bold else 0
    line_height = _line_height(font, size)
    start = top + ((bottom - top) - _height(len(lines), line_height)) / 2
    boxes = []
    for number, line in enumerate(lines):
        place = ((left + right) / 2, start + number * (line_height + LINE_SPACING_PX) + line_height / 2)
        draw.text(place, line, font=drawn, fill=f"#{color}", anchor="mm", stroke_width=stroke)
        boxes.append(draw.textbbox(place, line, font=drawn, anchor="mm", stroke_width=stroke))
    corners = (
        min(item[0] for item in boxes),
        min(item[1] for item in boxes),
        max(item[2] for item in boxes),
        max(item[3] for item in boxes),
    )
    return RenderedText(picture, "\n".join(lines), font, size, Box.from_pixels(corners, photo.size))


def wrap(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """The fewest lines of ``text`` no wider than ``width``, evenly filled; ``measure`` gives a word's width.

    Korean breaks between words (a word with its particle stays whole), rather after a punctuation mark;
    only a single word wider than the line is cut between characters. Line breaks of the text are kept.
    """
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        words = [piece for word in paragraph.split() for piece in _cut(word, width, measure)]
        lines.extend(_even(words, width, measure) or [""])
    return lines


def _even(words: list[str], width: float, measure: Callable[[str], float]) -> list[str]:
    space, widths = measure(" "), [measure(word) for word in words]
    best: list[tuple[int, float, int]] = [(0, 0.0, 0)] * (len(words) + 1)
    for first in reversed(range(len(words))):
        choices = []
        line = -space
        for after in range(first + 1, len(words) + 1):
            line += space + widths[after - 1]
            if line > width and after > first + 1:
                break
            awkward = after < len(words) and words[after - 1][-1] not in ",.!?~…"
            cost = (1 - line / width) ** 2 + _AWKWARD_BREAK * awkward
            choices.append((1 + best[after][0], cost + best[after][1], after))
        best[first] = min(choices)
    lines, first = [], 0
    while first < len(words):
        after = best[first][2]
        lines.append(" ".join(words[first:after]))
        first = after
    return lines


def _cut(word: str, width: float, measure: Callable[[str], float]) -> list[str]:
    if measure(word) <= width:
        return [word]
    pieces = [""]
    for character in word:
        if pieces[-1] and measure(pieces[-1] + character) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _largest(text: str, font: KoreanFont, room: tuple[float, float]) -> tuple[int, list[str]]:
    """The largest size whose wrapped lines fit into ``room`` (width, height in px), else the smallest."""
    at_largest = cache(font.at(LARGEST_PX).getlength)
    low, high = SMALLEST_PX, LARGEST_PX
    best = None
    while low <= high:
        size = (low + high) // 2
        lines = _wrapped_at(size, text, room[0], at_largest)
        words_whole = " ".join(lines).split() == text.split()
        if words_whole and _height(len(lines), _line_height(font, size)) <= room[1]:
            best, low = (size, lines), size + 1
        else:
            high = size - 1
    return best or (SMALLEST_PX, _wrapped_at(SMALLEST_PX, text, room[0], at_largest))


def _wrapped_at(size: int, text: str, width: float, at_largest: Callable[[str], float]) -> list[str]:
    return wrap(text, width, lambda word: at_largest(word) * size / LARGEST_PX)


def _line_height(font: KoreanFont, size: int) -> int:
    box = font.at(size).getbbox("가힣Ag")
    return round(box[3] - box[1])


def _height(lines: int, line_height: int) -> int:
    return lines * line_height + max(0, lines - 1) * LINE_SPACING_PX
