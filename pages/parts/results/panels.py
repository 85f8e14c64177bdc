"""What each picture of a job shows: its address, the marks of its layers, or why it is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from html import escape

from feedly_core.domain.labels import object_label
from feedly_core.domain.payloads.detections import Detection
from feedly_core.domain.payloads.planner_layout import Proposal
from feedly_core.domain.scores import Unit, written
from feedly_core.i18n import N_, Message
from feedly_core.images.assets import Unavailable
from feedly_core.images.decoding import PictureFacts
from feedly_core.images.marks import CHOSEN, DETECTION, FORBIDDEN, OVERLAP, PROPOSAL, TEXT_BOX
from feedly_core.images.overlay_view import covered
from feedly_core.results.image_checks import ImageChecks
from feedly_core.results.report_types import Asset, JobReport, VariantReport
from pages.parts.results.figure import Mark, Panel
from pages.shared.language import _
from pages.shared.navigation import picture_url

ROWS: dict[str, Message] = {
    "input": N_("Picture without text"),
    "planner": N_("Planner"),
    "overlay": N_("Finished picture"),
}
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
_WRAP = 34
_LONGEST = 6 * _WRAP
_SAME = 0.75
"""Repeated runs find one object at slightly different places: from this IoU on it is named once."""


def panel(
    row: str,
    variant: VariantReport,
    report: JobReport,
    evidence: ImageChecks,
    layers: Collection[str],
    *,
    stored: bool,
) -> Panel:
    """One picture of a variant.

    ``stored`` shows the pipeline's own drawing without marks of ours.
    """
    asset = _asset(row, variant, stored=stored)
    found = evidence.files.get(asset.asset_id) if asset else None
    file = found if isinstance(found, PictureFacts) else None
    size = (file.width, file.height) if file else None
    if asset is None or isinstance(found, Unavailable):
        stored_size = variant.picture.size if variant.picture else None
        return Panel(None, size or stored_size, missing=_missing(row, found))
    turned = file.orientation if file else 1
    marks = () if stored else tuple(mark.turned(turned) for mark in _marks(row, variant, layers))
    masks: tuple[str, ...] = ()
    if row == "planner" and not stored and "mask" in layers and report.forbidden_mask_url:
        masks = (picture_url(report.job.job_id, "mask"),)
    return Panel(picture_url(asset.asset_id, "full"), size, marks, masks)


def _asset(row: str, variant: VariantReport, *, stored: bool) -> Asset | None:
    if row == "overlay":
        return variant.overlaid
    return variant.planner_picture if row == "planner" and stored else variant.picture


def _missing(row: str, found: object) -> list[str]:
    if not isinstance(found, Unavailable):
        waiting = {
            "input": N_("There is no picture yet."),
            "planner": N_("The planner has not drawn a picture."),
            "overlay": N_("The text is not drawn yet."),
        }
        return [escape(_(waiting[row]))]
    return unavailable(found)


def unavailable(found: Unavailable) -> list[str]:
    """The lines of a placeholder: the reason, and the path that was tried."""
    tried = found.tried
    if len(tried) > _LONGEST:  # the end of a path names the file
        tried = f"…{tried[1 - _LONGEST :]}"
    lines = [tried[start : start + _WRAP] for start in range(0, len(tried), _WRAP)]
    return [f"<b>{escape(line)}</b>" for line in _folded(_(found.reason))] + [escape(line) for line in lines]


def _folded(sentence: str) -> list[str]:
    lines = [""]
    for word in sentence.split():
        if len(lines[-1]) + len(word) > _WRAP:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _marks(row: str, variant: VariantReport, layers: Collection[str]) -> Iterator[Mark]:
    if row == "planner":
        yield from _planner_marks(variant, layers)
    elif row == "overlay":
        yield from _overlay_marks(variant, layers)


def _planner_marks(variant: VariantReport, layers: Collection[str]) -> Iterator[Mark]:
    run, used = variant.planner.run, variant.planner.item
    if run is not None:
        if "forbidden" in layers and run.layout.forbidden:
            words = _("Forbidden area: the box around all detected objects")
            yield Mark(run.layout.forbidden, FORBIDDEN, escape(words), "forbidden", dash="dot")
        if "proposals" in layers:
            for item in run.layout.proposals:
                if item != used:
                    yield Mark(item.box, PROPOSAL, _proposal_words(item), "proposals", fill=0.04)
    if "detections" in layers:
        yield from _detection_marks(variant)
    if used is not None and "chosen" in layers:
        words = "★ " + escape(_("Chosen")) + f"<br>{_proposal_words(used)}"
        yield Mark(used.box, CHOSEN, words, "chosen", width=4, fill=0.12, caption=f"★ {escape(used.source)}")


def _overlay_marks(variant: VariantReport, layers: Collection[str]) -> Iterator[Mark]:
    box = variant.overlay.layout.box if variant.overlay else None
    used = variant.planner.item
    if "detections" in layers:
        yield from _detection_marks(variant)
    if used is not None and "chosen" in layers:
        yield Mark(used.box, CHOSEN, _proposal_words(used), "chosen", width=4)
    if box is None or "text" not in layers:
        return
    iou = "" if used is None else f"IoU {written(used.box.iou(box), Unit.SHARE)}"
    words = escape(_("Text box"))
    if iou:
        words += "<br>" + escape(_("Agreement with the chosen box")) + f": {iou}"
    yield Mark(box, TEXT_BOX, words, "text", width=3, dash="dash", fill=0.08, caption=iou)
    for thing in variant.detections.boxes:
        shared = thing.box.intersection(box)
        if shared is not None and "detections" in layers:
            percent = f"{100 * covered(thing.box, box):.0f}%"
            label = _(object_label(thing.label))
            words = _("The text covers {percent} of this object: {label}.", percent=percent, label=label)
            iou = f"IoU {written(thing.box.iou(box), Unit.SHARE)}"
            yield Mark(shared, OVERLAP, f"{escape(words)}<br>{iou}", "overlap", fill=0.4)


def _detection_marks(variant: VariantReport) -> Iterator[Mark]:
    named: list[Detection] = []
    for thing in variant.detections.boxes:
        score = "" if thing.score is None else f" {100 * thing.score:.0f}%"
        words = f"{escape(_(object_label(thing.label)))}{score}"
        again = any(thing.label == other.label and thing.box.iou(other.box) > _SAME for other in named)
        named.append(thing)
        caption = "" if again else words
        yield Mark(thing.box, DETECTION, words, "detections", dash="dash", fill=0.03, caption=caption)


def _proposal_words(item: Proposal) -> str:
    score = "–" if item.score is None else f"{item.score:.3f}"
    overlap = "–" if item.occlusion_iou is None else f"{item.occlusion_iou:.3f}"
    return "<br>".join(
        (
            f"<b>{item.index + 1} {escape(item.source)}</b>",
            escape(_("Score")) + f": {score}",
            escape(_("Overlap with forbidden areas")) + f": {overlap}",
        )
    )
