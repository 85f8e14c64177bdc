"""The text's place against the planner's box and forbidden areas."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from feedly_core.domain.boxes import Box
from feedly_core.domain.payloads.detections import Detection
from feedly_core.images.marks import CHOSEN, DETECTION, OVERLAP, TEXT_BOX, Caption, Line, captions, outline


def draw_overlay_view(
    picture: Image.Image,
    *,
    text_box: Box | None,
    proposal: Box | None = None,
    detections: Sequence[Detection] = (),
    worst: Caption | None = None,
) -> Image.Image:
    """A copy of ``picture`` with text box, proposal and IoU drawn. RGB.

    The part of each detection under the text box is filled, with the covered share of the detection.
    ``worst``: the place around the letters with the least contrast, and its ratio.
    """
    drawn = picture.convert("RGB")
    for detection in detections:
        outline(drawn, detection.box, Line(DETECTION, 2, dashed=True))
    if text_box is None:
        return drawn
    words = []
    for detection in detections:
        shared = detection.box.intersection(text_box)
        if shared is not None:
            outline(drawn, shared, Line(OVERLAP, 2, fill_alpha=110))
            share = covered(detection.box, text_box)
            words.append(Caption(shared, f"{detection.label} {share:.0%}", OVERLAP))
    if proposal is not None:
        outline(drawn, proposal, Line(CHOSEN, 5))
        shared = proposal.intersection(text_box)
        if shared is not None:
            outline(drawn, shared, Line(TEXT_BOX, 1, fill_alpha=35))
        words.insert(0, Caption(text_box, f"IoU {proposal.iou(text_box):.2f}", TEXT_BOX))
    outline(drawn, text_box, Line(TEXT_BOX, 3, dashed=True))
    if worst is not None:
        outline(drawn, worst.box, Line(worst.color, 3))
        words.insert(0, worst)
    captions(drawn, words)
    return drawn


def covered(thing: Box, by: Box) -> float:
    """Share of ``thing``'s area under ``by``, 0 to 1."""
    shared = thing.intersection(by)
    return 0.0 if shared is None or thing.area == 0 else shared.area / thing.area
