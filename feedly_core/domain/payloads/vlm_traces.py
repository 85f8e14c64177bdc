"""``vlm_traces``: what the vision model said before (analyze) and after (judge) the text was drawn."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from feedly_core.domain.payloads.document import Document, Unreadable


class Question(StrEnum):
    """What the AI judge is asked about a picture, by the key of its answer."""

    OCCLUSION = "occlusion"
    CONTRAST = "contrast_ok"
    ON_BRIEF = "on_brief"
    CALL_TO_ACTION = "cta_present"

    def complains(self, answer: bool) -> bool:
        """Whether the answer finds fault: ``occlusion`` true is bad, of the others false."""
        return answer is (self is Question.OCCLUSION)


@dataclass(frozen=True)
class FontRecommendation:
    """The vision model's advice.

    ``color`` is six hexadecimal digits and is drawn by default.
    """

    name: str | None
    style: str | None
    size_category: str | None
    color: str | None
    reasoning: str | None


@dataclass(frozen=True)
class Analysis:
    """Whether picture and advertising text fit. ``relevance`` 0 to 1."""

    valid: bool | None
    quality_ok: bool | None
    relevance: float | None
    text: str | None
    issues: tuple[str, ...]
    font: FontRecommendation | None
    image_asset_id: str | None
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True)
class Judgement:
    """The verdict on the finished picture.

    Missing answers are stored as false by the service.
    """

    on_brief: bool | None
    occlusion: bool | None
    contrast_ok: bool | None
    cta_present: bool | None
    issues: tuple[str, ...]
    reasoning: str | None
    text: str | None
    overlay_id: str | None
    unreadable: tuple[Unreadable, ...]


def read_analysis(request: object, response: object) -> Analysis:
    """The two documents of operation_type ``analyze``."""
    asked = Document(request, "request")
    answer = Document(response, "response", asked.problems)
    font = answer.inner("font_recommendation")
    return Analysis(
        valid=answer.flag("is_valid"),
        quality_ok=answer.flag("image_quality_ok"),
        relevance=answer.number("relevance_score", 0, 1),
        text=answer.text("analysis"),
        issues=answer.texts("issues"),
        font=_font(font) if font.recorded else None,
        image_asset_id=asked.text("image_asset_id"),
        unreadable=tuple(answer.problems),
    )


def read_judgement(request: object, response: object) -> Judgement:
    """The two documents of operation_type ``judge``."""
    asked = Document(request, "request")
    answer = Document(response, "response", asked.problems)
    text = answer.text("analysis")
    return Judgement(
        on_brief=answer.flag("on_brief"),
        occlusion=answer.flag("occlusion"),
        contrast_ok=answer.flag("contrast_ok"),
        cta_present=answer.flag("cta_present"),
        issues=answer.texts("issues"),
        reasoning=answer.text("reasoning"),
        # The model escapes underscores as in Markdown.
        text=text.replace("\\_", "_") if text else text,
        overlay_id=asked.text("overlay_id"),
        unreadable=tuple(answer.problems),
    )


def _font(document: Document) -> FontRecommendation:
    return FontRecommendation(
        name=document.text("font_name"),
        style=document.text("font_style"),
        size_category=document.text("font_size_category"),
        color=document.text("font_color_hex"),
        reasoning=document.text("reasoning"),
    )
