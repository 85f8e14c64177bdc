"""A variant's scores with limits and results, and its findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from feedly_core.domain import scores as registry
from feedly_core.domain.labels import label, object_label
from feedly_core.domain.scores import SCORES, Grade, Limit, Limits, Unit, limit_for, written, written_limit
from feedly_core.domain.status import State, VariantStatus
from feedly_core.i18n import N_, NN_, Message
from feedly_core.images.overlay_view import covered
from feedly_core.results.attribution import Used
from feedly_core.results.legibility import Legibility, wcag_required
from feedly_core.results.report_types import VariantReport


@dataclass(frozen=True)
class Score:
    """One number with its judgement. ``value`` None is "not recorded".

    ``limit`` None is no judgement.
    """

    name: str
    family: Message
    value: float | None
    limit: Limit | None

    @property
    def title(self) -> Message:
        return SCORES[self.name].title

    @property
    def unit(self) -> Unit:
        return SCORES[self.name].unit

    @property
    def grade(self) -> Grade:
        return self.limit.judge(self.value) if self.limit else Grade.UNKNOWN

    @property
    def shown(self) -> str:
        """The value as people write it, never against its grade.

        A dash when it is not recorded.
        """
        return written(self.value, self.unit, self.limit)


@dataclass(frozen=True)
class Finding:
    """One finding of a variant as a sentence.

    ``score`` names the evidence to show.
    """

    grade: Grade
    sentence: Message
    score: str


_OCR, _READ, _IOU, _AI = N_("Read back by machine (OCR)"), N_("Readability"), N_("Overlap"), N_("AI judge")
_WEIGHTS = {Grade.FAIL: 10, Grade.WARN: 1}


def variant_scores(variant: VariantReport, known: Limits, measured: Legibility | None) -> tuple[Score, ...]:
    """A variant's scores in pipeline order, the overall score last."""
    ocr = variant.ocr.value if variant.ocr else None
    readability = variant.readability.value if variant.readability else None
    iou = variant.iou.value if variant.iou else None
    analysis = variant.analysis.value if variant.analysis else None
    large = wcag_required(variant).large
    share = _most_covered(variant)

    def of(name: str, family: Message, value: float | None) -> Score:
        return Score(name, family, value, limit_for(known, name, large_text=large))

    return (
        of("ocr_accuracy", _OCR, ocr.accuracy if ocr else None),
        of("ocr_confidence", _OCR, ocr.confidence if ocr else None),
        of("character_match_rate", _OCR, ocr.character_match_rate if ocr else None),
        of("word_match_rate", _OCR, ocr.word_match_rate if ocr else None),
        of("edit_distance", _OCR, ocr.edit_distance if ocr else None),
        of("contrast", _READ, measured.contrast.mean if measured else None),
        of("contrast_worst", _READ, measured.contrast.worst if measured else None),
        of("contrast_stored", _READ, readability.contrast_ratio if readability else None),
        of("iou_with_food", _IOU, iou.with_food if iou else None),
        of("covered", _IOU, share[0] if share else None),
        of("proposal_iou", _IOU, proposal_iou(variant)),
        of("relevance", _AI, analysis.relevance if analysis else None),
        of("overall", N_("Together"), overall(variant, measured)),
    )


def overall(variant: VariantReport, measured: Legibility | None = None) -> float | None:
    """Mean of OCR accuracy, readability as drawn and 1 − IoU. None unless all three are known.

    While nothing is measured, the stored readability stands in.
    """
    readability = variant.readability.value.score if variant.readability else None
    if measured is not None:
        readability = measured.readability
    accuracy = variant.ocr.value.accuracy if variant.ocr else None
    food = variant.iou.value.with_food if variant.iou else None
    found: float | None = registry.overall(accuracy, readability, food)
    return found


def proposal_iou(variant: VariantReport) -> float | None:
    """Overlap of the drawn text box with the chosen box.

    0 to 1.
    """
    item, overlay = variant.planner.item, variant.overlay
    return (
        None
        if item is None or overlay is None or overlay.layout.box is None
        else item.box.iou(overlay.layout.box)
    )


