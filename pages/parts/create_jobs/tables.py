"""What the tables hold, in words: for people who never see a database."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import streamlit as st

from feedly_core.i18n import N_, Message
from pages.shared.language import _

_HOLDS: dict[str, Message] = {
    "tenants": N_("Tenant"),
    "jobs": N_("Job"),
    "image_assets": N_("Picture"),
    "job_inputs": N_("What was ordered"),
    "txt_ad_copy_generations": N_("Ad copy"),
    "jobs_variants": N_("Variant"),
    "renders": N_("Rendered picture"),
    "instagram_feeds": N_("Feed post"),
    "evaluations": N_("Score"),
    "llm_traces": N_("Language model call"),
    "vlm_traces": N_("Vision model call"),
    "overlay_layouts": N_("Text overlay"),
    "planner_proposals": N_("Layout proposal"),
    "detections": N_("Detected object"),
    "yolo_runs": N_("Detection run"),
    "gen_variants": N_("Generated background"),
    "gen_runs": N_("Background generation"),
}


def table_rows(counts: Mapping[str, str]) -> None:
    """A line a table: what it holds, its name in the database, and the words in ``counts``."""
    lines = "".join(
        f"<tr><td>{escape(_holds(name), quote=True)} <code>{escape(name)}</code></td>"
        f"<td>{escape(count, quote=True)}</td></tr>"
        for name, count in counts.items()
    )
    st.html(f'<table class="fd-jobs-rows">{lines}</table>')


def _holds(name: str) -> str:
    return _(_HOLDS[name]) if name in _HOLDS else ""
