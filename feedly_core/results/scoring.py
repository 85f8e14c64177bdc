"""A variant's scores, each with its limit and verdict, and what needs eyes first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from feedly_core.domain import pipeline
from feedly_core.domain.labels import object_label
from feedly_core.domain.scores import Limit, Verdict
from feedly_core.i18n import N_, NN_, Message
from feedly_core.images.overlay_view import covered
from feedly_core.results.attribution import Used
from feedly_core.results.legibility import Legibility, wcag_required
from feedly_core.results.report_types import VariantReport


class Unit(StrEnum):
    """How a value is written: a share as percent, a contrast as n:1, a count as it is."""

    SHARE = "share"
    CONTRAST = "contrast"
    COUNT = "count"


@dataclass(frozen=True)
class Score:
    """One number with its judgement. ``value`` None is "not recorded"; ``limit`` None is no judgement."""

    name: str
    family: Message
    title: Message
    value: float | None
    unit: Unit
    limit: Limit | None

    @property
    def verdict(self) -> Verdict:
        return self.limit.judge(self.value) if self.limit else Verdict.UNKNOWN

    @property
    def shown(self) -> str:
        """The value as people write it; a dash when it is not recorded."""
        return written(self.value, self.unit)


@dataclass(frozen=True)
class Finding:
    """One reason to look at a variant, as a plain sentence; ``score`` names the evidence to show."""

    verdict: Verdict
    sentence: Message
    score: str


_OCR, _READ, _IOU, _AI = N_("Read back by machine (OCR)"), N_("Readability"), N_("Overlap"), N_("AI judge")
_WEIGHTS = {Verdict.FAIL: 10, Verdict.WARN: 1}


def written(value: float | None, unit: Unit) -> str:
    """``83 %`` of a share, ``4.5:1`` of a contrast; a dash for None."""
    if value is None:
        return "–"
    if unit is Unit.SHARE:
        return f"{100 * value:.0f} %"
    return f"{value:.1f}:1" if unit is Unit.CONTRAST else f"{value:g}"


def variant_scores(
    variant: VariantReport, limits: Mapping[str, Limit], measured: Legibility | None
) -> tuple[Score, ...]:
    """Every score of a variant in the order of the pipeline; the overall score last."""
    ocr = variant.ocr.value if variant.ocr else None
    readability = variant.readability.value if variant.readability else None
    iou = variant.iou.value if variant.iou else None
    analysis = variant.analysis.value if variant.analysis else None
    contrast = limits["contrast_large_text" if wcag_required(variant).aa < 4.5 else "contrast"]
    share = _most_covered(variant)

    def of(name: str, family: Message, title: Message, value: float | None) -> Score:
        return Score(name, family, title, value, Unit.SHARE, limits[name])

    return (
        of("ocr_accuracy", _OCR, N_("Accuracy"), ocr.accuracy if ocr else None),
        of("ocr_confidence", _OCR, N_("Confidence"), ocr.confidence if ocr else None),
        of("character_match_rate", _OCR, N_("Characters matched"), ocr.character_match_rate if ocr else None),
        of("word_match_rate", _OCR, N_("Words matched"), ocr.word_match_rate if ocr else None),
        Score(
            "edit_distance", _OCR, N_("Edit distance"), ocr.edit_distance if ocr else None, Unit.COUNT, None
        ),
        Score(
            "contrast_stored",
            _READ,
            N_("Contrast as stored"),
            readability.contrast_ratio if readability else None,
            Unit.CONTRAST,
            contrast,
        ),
        Score(
            "contrast",
            _READ,
            N_("Contrast as drawn"),
            measured.contrast.mean if measured else None,
            Unit.CONTRAST,
            contrast,
        ),
        Score(
            "contrast_worst",
            _READ,
            N_("Contrast, worst 5 %"),
            measured.contrast.worst if measured else None,
            Unit.CONTRAST,
            limits["contrast_worst"],
        ),
        of("iou_with_food", _IOU, N_("IoU with food or people"), iou.with_food if iou else None),
        of("covered", _IOU, N_("Object covered most"), share[0] if share else None),
        of("proposal_iou", _IOU, N_("IoU with the planner's box"), proposal_iou(variant)),
        of("relevance", _AI, N_("Text fits picture"), analysis.relevance if analysis else None),
        of("overall", N_("Together"), N_("Overall"), overall(variant)),
    )


def overall(variant: VariantReport) -> float | None:
    """Mean of OCR accuracy, readability score and 1 − IoU, as the service computes it on request.

    None unless all three are recorded.
    """
    if not (variant.ocr and variant.readability and variant.iou):
        return None
    parts = (variant.ocr.value.accuracy, variant.readability.value.score, variant.iou.value.with_food)
    if None in parts:
        return None
    accuracy, score, food = (part for part in parts if part is not None)
    return (accuracy + score + 1 - min(1.0, food)) / 3


def proposal_iou(variant: VariantReport) -> float | None:
    """Agreement of the drawn text box with the planner's chosen box, 0 to 1."""
    item, overlay = variant.planner.item, variant.overlay
    return (
        None
        if item is None or overlay is None or overlay.layout.box is None
        else item.box.iou(overlay.layout.box)
    )


