"""Our measurement of the drawn text, beside the stored readability.

The service compares the requested colour with a few pixels in the middle of the picture. Here the
colour that was really drawn is compared with what really surrounds the letters.
"""

from __future__ import annotations

from dataclasses import dataclass

from feedly_core.domain.payloads.overlay_layout import DEFAULT_TEXT_COLOR
from feedly_core.domain.scores import ContrastState, readability_of
from feedly_core.errors import PictureUnusable
from feedly_core.images.asset_pictures import AssetMissing, decoded_asset
from feedly_core.images.contrast import MeasuredContrast, Required, measure, parse_color, required
from feedly_core.results.report_types import VariantReport
from feedly_core.settings import Settings


@dataclass(frozen=True)
class Legibility:
    """Measured contrast of one text, and WCAG's limit at its size. Font size in px."""

    contrast: MeasuredContrast
    text_color: str
    required: Required
    font_size: int | None

    @property
    def readability(self) -> float:
        """The readability score of what was drawn, 0 to 1."""
        return readability_of(self.contrast.mean, self.required.aa, self.required.aaa)


def drawn_color(variant: VariantReport) -> str | None:
    """``rrggbb`` that the overlay step really drew: the recommended colour replaces the default white."""
    if variant.overlay is None:
        return None
    font = variant.analysis.value.font if variant.analysis and variant.analysis.of_variant else None
    return color_drawn(variant.overlay.layout.text_color, font.color if font else None)


def color_drawn(requested: str | None, recommended: str | None) -> str:
    """``rrggbb`` of the drawn text: the recommended colour replaces the default white."""
    asked = requested or DEFAULT_TEXT_COLOR
    if asked in {DEFAULT_TEXT_COLOR, DEFAULT_TEXT_COLOR[:6]} and recommended:
        try:
            parse_color(recommended)
        except ValueError:
            return asked[:6]
        return recommended.strip().removeprefix("#")[:6].lower()
    return asked[:6]


def wcag_required(variant: VariantReport) -> Required:
    """What WCAG asks at the font size really used.

    Normal text when no size is recorded.
    """
    size = variant.overlay.layout.font_size if variant.overlay else None
    return required(size or 0)


def measure_legibility(variant: VariantReport, settings: Settings) -> Legibility | None:
    """Measure the finished picture.

    None without picture, overlay row, text box or readable file.
    """
    found = legibility_of(variant, settings)
    return found if isinstance(found, Legibility) else None


def legibility_of(variant: VariantReport, settings: Settings) -> Legibility | ContrastState:
    """Measure the finished picture, or say why that is impossible."""
    color, overlay, picture = drawn_color(variant), variant.overlay, variant.overlaid
    if color is None or overlay is None or overlay.layout.box is None:
        return ContrastState.UNPLACED
    try:
        image = decoded_asset(picture.url if picture else None, settings).image
    except AssetMissing:
        return ContrastState.MISSING
    except PictureUnusable:
        return ContrastState.UNREADABLE
    contrast = measure(image, parse_color(color), overlay.layout.box)
    if contrast is None:
        return ContrastState.UNPLACED
    return Legibility(contrast, color, wcag_required(variant), overlay.layout.font_size)


def wcag_level(ratio: float, needed: Required) -> str:
    """``AAA``, ``AA`` or ``–`` (below both)."""
    return "AAA" if ratio >= needed.aaa else "AA" if ratio >= needed.aa else "–"


def disagree(variant: VariantReport, measured: Legibility | None) -> bool:
    """Whether the stored figure and ours give different WCAG levels.

    At the real font size.
    """
    stored = variant.readability.value.contrast_ratio if variant.readability else None
    if stored is None or measured is None:
        return False
    return wcag_level(stored, measured.required) != wcag_level(measured.contrast.mean, measured.required)
