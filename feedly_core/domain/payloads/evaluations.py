"""``evaluations.metrics`` of the three types written: ocr, readability, iou."""

from __future__ import annotations

from dataclasses import dataclass

from feedly_core.domain.boxes import Box
from feedly_core.domain.payloads.document import Document, Unreadable


@dataclass(frozen=True)
class OcrMetrics:
    """How well a machine reads the drawn text back.

    Rates 0 to 1; ``edit_distance`` in characters.
    """

    accuracy: float | None
    confidence: float | None
    character_match_rate: float | None
    word_match_rate: float | None
    similarity: float | None
    edit_distance: int | None
    recognized_text: str | None
    original_text: str | None
    latency_ms: float | None
    unreadable: tuple[Unreadable, ...]

    @property
    def crashed(self) -> bool:
        """A crashed recogniser is stored as empty text and zeros with status done."""
        return (
            not self.recognized_text
            and not self.accuracy
            and not self.confidence
            and bool(self.original_text)
        )


@dataclass(frozen=True)
class ReadabilityMetrics:
    """The service's own contrast figure: requested colour against a few pixels in the middle."""

    contrast_ratio: float | None
    aa: bool | None
    aaa: bool | None
    score: float | None
    text_color: tuple[int, int, int] | None
    background_color: tuple[int, int, int] | None
    is_large_text: bool | None
    latency_ms: float | None
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True)
class IouMetrics:
    """Overlap of the planned text box with detections, 0 none to 1 identical: lower is better."""

    with_food: float | None
    each: tuple[float, ...]
    overlap: bool | None
    detection_count: int | None
    text_box: Box | None
    latency_ms: float | None
    unreadable: tuple[Unreadable, ...]


def read_ocr(value: object) -> OcrMetrics:
    """Metrics of evaluation_type ``ocr``."""
    document = Document(value)
    return OcrMetrics(
        accuracy=document.number("ocr_accuracy", 0, 1),
        confidence=document.number("ocr_confidence", 0, 1),
        character_match_rate=document.number("character_match_rate", 0, 1),
        word_match_rate=document.number("word_match_rate", 0, 1),
        similarity=document.number("similarity", 0, 1),
        edit_distance=document.integer("edit_distance", 0),
        recognized_text=document.text("recognized_text"),
        original_text=document.text("original_text"),
        latency_ms=document.number("latency_ms", 0),
        unreadable=tuple(document.problems),
    )


def read_readability(value: object) -> ReadabilityMetrics:
    """Metrics of evaluation_type ``readability``."""
    document = Document(value)
    return ReadabilityMetrics(
        contrast_ratio=document.number("contrast_ratio", 1, 21),
        aa=document.flag("wcag_aa_compliant"),
        aaa=document.flag("wcag_aaa_compliant"),
        score=document.number("readability_score", 0, 1),
        text_color=_rgb(document, "text_color_rgb"),
        background_color=_rgb(document, "background_color_rgb"),
        is_large_text=document.flag("is_large_text"),
        latency_ms=document.number("latency_ms", 0),
        unreadable=tuple(document.problems),
    )


def read_iou(value: object) -> IouMetrics:
    """Metrics of evaluation_type ``iou``.

    Without any detection the step leaves most keys out.
    """
    document = Document(value)
    width, height = document.integer("image_width", 1), document.integer("image_height", 1)
    return IouMetrics(
        with_food=document.number("iou_with_food", 0, 1),
        each=document.numbers("all_ious", 0, 1),
        overlap=document.flag("overlap_detected"),
        detection_count=document.integer("detection_count", 0),
        text_box=document.box("text_region", (width, height) if width and height else None),
        latency_ms=document.number("latency_ms", 0),
        unreadable=tuple(document.problems),
    )


def _rgb(document: Document, key: str) -> tuple[int, int, int] | None:
    channels = document.numbers(key, 0, 255)
    return (round(channels[0]), round(channels[1]), round(channels[2])) if len(channels) == 3 else None
