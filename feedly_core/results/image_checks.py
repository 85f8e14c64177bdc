"""Image checks of a report: readable files, and measured legibility."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from uuid import UUID

from feedly_core.errors import PictureUnusable
from feedly_core.images.assets import Unavailable, place, read_asset
from feedly_core.images.decoding import PictureFacts, facts
from feedly_core.results.legibility import Legibility, measure_legibility
from feedly_core.results.report_types import Asset, JobReport
from feedly_core.settings import Settings

_THREADS = 4


@dataclass(frozen=True)
class ImageChecks:
    """``files`` by asset id: what the file is, or why it cannot be shown. ``legibility`` by variant order."""

    files: Mapping[UUID, PictureFacts | Unavailable]
    legibility: Mapping[int, Legibility | None]


def shown_pictures(report: JobReport) -> dict[UUID, Asset]:
    """Every picture that a report shows, by id."""
    found = [report.input_picture]
    for variant in report.variants:
        found += [variant.picture, variant.planner_picture, variant.overlaid]
    return {asset.asset_id: asset for asset in found if asset is not None}


def fingerprint(report: JobReport) -> tuple[object, ...]:
    """Changes when a picture or an overlay is replaced."""
    overlays = tuple(variant.overlay.overlay_id if variant.overlay else None for variant in report.variants)
    return report.job.job_id, tuple(sorted(shown_pictures(report))), overlays


def gather(report: JobReport, settings: Settings) -> ImageChecks:
    """Read every picture once, in parallel.

    Never raises for a bad file.
    """
    pictures = list(shown_pictures(report).values())
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="evidence") as threads:
        files = threads.map(lambda asset: file_facts(asset.url, settings), pictures)
        measured = threads.map(lambda variant: measure_legibility(variant, settings), report.variants)
        return ImageChecks(
            {asset.asset_id: found for asset, found in zip(pictures, files, strict=True)},
            {variant.order: found for variant, found in zip(report.variants, measured, strict=True)},
        )


def on_measured_pictures(report: JobReport, evidence: ImageChecks) -> JobReport:
    """The report with each detection on the picture that was measured, as far as its file can be read."""
    variants = []
    for variant in report.variants:
        file = evidence.files.get(variant.picture.asset_id) if variant.picture else None
        if isinstance(file, PictureFacts):
            variant = replace(variant, detections=variant.detections.on(file.stored_size))
        variants.append(variant)
    return replace(report, variants=tuple(variants))


def file_facts(url: str | None, settings: Settings) -> PictureFacts | Unavailable:
    """The file behind an asset URL, or why it cannot be shown."""
    content = read_asset(url, settings)
    if isinstance(content, Unavailable):
        return content
    try:
        return facts(content, settings.upload_max_megapixels)
    except PictureUnusable as problem:
        return Unavailable(problem.message, place(url, settings))
