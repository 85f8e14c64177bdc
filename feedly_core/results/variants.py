"""A variant's own rows, and those of its job."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

from feedly_core.domain.payloads.detections import read_detections
from feedly_core.domain.payloads.evaluations import read_iou, read_ocr, read_readability
from feedly_core.domain.payloads.overlay_layout import read_overlay_layout
from feedly_core.domain.payloads.vlm_traces import read_analysis, read_judgement
from feedly_core.results.attribution import Attribution, PlannerRun, attribute
from feedly_core.results.planner_choice import choose
from feedly_core.results.report_types import Asset, Newest, Overlay, VariantReport
from feedly_core.results.rows import JobRows, Row, id_of

_Value = TypeVar("_Value")

KNOWN_EVALUATIONS = ("ocr", "readability", "iou")


def variant_report(
    row: Row, rows: JobRows, runs: Sequence[PlannerRun], assets: Mapping[UUID, Asset]
) -> VariantReport:
    """The report of the variant in ``row`` (``jobs_variants``)."""
    variant_id, image = row["job_variants_id"], row["img_asset_id"]
    overlays = rows.overlays_of.get(variant_id, ())
    evaluations = rows.evaluations_of.get(variant_id, ())
    overlay = _overlay(overlays)
    overlay_ids = {item["overlay_id"] for item in overlays}
    picture = assets.get(image) if image else None
    planner = attribute(
        runs,
        has_overlay=overlay is not None,
        overlay_proposal_id=overlay.proposal_id if overlay else None,
        text_box=overlay.layout.box if overlay else None,
        variant_image=image,
        input_image=rows.job.get("i.img_asset_id"),
        variants=len(rows.variants),
    )
    drawn_by_planner = _planner_picture(row, rows, planner, runs, assets)
    length = len(overlay.layout.text or "") if overlay else 0
    return VariantReport(
        variant_id=variant_id,
        order=row["creation_order"],
        status=row.get("status"),
        step=row.get("current_step"),
        retry_count=row.get("retry_count"),
        selected=bool(row.get("selected")),
        picture=picture,
        planner_picture=drawn_by_planner.asset,
        planner_picture_guessed=drawn_by_planner.guessed,
        overlaid=_overlaid(row, overlay, assets),
        overlay=overlay,
        planner=planner,
        choice=choose(planner.run.layout, length) if planner.run and overlay else None,
        detections=read_detections(
            rows.detections_of.get(image, ()) if image else (),
            (overlay and overlay.layout.picture_size) or (picture.size if picture else None),
        ),
        analysis=_traced(rows, "analyze", variant_id, overlay_ids, image, read_analysis),
        judgement=_traced(rows, "judge", variant_id, overlay_ids, image, read_judgement),
        ocr=_evaluated(evaluations, "ocr", read_ocr),
        readability=_evaluated(evaluations, "readability", read_readability),
        iou=_evaluated(evaluations, "iou", read_iou),
        other_evaluations={
            row["evaluation_type"]: row["metrics"]
            for row in reversed(evaluations)
            if row["evaluation_type"] not in KNOWN_EVALUATIONS
        },
    )


def _overlay(newest_first: Sequence[Row]) -> Overlay | None:
    if not newest_first:
        return None
    row = newest_first[0]
    return Overlay(
        overlay_id=row["overlay_id"],
        proposal_id=row.get("proposal_id"),
        layout=read_overlay_layout(row.get("layout"), row),
        latency_ms=row.get("latency_ms"),
        created_at=row.get("created_at"),
        rows=len(newest_first),
    )


def _overlaid(row: Row, overlay: Overlay | None, assets: Mapping[UUID, Asset]) -> Asset | None:
    """The finished picture: the variant's own column, else what the overlay row says it drew."""
    named: UUID | None = row.get("overlaid_img_asset_id")
    if named is not None and named in assets:
        return assets[named]
    if overlay is None:
        return None
    drawn = id_of(overlay.layout.picture_asset_id)
    return assets.get(drawn) if drawn else None


class _Drawn(NamedTuple):
    asset: Asset | None
    guessed: bool = False


def _planner_picture(
    row: Row,
    rows: JobRows,
    planner: Attribution,
    runs: Sequence[PlannerRun],
    assets: Mapping[UUID, Asset],
) -> _Drawn:
    """The picture that the variant's run names by id or address; else one of the job's that no run names, by
    their order, which is a guess where several variants ran at once."""
    if planner.run is not None:
        drawn, url = id_of(planner.run.layout.picture_asset_id), planner.run.layout.picture_url
        if drawn and drawn in assets:
            return _Drawn(assets[drawn])
        for asset in assets.values():
            if asset.url == url:
                return _Drawn(asset)
    named = {run.layout.picture_asset_id for run in runs}
    rest = [item for item in assets.values() if item.kind == "planner" and str(item.asset_id) not in named]
    place = [item["job_variants_id"] for item in rows.variants].index(row["job_variants_id"])
    return _Drawn(rest[place], len(rows.variants) > 1) if place < len(rest) else _Drawn(None)


def _evaluated(
    evaluations: Sequence[Row], kind: str, read: Callable[[object], _Value]
) -> Newest[_Value] | None:
    found = [row for row in evaluations if row["evaluation_type"] == kind]
    if not found:
        return None
    value = read(found[0]["metrics"])
    return Newest(value, len(found), found[0].get("created_at"), getattr(value, "latency_ms", None))


def _traced(
    rows: JobRows,
    kind: str,
    variant_id: UUID,
    overlay_ids: set[UUID],
    image: UUID | None,
    read: Callable[[object, object], _Value],
) -> Newest[_Value] | None:
    """Newest trace of a variant: by its column, else by what its request names, else the job's."""
    own, unnamed = (rows.traces_of.get((kind, named), ()) for named in (variant_id, None))
    if not own:
        names = {str(item) for item in (*overlay_ids, image) if item}
        own = [row for row in unnamed if _request_ids(row) & names]
        shared = image is not None and sum(row["img_asset_id"] == image for row in rows.variants) > 1
        exact = bool(own) and (kind == "judge" or not shared)
    else:
        exact = True
    of_job = [row for row in unnamed if not _request_ids(row)]
    found = own or of_job
    if not found:
        return None
    row = found[0]
    value = read(row.get("request"), row.get("response"))
    exact = exact or (bool(found) and len(rows.variants) == 1)
    return Newest(value, len(found), row.get("created_at"), row.get("latency_ms"), exact)


def _request_ids(row: Row) -> set[str]:
    request = row.get("request")
    if not isinstance(request, dict):
        return set()
    return {str(request[key]) for key in ("overlay_id", "image_asset_id") if request.get(key)}
