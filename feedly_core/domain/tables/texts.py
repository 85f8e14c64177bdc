"""Language model calls, advertising copy and the Instagram feed."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Uuid, text

from feedly_core.domain.tables.columns import (
    document,
    integer,
    key,
    metadata,
    number,
    prose,
    ref,
    standard,
    words,
)

llm_models = Table(
    "llm_models",
    metadata,
    key("llm_model_id"),
    Column("model_name", String(255), nullable=False),
    Column("model_version", String(255)),
    Column("provider", String(255), nullable=False),
    number("default_temperature"),
    integer("default_max_tokens"),
    number("prompt_token_cost_per_1m"),
    number("completion_token_cost_per_1m"),
    prose("description"),
    Column("is_active", String(10), server_default=text("'true'")),
    *standard("llm_models"),
)
"""Costs are US dollars per million tokens; NULL is unknown, not free. ``is_active`` is text."""

llm_traces = Table(
    "llm_traces",
    metadata,
    key("llm_trace_id"),
    ref("job_id", "jobs.job_id"),
    words("provider"),
    ref("llm_model_id", "llm_models.llm_model_id", ondelete="SET NULL"),
    ref("tone_style_id", "tone_styles.tone_style_id"),
    ref("enhanced_img_id", "image_assets.image_asset_id"),
    Column("prompt_id", Uuid),
    words("operation_type"),
    document("request"),
    document("response"),
    number("latency_ms"),
    integer("prompt_tokens"),
    integer("completion_tokens"),
    integer("total_tokens"),
    document("token_usage"),
    *standard("llm_traces"),
)

txt_ad_copy_generations = Table(
    "txt_ad_copy_generations",
    metadata,
    key("ad_copy_gen_id"),
    ref("job_id", "jobs.job_id", ondelete="CASCADE", nullable=False),
    ref("llm_trace_id", "llm_traces.llm_trace_id", ondelete="SET NULL"),
    words("generation_stage", nullable=False),
    prose("ad_copy_kor"),
    prose("ad_copy_eng"),
    prose("refined_ad_copy_eng"),
    words("status", default="queued"),
    *standard("txt_ad_copy_generations"),
)

instagram_feeds = Table(
    "instagram_feeds",
    metadata,
    key("instagram_feed_id"),
    ref("job_id", "jobs.job_id"),
    ref("llm_trace_id", "llm_traces.llm_trace_id", ondelete="SET NULL"),
    ref("overlay_id", "overlay_layouts.overlay_id"),
    Column("tenant_id", String(255), nullable=False),
    prose("refined_ad_copy_eng", nullable=False),
    words("tone_style", nullable=False),
    prose("product_description", nullable=False),
    prose("gpt_prompt", nullable=False),
    prose("ad_copy_kor"),
    prose("instagram_ad_copy", nullable=False),
    prose("hashtags", nullable=False),
    number("used_temperature"),
    integer("used_max_tokens"),
    number("latency_ms"),
    *standard("instagram_feeds"),
)
"""Every call appends a row: the newest counts."""
