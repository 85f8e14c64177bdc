"""The planner's candidates, drawn on the photo from the data."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from feedly_core.domain.boxes import Box
from feedly_core.domain.payloads.detections import Detection
from feedly_core.domain.payloads.planner_layout import Proposal
from feedly_core.images.marks import CHOSEN, DETECTION, FORBIDDEN, PROPOSAL, Caption, Line, captions, outline

_MASK_ALPHA = 90


def draw_planner_view(
    photo: Image.Image,
    *,
    proposals: Sequence[Proposal] = (),
    chosen: Proposal | None = None,
    detections: Sequence[Detection] = (),
    forbidden: Box | None = None,
    mask: Image.Image | None = None,
) -> Image.Image:
    """An RGB copy of ``photo`` with the given layers.

    Leave a layer out to switch it off.

    Proposals are numbered as in the stored list, from 1; the chosen one is drawn last, with a double
    line and a star. ``mask`` is greyscale of any size, 255 = forbidden.
    """
    picture = photo.convert("RGB")
    if mask is not None:
        picture = shade(picture, mask)
    if forbidden is not None:
        outline(picture, forbidden, Line(FORBIDDEN, 2, dashed=True))
    for detection in detections:
        outline(picture, detection.box, Line(DETECTION, 3, dashed=True))
    for proposal in reversed([item for item in proposals if item != chosen]):
        outline(picture, proposal.box, Line(PROPOSAL, 2))
    if chosen is not None:
        outline(picture, chosen.box, Line(CHOSEN, 6, fill_alpha=40))
        outline(picture, _inset(chosen.box), Line(CHOSEN, 2))
    words = [Caption(chosen.box, f"★ {_caption(chosen)}", CHOSEN)] if chosen else []
    words += [Caption(item.box, f"{item.label}{_score(item.score)}", DETECTION) for item in detections]
    words += [Caption(item.box, _caption(item), PROPOSAL) for item in proposals if item != chosen]
    captions(picture, words)
    return picture


def shade(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """``picture`` (RGB) with the mask's forbidden part (255) tinted."""
    weight = mask.convert("L").resize(picture.size).point(lambda value: value * _MASK_ALPHA // 255)
    return Image.composite(Image.new("RGB", picture.size, FORBIDDEN), picture, weight)


def tinted_mask(mask: Image.Image) -> Image.Image:
    """The mask as a transparent RGBA layer for a browser."""
    layer = Image.new("RGBA", mask.size, (*FORBIDDEN, 0))
    layer.putalpha(mask.convert("L").point(lambda value: value * _MASK_ALPHA // 255))
    return layer


def _caption(proposal: Proposal) -> str:
    return f"{proposal.index + 1} {proposal.source}{_score(proposal.score)}"


def _score(score: float | None) -> str:
    return "" if score is None else f" {score:.2f}"


def _inset(box: Box) -> Box:
    by = min(0.012, box.width / 4, box.height / 4)
    return Box(box.x + by, box.y + by, box.width - 2 * by, box.height - 2 * by)
