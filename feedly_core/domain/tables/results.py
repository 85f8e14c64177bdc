"""What the analysis and overlay service (YH) leaves behind for each variant."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, ForeignKey, String, Table, Uuid, case, cast, null

from feedly_core.domain.tables.columns import (
    document,
    integer,
    key,
    metadata,
    number,
    prose,
    ratio,
    ref,
    standard,
    words,
)

vlm_prompt_assets = Table(
    "vlm_prompt_assets",
    metadata,
    key("prompt_asset_id"),
    words("prompt_type"),
    words("prompt_version"),
    document("prompt"),
    *standard("vlm_prompt_assets"),
)

vlm_traces = Table(
    "vlm_traces",
    metadata,
    key("vlm_trace_id"),
    ref("job_id", "jobs.job_id"),
    ref("job_variants_id", "jobs_variants.job_variants_id", ondelete="SET NULL"),
    words("provider"),
    ref("prompt_id", "vlm_prompt_assets.prompt_asset_id", ondelete="SET NULL"),
    words("operation_type"),
    document("request"),
    document("response"),
    number("latency_ms"),
    *standard("vlm_traces"),
)

detections = Table(
    "detections",
    metadata,
    key("detection_id"),
    ref("image_asset_id", "image_assets.image_asset_id"),
    ref("model_id", "gen_models.model_id"),
    ref("job_id", "jobs.job_id"),
    document("box"),
    Column("label", String(255)),
    ratio("score"),
    *standard("detections"),
)
"""No variant column and only ever appended: group by (job, image), drop repeats of (label, box)."""

yolo_runs = Table(
    "yolo_runs",
    metadata,
    key("yolo_run_id"),
    Column("job_id", Uuid, ForeignKey("jobs.job_id"), unique=True),
    ref("image_asset_id", "image_assets.image_asset_id"),
    words("forbidden_mask_url"),
    Column("model_name", String(255)),
    integer("detection_count", default=0),
    number("latency_ms"),
    *standard("yolo_runs"),
)
"""One row per job: the first variant's image, the last variant's mask and count."""

planner_proposals = Table(
    "planner_proposals",
    metadata,
    key("proposal_id"),
    ref("image_asset_id", "image_assets.image_asset_id"),
    prose("prompt"),
    document("layout"),
    number("latency_ms"),
    *standard("planner_proposals"),
)
"""``image_asset_id`` is the job's input image, not the variant's."""

overlay_layouts = Table(
    "overlay_layouts",
    metadata,
    key("overlay_id"),
    ref("proposal_id", "planner_proposals.proposal_id"),
    ref("job_variants_id", "jobs_variants.job_variants_id"),
    document("layout"),
    ratio("x_ratio"),
    ratio("y_ratio"),
    ratio("width_ratio"),
    ratio("height_ratio"),
    Column("text_margin", String(50)),
    number("latency_ms"),
    *standard("overlay_layouts"),
)

_UUID = "^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$"


def rendered_picture(layout: ColumnElement[Any]) -> ColumnElement[Any]:
    """The final picture that an overlay's document names.

    NULL unless it spells a UUID.

    Before v0.9 variants did not name it themselves.
    """
    return _spelled(layout["render"]["asset_id"].as_string())


def planned_picture(layout: ColumnElement[Any]) -> ColumnElement[Any]:
    """The planner's drawing that a proposal's document names. NULL unless it spells a UUID."""
    return _spelled(layout["proposal_image_asset_id"].as_string())


def _spelled(word: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((word.op("~*")(_UUID), cast(word, Uuid)), else_=null())


renders = Table(
    "renders",
    metadata,
    key("render_id"),
    ref("overlay_id", "overlay_layouts.overlay_id"),
    ref("image_asset_id", "image_assets.image_asset_id"),
    *standard("renders"),
)

evaluations = Table(
    "evaluations",
    metadata,
    key("evaluation_id"),
    ref("job_id", "jobs.job_id"),
    ref("overlay_id", "overlay_layouts.overlay_id"),
    Column("evaluation_type", String(50), nullable=False),
    document("metrics", nullable=False),
    *standard("evaluations"),
)
"""Only the overlay leads to the variant; several rows of one type may exist, the newest counts."""
