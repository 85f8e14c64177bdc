"""What Instagram cuts off: post frame and profile grid."""

from __future__ import annotations

from dataclasses import dataclass

from feedly_core.domain.boxes import Box
from feedly_core.i18n import N_, Message

POST, GRID = 4 / 5, 3 / 4
"""Width over height of a portrait post (1080 x 1350) and of its small picture in the profile's grid."""

_TOLERATED = 0.005
"""A smaller share of the text box is the rounding of pixels."""


@dataclass(frozen=True)
class Cut:
    """A frame, the part of the picture that it shows, and the share of the text box outside (0 to 1)."""

    name: Message
    window: Box
    lost: float

    @property
    def cuts_text(self) -> bool:
        return self.lost > _TOLERATED


def cuts(size: tuple[int, int], text: Box) -> tuple[Cut, Cut]:
    """Post and grid of a picture of (width, height) pixels.

    ``text`` in ratios of the picture.
    """
    post = _window(size, POST)
    grid = _window((round(size[0] * post.width), round(size[1] * post.height)), GRID)
    within = Box(
        post.x + grid.x * post.width,
        post.y + grid.y * post.height,
        grid.width * post.width,
        grid.height * post.height,
    )
    return (
        Cut(N_("Post 4:5"), post, _lost(text, post)),
        Cut(N_("Profile grid 3:4"), within, _lost(text, within)),
    )


def _window(size: tuple[int, int], ratio: float) -> Box:
    """The middle of a picture that fills a frame of ``ratio``, as the app cuts it."""
    shape = size[0] / size[1]
    if shape > ratio:
        width = ratio / shape
        return Box((1 - width) / 2, 0.0, width, 1.0)
    height = shape / ratio
    return Box(0.0, (1 - height) / 2, 1.0, height)


def _lost(text: Box, window: Box) -> float:
    shared = text.intersection(window)
    return 1 - (shared.area if shared else 0.0) / text.area if text.area else 0.0
