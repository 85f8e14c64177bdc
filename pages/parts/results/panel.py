"""One picture of a variant in its own shape, with its boxes, or why it cannot be shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from uuid import UUID

from feedly_core.i18n import N_, Message
from feedly_core.images.assets import Unavailable
from feedly_core.images.decoding import PictureFacts
from feedly_core.results.image_checks import ImageChecks
from feedly_core.results.report_types import Asset, JobReport, VariantReport
from pages.parts.results.marks import Mark, marks_html, overlay_marks, planner_marks
from pages.shared.language import _
from pages.shared.lightbox import before_it, opener
from pages.shared.navigation import picture_url

ROWS: dict[str, Message] = {
    "input": N_("Picture without text"),
    "planner": N_("Planner"),
    "overlay": N_("Finished picture"),
}
_LONGEST = 240
"""Characters of a path that are shown; its end names the file."""


@dataclass(frozen=True)
class Panel:
    """One picture with its marks.

    ``missing`` holds the lines of a placeholder instead of ``picture``. ``before``: earlier pictures of it by
    what they are called. ``job``: where the large view leads. ``size`` is that of the file in pixels, turned
    as a browser shows it.
    """

    picture: UUID | None
    size: tuple[int, int] | None
    marks: Sequence[Mark] = ()
    layers: Sequence[str] = ()
    missing: Sequence[str] = ()
    name: str = ""
    before: tuple[tuple[str, UUID], ...] = ()
    job: UUID | None = None

    @property
    def aspect(self) -> float:
        """Width over height; a square when the size is unknown."""
        return self.size[0] / self.size[1] if self.size else 1.0

    def html(self, height: int) -> str:
        """The picture whole, at most ``height`` pixels high; a click opens it large."""
        shape = f"style='--high:{height}px;--aspect:{self.aspect:.4f}'"
        if self.picture is None:
            lines = "".join(f"<span>{escape(line)}</span>" for line in self.missing)
            return f"<div class='fd-panel fd-panel-missing' {shape}>{lines}</div>"
        sources = (picture_url(self.picture, "view"), *self.layers)
        images = "".join(f"<img src='{escape(source, quote=True)}' alt=''>" for source in sources[1:])
        name = escape(self.name, quote=True)
        large = opener(self.picture, self.name, before=self.before, job=self.job)
        return (
            f"<a class='fd-panel' {shape} {large}>"
            f"<span class='fd-panel-inner'><img src='{sources[0]}' alt='{name}' loading='lazy'>{images}"
            f"<span class='fd-boxes'>{marks_html(self.marks)}</span></span></a>"
        )


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
    marks = () if stored else tuple(_marks(row, variant, layers))
    masks: tuple[str, ...] = ()
    if row == "planner" and not stored and "mask" in layers and report.forbidden_mask_url:
        masks = (picture_url(report.job.job_id, "mask"),)
    name = " · ".join((_("Variant {number}", number=variant.order), _(ROWS[row])))
    asset = _asset(row, variant, stored=stored)
    return shown(row, variant, asset, evidence, name, marks, masks)


def shown(
    row: str,
    variant: VariantReport,
    asset: Asset | None,
    evidence: ImageChecks,
    name: str,
    marks: Sequence[Mark],
    masks: tuple[str, ...] = (),
) -> Panel:
    """``asset`` with marks that are measured in its file, or the reason why there is nothing to see."""
    found = evidence.files.get(asset.asset_id) if asset else None
    file = found if isinstance(found, PictureFacts) else None
    size = (file.width, file.height) if file else None
    if asset is None or isinstance(found, Unavailable):
        stored_size = variant.picture.size if variant.picture else None
        return Panel(None, size or stored_size, missing=_missing(row, found), name=name)
    turned = tuple(mark.turned(file.orientation if file else 1) for mark in marks)
    before = before_it(variant) if row == "overlay" else ()
    return Panel(asset.asset_id, size, turned, masks, name=name, before=before)


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
        return [_(waiting[row])]
    return unavailable(found)


def unavailable(found: Unavailable) -> list[str]:
    """The lines of a placeholder: the reason, and the path that was tried."""
    tried = found.tried
    return [_(found.reason), tried if len(tried) <= _LONGEST else f"…{tried[1 - _LONGEST :]}"]


def _marks(row: str, variant: VariantReport, layers: Collection[str]) -> Iterator[Mark]:
    if row == "planner":
        yield from planner_marks(variant, layers)
    elif row == "overlay":
        yield from overlay_marks(variant, layers)