def findings(
    variant: VariantReport, known: Limits, measured: Legibility | None, status: VariantStatus | None
) -> tuple[Finding, ...]:
    """What is wrong with a variant, worst first.

    ``status``: the variant's own of :meth:`JobReport.variant_statuses`; None where it has none.
    """
    found = [*_halted(status), *_stored(variant), *_judged(variant)]
    for score in variant_scores(variant, known, measured):
        sentence = _sentence(score, variant) if score.grade in _WEIGHTS else None
        if sentence is not None:
            found.append(Finding(score.grade, sentence, score.name))
    return tuple(sorted(found, key=lambda item: -_WEIGHTS[item.grade]))


def severity(found: Iterable[Finding]) -> int:
    """Order of looking: one failure outweighs any number of warnings."""
    return sum(_WEIGHTS[item.grade] for item in found)


def _most_covered(variant: VariantReport) -> tuple[float, Message] | None:
    box = variant.overlay.layout.box if variant.overlay else None
    if box is None or not variant.detections.boxes:
        return None
    share, thing = max(
        ((covered(item.box, box), item) for item in variant.detections.boxes), key=lambda pair: pair[0]
    )
    return share, object_label(thing.label)


def _sentence(score: Score, variant: VariantReport) -> Message | None:
    if score.value is None or score.limit is None:
        return None
    shown, limit = score.shown, written_limit(score.limit.good, score.unit)
    match score.name:
        case "covered":
            share = _most_covered(variant)
            return share and N_(
                "The text covers {percent} of this object: {label}.", percent=shown, label=share[1]
            )
        case "iou_with_food":
            return N_("The text box overlaps food or people (IoU {value}).", value=shown)
        case "contrast":
            return N_("Contrast {ratio} is below {limit}.", ratio=shown, limit=limit)
        case "contrast_worst":
            return N_("In the worst 5% around the letters the contrast is only {ratio}.", ratio=shown)
        case "ocr_accuracy":
            if variant.ocr and variant.ocr.value.crashed:
                return N_("The machine read nothing: the recogniser probably crashed.")
            return N_("A machine reads only {percent} of the text correctly.", percent=shown)
        case "relevance":
            return N_("Picture and text hardly fit (relevance {percent}).", percent=shown)
        case "proposal_iou":
            return N_("The text does not lie on the chosen box (IoU {value}).", value=shown)
    return None


_HALTED = {
    State.FAILED: Grade.FAIL,
    State.STALLED: Grade.WARN,
    State.RETRYING: Grade.WARN,
    State.UNCLEAR: Grade.WARN,
}


def _halted(status: VariantStatus | None) -> Iterable[Finding]:
    if status is not None and status.state in _HALTED:
        yield Finding(_HALTED[status.state], label(status), "status")


def _stored(variant: VariantReport) -> Iterable[Finding]:
    if variant.overlaid is not None and variant.overlay is None:
        yield Finding(
            Grade.WARN, N_("There is a finished picture, but no record of where the text lies."), "overlay"
        )
    if variant.planner.used is Used.DEFAULT:
        yield Finding(
            Grade.WARN, N_("The text lies on the default rectangle: no planner box was used."), "planner"
        )
    if variant.unreadable:
        count = len(variant.unreadable)
        yield Finding(
            Grade.WARN,
            NN_("{n} stored value is unreadable.", "{n} stored values are unreadable.", count),
            "raw",
        )


def _judged(variant: VariantReport) -> Iterable[Finding]:
    """The judge's answers. A stored "false" may mean "not stated", so only occlusion is a failure."""
    if variant.judgement is None:
        return
    said, sure = variant.judgement.value, variant.judgement.of_variant
    if said.occlusion:
        grade = Grade.FAIL if sure else Grade.WARN
        yield Finding(grade, N_("The AI judge says that something is covered."), "judge")
    for answer, sentence in (
        (said.contrast_ok, N_("The AI judge does not confirm the contrast.")),
        (said.on_brief, N_("The AI judge does not confirm that it fits the order.")),
        (said.cta_present, N_("The AI judge finds no call to action.")),
    ):
        if answer is False:
            yield Finding(Grade.WARN, sentence, "judge")
