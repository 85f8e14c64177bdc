"""Contrast of text and background as WCAG 2.2 defines it (success criteria 1.4.3 and 1.4.6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from feedly_core.domain.boxes import Box

LARGE_TEXT_PX, LARGE_BOLD_TEXT_PX = 24.0, 56 / 3
"""18 pt, or 14 pt bold, at 96 px an inch: from here on text is "large"."""

_LETTER_DISTANCE = 60
"""A pixel within this distance of the text colour (sum of three channels) is taken for a letter."""

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Required:
    """The least contrast ratios of the levels AA and AAA."""

    aa: float
    aaa: float

    @property
    def large(self) -> bool:
        """Whether these are the ratios of large text."""
        return self.aa < 4.5


@dataclass(frozen=True)
class MeasuredContrast:
    """Text against what really surrounds the letters.

    Ratios n:1, 1 to 21.

    ``worst`` is the mean over the 5 % of the surrounding with the least contrast: a reader stumbles
    there, however good the ``mean``. The two colours are those that gave the figures. ``patch`` (ratios of
    the picture) is the square where most of those 5 % lie, ``patch_ratio`` the mean of all that is in it.
    """

    mean: float
    worst: float
    mean_background: RGB
    worst_background: RGB
    patch: Box
    patch_ratio: float


def required(size_px: float, *, bold: bool = False) -> Required:
    """What WCAG asks of text of ``size_px``: 4.5 and 7, or 3 and 4.5 for large text."""
    large = size_px >= (LARGE_BOLD_TEXT_PX if bold else LARGE_TEXT_PX)
    return Required(3.0, 4.5) if large else Required(4.5, 7.0)


def relative_luminance(color: RGB) -> float:
    """0 (black) to 1 (white) of an sRGB colour with channels 0 to 255."""
    return float(_luminance(np.asarray(color, dtype=np.float64)))


def contrast_ratio(first: RGB, second: RGB) -> float:
    """1 (same colour) to 21 (black on white).

    The order does not matter.
    """
    one, two = relative_luminance(first), relative_luminance(second)
    return (max(one, two) + 0.05) / (min(one, two) + 0.05)


def parse_color(value: str) -> RGB:
    """``RRGGBB`` or ``RRGGBBAA``, with or without ``#``; alpha is dropped.

    ValueError for anything else.
    """
    digits = value.strip().removeprefix("#")
    if len(digits) not in (6, 8):
        raise ValueError(f"not a colour: {value!r}")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def measure(picture: Image.Image, text_color: RGB, region: Box) -> MeasuredContrast | None:
    """Contrast of the drawn letters in ``region`` (ratios) of the finished ``picture``.

    The surrounding is the text block (centred in ``region``, as the overlay step draws) without the
    letters and their anti-aliased edges. Where the background has the text's own colour it counts as
    background. Without recognisable letters the whole region counts; None when it has no pixel.
    """
    left, top, right, bottom = region.to_pixels(picture.size)
    if right <= left or bottom <= top:
        return None
    pixels = np.asarray(picture.convert("RGB").crop((left, top, right, bottom)), dtype=np.int16)
    surrounding = _surrounding(pixels, text_color)
    around = pixels[surrounding].astype(np.float64)
    ratios = _ratios(_luminance(around), relative_luminance(text_color))
    order = np.argsort(ratios)
    worst = order[: max(1, len(order) // 20)]
    side = max(8, min(pixels.shape[:2]) // 4)
    cells = np.stack(np.nonzero(surrounding), axis=1) // side
    places, counts = np.unique(cells[worst], axis=0, return_counts=True)
    row, column = places[int(counts.argmax())].tolist()
    width, height = picture.size
    x, y = left + column * side, top + row * side
    return MeasuredContrast(
        mean=float(ratios.mean()),
        worst=float(ratios[worst].mean()),
        mean_background=_mean_color(around),
        worst_background=_mean_color(around[worst]),
        patch=Box.from_pixels((x, y, min(x + side, right), min(y + side, bottom)), (width, height)),
        patch_ratio=float(ratios[(cells == (row, column)).all(axis=1)].mean()),
    )


def _surrounding(pixels: NDArray[np.int16], text_color: RGB) -> NDArray[np.bool_]:
    """Pixels of the text block that are no letter; everything when no letter is found."""
    distance = np.abs(pixels - np.asarray(text_color, dtype=np.int16)).sum(axis=2)
    alike = distance <= _LETTER_DISTANCE
    letters = alike & ~_large_areas(alike)
    rows, columns = np.flatnonzero(letters.any(axis=1)), np.flatnonzero(letters.any(axis=0))
    if not len(rows):
        return np.ones(distance.shape, dtype=bool)
    half = max(abs(columns[0] - letters.shape[1] / 2), abs(columns[-1] - letters.shape[1] / 2))
    block = np.zeros(distance.shape, dtype=bool)
    middle = letters.shape[1] / 2
    block[rows[0] : rows[-1] + 1, max(0, int(middle - half)) : int(middle + half) + 1] = True
    surrounding = block & ~_touched(letters, 2)
    return surrounding if surrounding.any() else block


def _large_areas(alike: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Areas thicker than a letter's stroke: background that happens to have the text's colour."""
    stroke = max(4, alike.shape[0] // 16)
    return _touched(~_touched(~alike, stroke), stroke)


def _touched(marked: NDArray[np.bool_], distance: int) -> NDArray[np.bool_]:
    """Everything within ``distance`` pixels (both directions) of a marked pixel."""
    window = 2 * distance + 1
    for _ in range(2):
        padded = np.pad(marked.T, ((distance + 1, distance), (0, 0)))
        sums = np.cumsum(padded, axis=0, dtype=np.int32)
        marked = np.greater(sums[window:], sums[:-window])
    return marked


def _luminance(colors: NDArray[np.float64]) -> NDArray[np.float64]:
    channels = colors / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    weighted: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return weighted


def _ratios(luminances: NDArray[np.float64], text: float) -> NDArray[np.float64]:
    return (np.maximum(luminances, text) + 0.05) / (np.minimum(luminances, text) + 0.05)


def _mean_color(colors: NDArray[np.float64]) -> RGB:
    red, green, blue = np.rint(colors.mean(axis=0)).astype(int).tolist()
    return red, green, blue
