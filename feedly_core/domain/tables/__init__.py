"""The FeedlyAI tables of schema version 2.0, as SQLAlchemy Core sees them.

Older databases lack some of the tables and columns: ask ``feedly_core.db.engine.capabilities`` before
naming one that came late. Writers must not trust defaults of SQLAlchemy: the database fills them.
"""

from __future__ import annotations

from feedly_core.domain.tables.columns import metadata
from feedly_core.domain.tables.generation import (
    connected_nodes,
    gen_models,
    gen_runs,
    gen_variants,
    pbg_placement_presets,
    pbg_prompt_assets,
    worker_events,
)
from feedly_core.domain.tables.jobs import (
    image_assets,
    job_inputs,
    jobs,
    jobs_variants,
    stores,
    tenants,
    tone_styles,
    users,
)
from feedly_core.domain.tables.results import (
    detections,
    evaluations,
    overlay_layouts,
    planned_picture,
    planner_proposals,
    rendered_picture,
    renders,
    vlm_prompt_assets,
    vlm_traces,
    yolo_runs,
)
from feedly_core.domain.tables.texts import (
    instagram_feeds,
    llm_models,
    llm_traces,
    txt_ad_copy_generations,
)

__all__ = [
    "connected_nodes",
    "detections",
    "evaluations",
    "gen_models",
    "gen_runs",
    "gen_variants",
    "image_assets",
    "instagram_feeds",
    "job_inputs",
    "jobs",
    "jobs_variants",
    "llm_models",
    "llm_traces",
    "metadata",
    "overlay_layouts",
    "pbg_placement_presets",
    "pbg_prompt_assets",
    "planned_picture",
    "planner_proposals",
    "rendered_picture",
    "renders",
    "stores",
    "tenants",
    "tone_styles",
    "txt_ad_copy_generations",
    "users",
    "vlm_prompt_assets",
    "vlm_traces",
    "worker_events",
    "yolo_runs",
]
