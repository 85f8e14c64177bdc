"""The demo's text-box planner: finds places beside the dish.

Proposals and scores follow the documents that the real planner stores, so that every reader meets
the same shapes. Rectangles are ratios of the picture (:class:`Box`).
"""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from dashboard.demo.fonts import korean_font
from feedly_core.domain.boxes import Box, enclosing
from feedly_core.domain.payloads.planner_layout import PlannerLayout, Proposal
from feedly_core.results import planner_choice

MIN_OVERLAY_WIDTH, MIN_OVERLAY_HEIGHT = 0.5, 0.12
MAX_PROPOSALS = 10
MAX_FORBIDDEN_IOU = 0.05
MAX_SIZE = "max_size_full"

_RULES = (
    ("rule_top", 0.9, Box(0.1, 0.05, 0.8, 0.18)),
    ("rule_center", 0.85, Box(0.1, 0.41, 0.8, 0.18)),
    ("rule_bottom", 0.8, Box(0.1, 0.77, 0.8, 0.18)),
)
_GRID_WIDTH, _GRID_HEIGHT = 0.65, 0.16
_GRID = (
    ("top_left", 0.05, 0.05),
    ("top_center", 0.175, 0.05),
    ("top_right", 0.3, 0.05),
    ("mid_top", 0.175, 0.23),
    ("center", 0.175, 0.42),
    ("mid_bottom", 0.175, 0.61),
    ("bottom_left", 0.05, 0.79),
    ("bottom_center", 0.175, 0.79),
    ("bottom_right", 0.3, 0.79),
)
_CELLS = 40
"""The free-area search looks at the picture as 40 × 40 cells."""


@dataclass(frozen=True)
class _Candidate:
    source: str
    box: Box
    base: float
    occlusion: float

    @property
    def score(self) -> float:
        return self.base * (1 - self.occlusion)


def plan(
    forbidden: Sequence[Box],
    mask: Image.Image | None,
    rng: random.Random,
    picture: tuple[str, str] | None = None,
) -> dict[str, object]:
    """The ``planner_proposals.layout`` document for a picture.

    ``forbidden`` are the detected boxes, ``mask`` the greyscale forbidden mask (255 = forbidden) of any
    size, ``picture`` the (asset id, URL) of the drawn proposals. ``rng`` only makes the item ids.
    """
    blocked = _blocked_cells(forbidden, mask)
    candidates = [
        _Candidate(source, box, base, _occlusion(box, forbidden, blocked))
        for source, base, box in (*_rule_and_grid(), *_max_size(blocked))
    ]
    kept = [item for item in candidates if item.occlusion <= MAX_FORBIDDEN_IOU]
    if not kept:
        kept = [min(candidates, key=lambda item: item.occlusion)]
    kept.sort(key=lambda item: (item.source == MAX_SIZE, item.score), reverse=True)
    limit = MAX_PROPOSALS + (kept[0].source == MAX_SIZE)
    around = enclosing(forbidden)
    return {
        "proposals": [_item(candidate, rng) for candidate in kept[:limit]],
        "forbidden": None if around is None else _numbers(around),
        "forbidden_position": _position(forbidden),
        "min_overlay_width": MIN_OVERLAY_WIDTH,
        "min_overlay_height": MIN_OVERLAY_HEIGHT,
        "max_proposals": MAX_PROPOSALS,
        "max_forbidden_iou": MAX_FORBIDDEN_IOU,
        "proposal_image_asset_id": picture[0] if picture else None,
        "proposal_image_url": picture[1] if picture else None,
    }


def choose(layout: PlannerLayout, text: str, rng: random.Random) -> Proposal | None:
    """The proposal that the overlay step takes for ``text``.

    None when there is no proposal.

    The rule is the real one; where it leaves the choice to chance, ``rng`` draws.
    """
    contenders = planner_choice.choose(layout, len(text)).contenders
    if not contenders:
        return None
    return rng.choices([item.proposal for item in contenders], [item.probability for item in contenders])[0]


def draw_forbidden_mask(size: tuple[int, int], forbidden: Iterable[Box]) -> Image.Image:
    """Greyscale picture of ``size`` (width, height): 0 = allowed, 255 = forbidden, corners rounded."""
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    for box in forbidden:
        left, top, right, bottom = box.to_pixels(size)
        if right > left and bottom > top:
            radius = min(right - left, bottom - top) * 0.35
            draw.rounded_rectangle((left, top, right - 1, bottom - 1), radius, fill=255)
    return mask


