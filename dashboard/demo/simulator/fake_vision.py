"""What the simulated models see in a picture: the note in the file, or else where it is busy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from dashboard.demo.asset_store import scene_of
from feedly_core.domain.boxes import Box

GRID = 48
"""Side of the coarse grid on which the busy part of an unknown picture is looked for."""

UNKNOWN_LABEL = "bowl"


@dataclass(frozen=True)
class Thing:
    """An object in the picture: a label of the forbidden list and its box in ratios."""

    label: str
    box: Box


def find_things(image: Image.Image) -> tuple[Thing, ...]:
    """The things that text must not cover.

    A picture of unknown origin has exactly one.
    """
    scene = scene_of(image)
    if scene is None:
        return (Thing(UNKNOWN_LABEL, busiest_box(image)),)
    found = scene.get("things")
    return tuple(
        Thing(str(item["label"]), Box(*(float(part) for part in item["box"])))
        for item in (found if isinstance(found, list) else [])
    )


def busiest_box(image: Image.Image) -> Box:
    """The box (ratios) around the strongest edges, weighted towards the middle, where food mostly is.

    Covers 15 to 80 % of each side, so that a plain or a busy picture still has a plausible dish.
    """
    edges = image.convert("L").resize((GRID * 4, GRID * 4)).filter(ImageFilter.FIND_EDGES)
    strength = np.asarray(edges.resize((GRID, GRID), Image.Resampling.BOX), dtype=float)
    strength[[0, -1], :] = strength[:, [0, -1]] = 0
    ramp = np.linspace(-1, 1, GRID)
    weight = np.exp(-(ramp[:, None] ** 2 + ramp[None, :] ** 2) / 0.7)
    weighted = strength * weight + 1e-6 * weight
    left, right = _middle_part(weighted.sum(axis=0))
    top, bottom = _middle_part(weighted.sum(axis=1))
    return Box(left, top, right - left, bottom - top)


def _middle_part(profile: np.ndarray) -> tuple[float, float]:
    """Where the middle 76 % of the profile lies, as two ratios."""
    share = np.cumsum(profile) / profile.sum()
    low = float(np.searchsorted(share, 0.12)) / GRID
    high = float(np.searchsorted(share, 0.88) + 1) / GRID
    centre, half = (low + high) / 2, min(max((high - low) / 2, 0.075), 0.4)
    low = min(max(centre - half, 0.0), 1 - 2 * half)
    return round(low, 4), round(low + 2 * half, 4)
