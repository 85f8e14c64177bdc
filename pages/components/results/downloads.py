"""What can be taken along. Files are made when the button is pressed, not before."""

from __future__ import annotations

import streamlit as st

from feedly_core.results.archive import job_archive
from feedly_core.results.evidence import Evidence
from feedly_core.results.facts import JobReport
from feedly_core.results.thresholds import Limit
from pages.components.app import dashboard
from pages.components.words import _


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
