"""Tenants, stores, jobs, their variants and pictures."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, String, Table, Uuid, text

from feedly_core.domain.tables.columns import integer, key, metadata, prose, ref, standard, words

users = Table("users", metadata, key("user_id"), Column("uid", String(255), unique=True), *standard("users"))

tenants = Table(
    "tenants",
    metadata,
    Column("tenant_id", String(255), primary_key=True),
    Column("display_name", String(255)),
    Column("uid", String(255), unique=True),
    *standard("tenants"),
)
"""``tenant_id`` is text of any characters, no UUID."""

image_assets = Table(
    "image_assets",
    metadata,
    key("image_asset_id"),
    Column("image_type", String(50)),
    words("image_url", nullable=False),
    words("mask_url"),
    integer("width"),
    integer("height"),
    ref("creator_id", "users.user_id"),
    ref("tenant_id", "tenants.tenant_id", type_=String(255)),
    ref("job_id", "jobs.job_id", use_alter=True),
    *standard("image_assets"),
)

stores = Table(
    "stores",
    metadata,
    key("store_id"),
    ref("user_id", "users.user_id"),
    ref("image_id", "image_assets.image_asset_id"),
    Column("title", String(500)),
    prose("body"),
    words("store_category"),
    Column("auto_scoring_flag", Boolean, server_default=text("false")),
    *standard("stores"),
)

tone_styles = Table(
    "tone_styles",
    metadata,
    key("tone_style_id"),
    words("code"),
    words("kor_name"),
    words("eng_name"),
    prose("description"),
    *standard("tone_styles"),
)

jobs = Table(
    "jobs",
    metadata,
    key("job_id"),
    ref("tenant_id", "tenants.tenant_id", type_=String(255)),
    ref("store_id", "stores.store_id"),
    words("status", default="queued"),
    words("current_step"),
    words("version"),
    integer("retry_count", default=0),
    *standard("jobs"),
)

job_inputs = Table(
    "job_inputs",
    metadata,
    Column("job_id", Uuid, ForeignKey("jobs.job_id"), primary_key=True),
    ref("img_asset_id", "image_assets.image_asset_id"),
    ref("tone_style_id", "tone_styles.tone_style_id"),
    prose("desc_kor"),
    prose("desc_eng"),
    *standard("job_inputs"),
)
"""One row per job: ``job_id`` itself is the primary key."""

jobs_variants = Table(
    "jobs_variants",
    metadata,
    key("job_variants_id"),
    ref("job_id", "jobs.job_id"),
    ref("img_asset_id", "image_assets.image_asset_id"),
    integer("creation_order", nullable=False),
    Column("selected", Boolean, server_default=text("false")),
    words("status", default="queued"),
    words("current_step", default="vlm_analyze"),
    integer("retry_count", default=0),
    ref("overlaid_img_asset_id", "image_assets.image_asset_id"),
    *standard("jobs_variants"),
)
