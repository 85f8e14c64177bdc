"""What can be taken along. Files are made when the button is pressed, not before."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from feedly_core.results.archive import job_archive, overlay_file, planner_file
from feedly_core.results.evidence import Evidence
from feedly_core.results.facts import JobReport, VariantReport
from feedly_core.results.thresholds import Limit
from pages.components.app import dashboard
from pages.components.words import _


def drawings_button(place: DeltaGenerator, variant: VariantReport) -> None:
    """The variant's planner and overlay views, drawn from the data, as files."""
    settings = dashboard().settings
    with place.popover(_("Download drawings"), icon=":material/download:", type="tertiary"):
        for name, words, draw in (
            ("planner", _("Planner view (PNG)"), planner_file),
            ("overlay", _("Overlay view (PNG)"), overlay_file),
        ):
            st.download_button(
                words,
                data=lambda draw=draw: draw(variant, settings) or b"",
                file_name=f"variant-{variant.order}-{name}.png",
                mime="image/png",
                key=f"results-drawing-{variant.order}-{name}",
                on_click="ignore",
            )


def archive_button(report: JobReport, evidence: Evidence, known: dict[str, Limit]) -> None:
    """All pictures of the job with a manifest."""
    settings = dashboard().settings
    st.download_button(
        _("All pictures (ZIP)"),
        data=lambda: job_archive(report, settings, known, evidence.legibility),
        file_name=f"job-{str(report.job.job_id)[:8]}.zip",
        mime="application/zip",
        icon=":material/download:",
        on_click="ignore",
    )
