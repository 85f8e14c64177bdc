"""Image generation (YE) and the two system tables nobody writes."""

from __future__ import annotations

from sqlalchemy import Column, Numeric, String, Table, text

from feedly_core.domain.tables.columns import (
    document,
    instant,
    integer,
    key,
    metadata,
    number,
    prose,
    ratio,
    ref,
    serial,
    standard,
    words,
)

gen_models = Table(
    "gen_models",
    metadata,
    key("model_id"),
    words("name"),
    words("repo"),
    words("version"),
    document("defaults"),
    instant("created_at", default_now=True),
    instant("updated_at", default_now=True),
)

gen_runs = Table(
    "gen_runs",
    metadata,
    key("run_id"),
    ref("job_id", "jobs.job_id"),
    ref("tenant_id", "tenants.tenant_id", type_=String(255)),
    ref("src_asset_id", "image_assets.image_asset_id"),
    ref("cutout_asset_id", "image_assets.image_asset_id"),
    ref("model_id", "gen_models.model_id"),
    words("prompt_version"),
    integer("bg_width"),
    integer("bg_height"),
    words("status", default="queued"),
    number("latency_ms"),
    instant("finished_at"),
    words("plan_json_url"),
    serial("gen_runs"),
    instant("created_at", default_now=True),
)
"""``plan_json_url`` is in no published schema file: YE needs it, so most live databases have it."""

pbg_prompt_assets = Table(
    "pbg_prompt_assets",
    metadata,
    key("prompt_asset_id"),
    ref("tone_style_id", "tone_styles.tone_style_id"),
    words("prompt_type"),
    words("prompt_version"),
    document("prompt"),
    document("negative_prompt"),
    *standard("pbg_prompt_assets"),
)

pbg_placement_presets = Table(
    "pbg_placement_presets",
    metadata,
    key("placement_preset_id"),
    words("prompt_type", nullable=False),
    integer("preset_order"),
    ratio("x", nullable=False),
    ratio("y", nullable=False),
    ratio("size", nullable=False),
    Column("rotation", Numeric(5, 2, asdecimal=False), nullable=False, server_default=text("0")),
    *standard("pbg_placement_presets"),
)

gen_variants = Table(
    "gen_variants",
    metadata,
    key("gen_variant_id"),
    ref("run_id", "gen_runs.run_id"),
    integer("index"),
    ref("canvas_asset_id", "image_assets.image_asset_id"),
    ref("mask_asset_id", "image_assets.image_asset_id"),
    ref("bg_asset_id", "image_assets.image_asset_id"),
    ref("placement_preset_id", "pbg_placement_presets.placement_preset_id"),
    prose("prompt_en"),
    prose("negative_en"),
    integer("seed_base", default=13),
    integer("steps", default=20),
    number("infer_ms"),
    number("latency_ms"),
    serial("gen_variants"),
    instant("created_at", default_now=True),
)
"""``bg_asset_id`` equals the variant's ``jobs_variants.img_asset_id``: the only link between the two."""

worker_events = Table(
    "worker_events",
    metadata,
    key("event_id"),
    Column("event_type", String(100)),
    Column("status", String(50)),
    instant("start_time"),
    instant("end_time"),
    *standard("worker_events"),
)

connected_nodes = Table(
    "connected_nodes",
    metadata,
    key("node_id"),
    Column("node_type", String(100)),
    Column("status", String(50)),
    *standard("connected_nodes"),
)