def findings(
    variant: VariantReport, limits: Mapping[str, Limit], measured: Legibility | None
) -> tuple[Finding, ...]:
    """What is wrong with a variant, worst first."""
    found = [*_state(variant), *_judged(variant)]
    for score in variant_scores(variant, limits, measured):
        sentence = _sentence(score, variant) if score.verdict in _WEIGHTS else None
        if sentence is not None:
            found.append(Finding(score.verdict, sentence, score.name))
    return tuple(sorted(found, key=lambda item: -_WEIGHTS[item.verdict]))


def severity(found: Iterable[Finding]) -> int:
    """Order of looking: one failure outweighs any number of warnings."""
    return sum(_WEIGHTS[item.verdict] for item in found)


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
    percent, ratio, limit = score.shown, f"{score.value:.1f}", f"{score.limit.good:g}"
    match score.name:
        case "covered":
            share = _most_covered(variant)
            return share and N_(
                "The text covers {percent} of this object: {label}.", percent=percent, label=share[1]
            )
        case "iou_with_food":
            return N_("The text box overlaps food or people (IoU {value}).", value=f"{score.value:.2f}")
        case "contrast":
            return N_("Contrast {ratio}:1 is below {limit}:1.", ratio=ratio, limit=limit)
        case "contrast_worst":
            return N_("In the worst 5 % around the letters the contrast is only {ratio}:1.", ratio=ratio)
        case "ocr_accuracy":
            if variant.ocr and variant.ocr.value.crashed:
                return N_("The machine read nothing: the recogniser probably crashed.")
            return N_("A machine reads only {percent} of the text correctly.", percent=percent)
        case "relevance":
            return N_("Picture and text hardly fit (relevance {percent}).", percent=percent)
        case "proposal_iou":
            return N_("The text does not lie on the chosen box (IoU {value}).", value=f"{score.value:.2f}")
    return None


def _state(variant: VariantReport) -> Iterable[Finding]:
    if variant.status == pipeline.Status.FAILED:
        step = pipeline.title(variant.step)
        yield Finding(Verdict.FAIL, N_("It failed at this step: {step}.", step=step), "status")
    if variant.overlaid is not None and variant.overlay is None:
        yield Finding(
            Verdict.WARN, N_("There is a finished picture, but no record of where the text lies."), "overlay"
        )
    if variant.planner.used is Used.DEFAULT:
        yield Finding(
            Verdict.WARN, N_("The text lies on the default rectangle: no planner box was used."), "planner"
        )
    if variant.unreadable:
        count = len(variant.unreadable)
        yield Finding(
            Verdict.WARN,
            NN_("{n} stored value is unreadable.", "{n} stored values are unreadable.", count),
            "raw",
        )


def _judged(variant: VariantReport) -> Iterable[Finding]:
    """The judge's answers. A stored "false" may mean "not stated", so only occlusion is a failure."""
    if variant.judgement is None:
        return
    said, sure = variant.judgement.value, variant.judgement.of_variant
    if said.occlusion:
        verdict = Verdict.FAIL if sure else Verdict.WARN
        yield Finding(verdict, N_("The AI judge says that something is covered."), "judge")
    for answer, sentence in (
        (said.contrast_ok, N_("The AI judge does not confirm the contrast.")),
        (said.on_brief, N_("The AI judge does not confirm that it fits the order.")),
        (said.cta_present, N_("The AI judge finds no call to action.")),
    ):
        if answer is False:
            yield Finding(Verdict.WARN, sentence, "judge")
