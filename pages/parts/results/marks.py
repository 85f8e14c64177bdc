"""Boxes of the evidence over a picture, with their words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape

from feedly_core.domain.boxes import Box
from feedly_core.domain.labels import object_label
from feedly_core.domain.payloads.detections import Detection
from feedly_core.domain.payloads.planner_layout import Proposal
from feedly_core.domain.scores import Unit, written
from feedly_core.i18n import N_, Message
from feedly_core.images.marks import CHOSEN, DETECTION, FORBIDDEN, OVERLAP, PROPOSAL, RGB, TEXT_BOX
from feedly_core.images.overlay_view import covered
from feedly_core.results.legibility import Legibility
from feedly_core.results.report_types import VariantReport
from pages.shared.language import _

LAYERS: dict[str, Message] = {
    "proposals": N_("Candidate boxes"),
    "chosen": N_("Chosen box"),
    "text": N_("Text box"),
    "detections": N_("Detected objects"),
    "forbidden": N_("Forbidden area"),
    "mask": N_("Forbidden mask"),
}
COLORS = {
    "proposals": PROPOSAL,
    "chosen": CHOSEN,
    "text": TEXT_BOX,
    "detections": DETECTION,
    "forbidden": FORBIDDEN,
    "mask": FORBIDDEN,
}
OVERLAPS, CONTRASTS = ("iou_with_food", "covered"), ("contrast", "contrast_worst")
DRAWN = (*OVERLAPS, *CONTRASTS, "ocr_accuracy")
"""Scores whose reason can be shown on the picture."""

_SAME = 0.75
"""Repeated runs find one object at slightly different places: from this IoU on it is named once."""


@dataclass(frozen=True)
class Mark:
    """A box with words for the hover.

    ``group`` is the layer's name. ``scores``: those that the box gives the reason of.
    """

    box: Box
    color: RGB
    words: str
    group: str
    width: int = 2
    dash: str = "solid"
    fill: float = 0.0
    caption: str = ""
    scores: tuple[str, ...] = ()

    def turned(self, orientation: int) -> Mark:
        """On the picture as a browser shows it.

        Boxes are measured in the file's own pixels.
        """
        return replace(self, box=self.box.turned(orientation))


def marks_html(marks: Iterable[Mark]) -> str:
    """The boxes in shares of the picture below them, the smallest on top, where a pointer reaches it."""
    large_first = sorted(marks, key=lambda mark: -mark.box.width * mark.box.height)
    return "".join(map(_box, large_first))


def _box(mark: Mark) -> str:
    box, color = mark.box, " ".join(map(str, mark.color))
    of_scores = "".join(f" fd-of-{name}" for name in mark.scores)
    caption = f"<b>{escape(mark.caption)}</b>" if mark.caption else ""
    return (
        f"<span class='fd-box fd-box-{mark.group}{of_scores}' title='{escape(mark.words, quote=True)}'"
        f" style='left:{box.x:.2%};top:{box.y:.2%};width:{box.width:.2%};height:{box.height:.2%};"
        f"--mark:{color};border:{mark.width}px {mark.dash} rgb({color});"
        f"background:rgb({color} / {mark.fill})'>{caption}</span>"
    )


def planner_marks(variant: VariantReport, layers: Collection[str]) -> Iterator[Mark]:
    """What the planner looked at and chose."""
    run, used = variant.planner.run, variant.planner.item
    if run is not None:
        if "forbidden" in layers and run.layout.forbidden:
            words = _("Forbidden area: the box around all detected objects")
            yield Mark(run.layout.forbidden, FORBIDDEN, words, "forbidden", dash="dotted")
        if "proposals" in layers:
            for item in run.layout.proposals:
                if item != used:
                    yield Mark(item.box, PROPOSAL, _proposal_words(item), "proposals", fill=0.04)
    if "detections" in layers:
        yield from _detection_marks(variant)
    if used is not None and "chosen" in layers:
        words = "★ " + _("Chosen") + f"\n{_proposal_words(used)}"
        yield Mark(used.box, CHOSEN, words, "chosen", width=4, fill=0.12, caption=f"★ {used.source}")


def overlay_marks(variant: VariantReport, layers: Collection[str]) -> Iterator[Mark]:
    """Where the text was drawn, and what it covers."""
    box = variant.overlay.layout.box if variant.overlay else None
    used = variant.planner.item
    if "detections" in layers:
        yield from _detection_marks(variant)
    if used is not None and "chosen" in layers:
        yield Mark(used.box, CHOSEN, _proposal_words(used), "chosen", width=4)
    if box is None or "text" not in layers:
        return
    iou = "" if used is None else f"IoU {written(used.box.iou(box), Unit.SHARE)}"
    words = _("Text box")
    if iou:
        words += "\n" + _("Agreement with the chosen box") + f": {iou}"
    yield Mark(box, TEXT_BOX, words, "text", width=3, dash="dashed", fill=0.08, caption=iou)
    if "detections" in layers:
        yield from _covered_marks(variant, box)


def evidence_marks(variant: VariantReport, measured: Legibility | None) -> Iterator[Mark]:
    """The reasons of the scores: text box, objects, what it covers of them, the worst contrast."""
    box = variant.overlay.layout.box if variant.overlay else None
    if box is None:
        return
    yield Mark(box, TEXT_BOX, _("Text box"), "text", width=3, dash="dashed", scores=DRAWN)
    for mark in _detection_marks(variant):
        yield replace(mark, scores=OVERLAPS)
    for mark in _covered_marks(variant, box):
        yield replace(mark, scores=OVERLAPS)
    if measured is not None:
        ratio = written(measured.contrast.patch_ratio, Unit.CONTRAST)
        words = _("The worst place around the letters: {ratio}", ratio=ratio)
        yield Mark(measured.contrast.patch, OVERLAP, words, "patch", width=3, caption=ratio, scores=CONTRASTS)


def _covered_marks(variant: VariantReport, box: Box) -> Iterator[Mark]:
    for thing in variant.detections.boxes:
        shared = thing.box.intersection(box)
        if shared is not None:
            percent = f"{100 * covered(thing.box, box):.0f}%"
            label = _(object_label(thing.label))
            words = _("The text covers {percent} of this object: {label}.", percent=percent, label=label)
            iou = f"IoU {written(thing.box.iou(box), Unit.SHARE)}"
            yield Mark(shared, OVERLAP, f"{words}\n{iou}", "overlap", fill=0.4)


def _detection_marks(variant: VariantReport) -> Iterator[Mark]:
    named: list[Detection] = []
    for thing in variant.detections.boxes:
        score = "" if thing.score is None else f" {100 * thing.score:.0f}%"
        words = f"{_(object_label(thing.label))}{score}"
        again = any(thing.label == other.label and thing.box.iou(other.box) > _SAME for other in named)
        named.append(thing)
        caption = "" if again else words
        yield Mark(thing.box, DETECTION, words, "detections", dash="dashed", fill=0.03, caption=caption)


def _proposal_words(item: Proposal) -> str:
    score = "–" if item.score is None else f"{item.score:.3f}"
    overlap = "–" if item.occlusion_iou is None else f"{item.occlusion_iou:.3f}"
    return "\n".join(
        (
            f"{item.index + 1} {item.source}",
            _("Score") + f": {score}",
            _("Overlap with forbidden areas") + f": {overlap}",
        )
    )
