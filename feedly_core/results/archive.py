"""A job's pictures as one ZIP with a manifest."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from PIL import Image

from feedly_core.domain.scores import Limits, Unit, written
from feedly_core.errors import PictureUnusable
from feedly_core.images.asset_pictures import DecodedPicture, decoded_asset
from feedly_core.images.assets import Unavailable, read_asset
from feedly_core.images.decoding import MEDIA_TYPES
from feedly_core.images.marks import OVERLAP, Caption
from feedly_core.images.overlay_view import draw_overlay_view
from feedly_core.images.planner_view import draw_planner_view
from feedly_core.results.document import report_document
from feedly_core.results.legibility import Legibility
from feedly_core.results.report_types import Asset, JobReport, VariantReport
from feedly_core.settings import Settings

MANIFEST = "manifest.json"
_ENDINGS = {f".{media.rpartition('/')[2]}" for media in MEDIA_TYPES.values()} | {".jpg", ".tif", ".heif"}


def job_archive(
    report: JobReport,
    settings: Settings,
    limits: Limits,
    measured: Mapping[int, Legibility | None],
    now: datetime,
) -> bytes:
    """The originals, our planner and overlay views, and ``manifest.json``: the report, and every file with
    its asset, or the reason why it is missing. Never raises for a bad picture."""
    stream, files = io.BytesIO(), []
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, asset, content in _files(report, settings):
            entry: dict[str, Any] = {
                "file": name,
                "asset_id": asset and str(asset.asset_id),
                "url": asset and asset.url,
            }
            if isinstance(content, Unavailable):
                entry |= {"file": None, "missing": str(content.reason), "tried": content.tried}
            else:
                archive.writestr(name, content)
            files.append(entry)
        document = report_document(report, limits, measured, now=now, zone=settings.zone)
        archive.writestr(
            MANIFEST,
            json.dumps({**document, "files": files}, ensure_ascii=False, indent=2),
            zipfile.ZIP_DEFLATED,
        )
    return stream.getvalue()


@dataclass(frozen=True)
class Original:
    """A finished picture to archive: its ``name`` without ending, where it is, and what the manifest says."""

    name: str
    url: str | None
    facts: Mapping[str, Any]


def pictures_archive(pictures: Iterable[Original], settings: Settings) -> bytes:
    """The originals and ``manifest.json``: every picture with its facts, or why it is missing."""
    stream, files = io.BytesIO(), []
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for number, picture in enumerate(pictures, start=1):
            content = read_asset(picture.url, settings)
            entry: dict[str, Any] = {**picture.facts, "url": picture.url, "file": None}
            if isinstance(content, Unavailable):
                entry |= {"missing": str(content.reason), "tried": content.tried}
            else:
                entry["file"] = f"{number:03d}-{picture.name}{_ending(picture.url or '')}"
                archive.writestr(entry["file"], content)
            files.append(entry)
        manifest = json.dumps({"files": files}, ensure_ascii=False, indent=2, default=str)
        archive.writestr(MANIFEST, manifest, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _files(report: JobReport, settings: Settings) -> Iterator[tuple[str, Asset | None, bytes | Unavailable]]:
    if report.input_picture is not None:
        yield _original("input", report.input_picture, settings)
    for variant in report.variants:
        folder = f"variant-{variant.order}"
        for name, asset in (
            ("picture", variant.picture),
            ("planner-stored", variant.planner_picture),
            ("finished", variant.overlaid),
        ):
            if asset is not None:
                yield _original(f"{folder}/{name}", asset, settings)
        for name, drawn in (
            ("planner-view", planner_file(variant, settings)),
            ("overlay-view", overlay_file(variant, settings)),
        ):
            if drawn is not None:
                yield f"{folder}/{name}.png", None, drawn


def planner_file(variant: VariantReport, settings: Settings) -> bytes | None:
    """Our planner view as PNG.

    None without a readable picture or planner run.
    """
    photo = _decoded(variant.picture, settings)
    drawn = planner_view(variant, photo) if photo is not None else None
    return _png(drawn) if drawn is not None else None


def planner_view(variant: VariantReport, photo: DecodedPicture) -> Image.Image | None:
    """What the planner knew and chose, drawn on the photo.

    None without a planner run.

    Boxes are measured in the file's own pixels; the photo is shown turned.
    """
    run, chosen = variant.planner.run, variant.planner.item
    if run is None:
        return None
    turn, forbidden = photo.facts.orientation, run.layout.forbidden
    detections = variant.detections.on(photo.facts.stored_size).boxes
    return draw_planner_view(
        photo.image,
        proposals=[replace(item, box=item.box.turned(turn)) for item in run.layout.proposals],
        chosen=chosen and replace(chosen, box=chosen.box.turned(turn)),
        detections=[replace(thing, box=thing.box.turned(turn)) for thing in detections],
        forbidden=forbidden and forbidden.turned(turn),
    )


def overlay_file(variant: VariantReport, settings: Settings) -> bytes | None:
    """Our overlay view as PNG.

    None without a readable finished picture or overlay row.
    """
    picture = _decoded(variant.overlaid, settings)
    drawn = overlay_view(variant, picture) if picture is not None else None
    return _png(drawn) if drawn is not None else None


def overlay_view(variant: VariantReport, picture: DecodedPicture) -> Image.Image | None:
    """The text's place on the finished picture.

    None without an overlay row.
    """
    if variant.overlay is None:
        return None
    return draw_overlay_view(
        picture.image,
        text_box=variant.overlay.layout.box,
        proposal=variant.planner.item.box if variant.planner.item else None,
        detections=variant.detections.boxes,
    )


def evidence_view(
    variant: VariantReport, picture: DecodedPicture, measured: Legibility | None
) -> Image.Image | None:
    """The reasons of the scores on the finished picture: text box, things, overlaps, the worst contrast.

    None without an overlay row.
    """
    if variant.overlay is None:
        return None
    worst = None
    if measured is not None:
        place, ratio = measured.contrast.patch, measured.contrast.patch_ratio
        worst = Caption(place, written(ratio, Unit.CONTRAST), OVERLAP)
    return draw_overlay_view(
        picture.image,
        text_box=variant.overlay.layout.box,
        detections=variant.detections.boxes,
        worst=worst,
    )


def _original(name: str, asset: Asset, settings: Settings) -> tuple[str, Asset, bytes | Unavailable]:
    return f"{name}{_ending(asset.url)}", asset, read_asset(asset.url, settings)


def _ending(url: str) -> str:
    ending = PurePosixPath(url).suffix.lower()
    return ending if ending in _ENDINGS else ".bin"


def _decoded(asset: Asset | None, settings: Settings) -> DecodedPicture | None:
    try:
        return decoded_asset(asset.url if asset else None, settings)
    except PictureUnusable:
        return None


def _png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
