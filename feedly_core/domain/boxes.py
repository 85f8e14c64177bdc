"""Rectangles in ratios of a picture, origin top left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """``x`` and ``width`` are fractions of the picture's width, ``y`` and ``height`` of its height."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def from_pixels(cls, corners: Sequence[float], size: tuple[int, int]) -> Box:
        """From ``[x1, y1, x2, y2]`` in pixels, as in ``detections.box``.

        The picture has ``size`` (width, height).
        """
        x1, y1, x2, y2 = corners
        left, top = min(x1, x2) / size[0], min(y1, y2) / size[1]
        return cls(left, top, abs(x2 - x1) / size[0], abs(y2 - y1) / size[1])

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def center(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    def to_pixels(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in whole pixels.

        Right and bottom are exclusive, cut at the picture's edge.
        """
        width, height = size
        return (
            max(0, round(self.x * width)),
            max(0, round(self.y * height)),
            min(width, round(self.right * width)),
            min(height, round(self.bottom * height)),
        )

    def turned(self, orientation: int) -> Box:
        """The same place after turning by EXIF ``orientation`` (1 to 8).

        Services measure in a file's own pixels; browsers, and we, show it turned.
        """
        x, y, width, height = self.x, self.y, self.width, self.height
        if orientation >= 5:  # transposed first, then as the orientations without it
            x, y, width, height = y, x, height, width
        mirrored, flipped = orientation in (2, 3, 6, 7), orientation in (3, 4, 7, 8)
        return Box(1 - x - width if mirrored else x, 1 - y - height if flipped else y, width, height)

    def intersection(self, other: Box) -> Box | None:
        """The shared rectangle.

        None when the boxes only touch or lie apart.
        """
        left, top = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        if right <= left or bottom <= top:
            return None
        return Box(left, top, right - left, bottom - top)

    def iou(self, other: Box) -> float:
        """Shared area over united area, 0 to 1.

        Two boxes without area have nothing in common.
        """
        shared = self.intersection(other)
        if shared is None:
            return 0.0
        return min(1.0, shared.area / (self.area + other.area - shared.area))


def enclosing(boxes: Iterable[Box]) -> Box | None:
    """The smallest box around all of them; None without any."""
    known = list(boxes)
    if not known:
        return None
    left, top = min(box.x for box in known), min(box.y for box in known)
    right, bottom = max(box.right for box in known), max(box.bottom for box in known)
    return Box(left, top, right - left, bottom - top)