def draw_plan(photo: Image.Image, layout: PlannerLayout, forbidden: Iterable[Box]) -> Image.Image:
    """The photo (RGB) with forbidden areas shaded red and every proposal outlined and numbered."""
    picture = photo.copy()
    draw = ImageDraw.Draw(picture, "RGBA")
    line = max(2, photo.width // 270)
    for box in forbidden:
        draw.rectangle(_outline(box, picture.size), fill=(214, 40, 40, 90), outline=(214, 40, 40), width=line)
    font = korean_font().at(max(14, photo.width // 45))
    for number, item in reversed(list(enumerate(layout.proposals, start=1))):
        colour = (255, 183, 3) if item.source == MAX_SIZE else (33, 158, 188)
        left, top, right, bottom = _outline(item.box, picture.size)
        draw.rectangle((left, top, right, bottom), outline=colour, width=line)
        label = f"{number} {item.source}" if number <= 3 else str(number)
        tag = draw.textbbox((left + 2 * line, top + line), label, font=font)
        draw.rectangle((left, top, tag[2] + 2 * line, tag[3] + line), fill=(*colour, 230))
        draw.text((left + 2 * line, top + line), label, font=font, fill=(20, 20, 20))
    return picture


def _outline(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    left, top, right, bottom = box.to_pixels(size)
    return left, top, max(left, right - 1), max(top, bottom - 1)


def _rule_and_grid() -> list[tuple[str, float, Box]]:
    grid = []
    for position, x, y in _GRID:
        centred = abs(x + _GRID_WIDTH / 2 - 0.5) < 0.01
        base = 1 - (0.3 * y + 0.1 * x) + 0.3 * (0.4 * _GRID_WIDTH + 0.6 * _GRID_HEIGHT) + 0.05 * centred
        source = f"grid_{position}_w{int(10 * _GRID_WIDTH)}_h{round(100 * _GRID_HEIGHT)}"
        grid.append((source, base, Box(x, y, _GRID_WIDTH, _GRID_HEIGHT)))
    return [*_RULES, *grid]


def _max_size(blocked: NDArray[np.bool_]) -> list[tuple[str, float, Box]]:
    """The largest free rectangle of at least the smallest overlay size, when there is one."""
    least_columns, least_rows = round(MIN_OVERLAY_WIDTH * _CELLS), math.ceil(MIN_OVERLAY_HEIGHT * _CELLS)
    best, best_area = None, 0
    for left in range(_CELLS - least_columns + 1):
        for right in range(left + least_columns, _CELLS + 1):
            top, rows = _longest_run(np.logical_not(blocked[:, left:right].any(axis=1)))
            if rows >= least_rows and rows * (right - left) > best_area:
                best_area = rows * (right - left)
                best = Box(left / _CELLS, top / _CELLS, (right - left) / _CELLS, rows / _CELLS)
    return [] if best is None else [(MAX_SIZE, 1.0, best)]


def _longest_run(free: NDArray[np.bool_]) -> tuple[int, int]:
    """First index and length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], free, [False])).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return 0, 0
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest] - starts[longest])


def _blocked_cells(forbidden: Sequence[Box], mask: Image.Image | None) -> NDArray[np.bool_]:
    if mask is None:
        blocked = np.zeros((_CELLS, _CELLS), dtype=bool)
    else:
        blocked = np.asarray(mask.convert("L").resize((_CELLS, _CELLS), Image.Resampling.BOX)) > 0
    for box in forbidden:
        left, top = (max(0, math.floor(round(edge * _CELLS, 6))) for edge in (box.x, box.y))
        right, bottom = (math.ceil(round(edge * _CELLS, 6)) for edge in (box.right, box.bottom))
        blocked[top:bottom, left:right] = True
    return blocked


def _occlusion(box: Box, forbidden: Sequence[Box], blocked: NDArray[np.bool_]) -> float:
    """The largest IoU with a detected box; a mask without boxes counts as a whole."""
    if forbidden:
        return max(box.iou(other) for other in forbidden)
    left, top, right, bottom = box.to_pixels((_CELLS, _CELLS))
    shared = int(blocked[top:bottom, left:right].sum())
    united = (right - left) * (bottom - top) + int(blocked.sum()) - shared
    return shared / united if united else 0.0


def _position(forbidden: Sequence[Box]) -> dict[str, object] | None:
    if not forbidden:
        return None
    x = sum(box.center[0] for box in forbidden) / len(forbidden)
    y = sum(box.center[1] for box in forbidden) / len(forbidden)
    return {
        "center_x": round(x, 4),
        "center_y": round(y, 4),
        "is_center_x": 0.3 <= x <= 0.7,
        "is_top_y": y < 0.5,
        "is_bottom_y": y > 0.5,
    }


def _item(candidate: _Candidate, rng: random.Random) -> dict[str, object]:
    return {
        "proposal_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "xywh": _numbers(candidate.box),
        "source": candidate.source,
        "color": "0d0d0dff",
        "size": 32,
        "score": round(candidate.score, 4),
        "occlusion_iou": round(candidate.occlusion, 4),
        "area": round(candidate.box.area, 4) if candidate.source == MAX_SIZE else None,
    }


def _numbers(box: Box) -> list[float]:
    return [round(value, 4) for value in (box.x, box.y, box.width, box.height)]
