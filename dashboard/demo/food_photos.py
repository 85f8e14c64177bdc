"""The demo's food photos: picture files with a note of what they show.

``photos/<dish>-<number>.webp``: four per dish, all of the same plate of food and in the same shape. Number 0
is the shop's own photo in front of plain paper, the others show the dish in other rooms. The note is JSON in
the EXIF field *ImageDescription*: ``dish``, ``number``, ``things`` (label and box in ratios) and, for number
0, the ``outline`` of the dish (points in ratios).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFilter, ImageOps

FOLDER = Path(__file__).with_name("photos")
IMAGE_DESCRIPTION = 0x010E
ROOMS = (1, 2, 3)
"""Numbers of the photos that show a dish in a room."""

Note = dict[str, Any]
Size = tuple[int, int]


@dataclass(frozen=True)
class Photo:
    """A picture (RGB) and its note.

    The note's ``seed`` makes two uses of one file two pictures.
    """

    image: Image.Image
    note: Note


@cache
def dishes() -> tuple[str, ...]:
    """Dishes that have photos, by kind as :mod:`sample_texts` names."""
    return tuple(sorted({path.stem.rsplit("-", 1)[0] for path in FOLDER.glob("*.webp")}))


def photo(dish: str, number: int, seed: int, size: Size | None = None) -> Photo:
    """Photo ``number`` of ``dish``.

    Odd seeds show it mirrored, ``size`` cuts it to another shape.

    Raises ValueError for a dish or number without a file.
    """
    image, note = _read(dish, number)
    note = {**note, "seed": seed}
    if seed % 2:
        image = ImageOps.mirror(image)
        note = _moved(note, lambda x, y: (1 - x, y))
    if size is not None and size != image.size:
        shape = image.size
        image = ImageOps.fit(image, size)
        note = _moved(note, lambda x, y: _after_fit(x, y, shape, size))
    return Photo(image.copy(), note)


def another(note: Mapping[str, Any], order: int, size: Size) -> Photo:
    """Another photo of the same dish, for picture ``order`` (1 to 3) of a job. Raises ValueError."""
    others = [number for number in (*ROOMS, 0) if number != note.get("number")]
    return photo(str(note.get("dish")), others[(order - 1) % len(others)], int(note.get("seed", 0)), size)


def cutout(picture: Image.Image, note: Mapping[str, Any]) -> Image.Image:
    """The dish alone (RGBA): along its outline, or an ellipse in each box where the note has none."""
    mask = Image.new("L", picture.size)
    draw = ImageDraw.Draw(mask)
    width, height = picture.size
    if note.get("outline"):
        draw.polygon([(x * width, y * height) for x, y in note["outline"]], fill=255)
    else:
        for thing in note.get("things", ()):
            x, y, across, down = thing["box"]
            draw.ellipse((x * width, y * height, (x + across) * width, (y + down) * height), fill=255)
    subject = picture.convert("RGBA")
    subject.putalpha(mask.filter(ImageFilter.GaussianBlur(1.5)))
    return subject


@cache
def _read(dish: str, number: int) -> tuple[Image.Image, Note]:
    path = FOLDER / f"{dish}-{number}.webp"
    if dish not in dishes() or not path.is_file():
        raise ValueError(f"no photo {number} of {dish!r}")
    with Image.open(path) as image:
        note = json.loads(image.getexif()[IMAGE_DESCRIPTION])
        plain = image.convert("RGB")
    plain.info = {}
    return plain, note


def _moved(note: Note, move: Callable[[float, float], tuple[float, float]]) -> Note:
    """The note with each point of its boxes and its outline at ``move(x, y)``, kept inside the picture."""

    def inside(x: float, y: float) -> tuple[float, float]:
        moved = move(x, y)
        return min(max(moved[0], 0.0), 1.0), min(max(moved[1], 0.0), 1.0)

    things = []
    for thing in note["things"]:
        x, y, width, height = thing["box"]
        (x1, y1), (x2, y2) = inside(x, y), inside(x + width, y + height)
        box = [round(value, 5) for value in (min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1))]
        things.append({**thing, "box": box})
    moved = {**note, "things": things}
    if "outline" in note:
        moved["outline"] = [[round(value, 4) for value in inside(x, y)] for x, y in note["outline"]]
    return moved


def _after_fit(x: float, y: float, shape: Size, size: Size) -> tuple[float, float]:
    """Where a point lies after :func:`ImageOps.fit` cut the middle of ``shape`` to the shape of ``size``."""
    wide = min(1.0, (size[0] / size[1]) / (shape[0] / shape[1]))
    high = min(1.0, (shape[0] / shape[1]) / (size[0] / size[1]))
    return (x - 0.5) / wide + 0.5, (y - 0.5) / high + 0.5
