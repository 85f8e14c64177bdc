"""What can be taken along. Files are made when the button is pressed, not before."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from feedly_core.domain.scores import Limit
from feedly_core.images.assets import Unavailable, read_asset
from feedly_core.images.decoding import PictureFacts
from feedly_core.results.archive import job_archive, overlay_file, planner_file
from feedly_core.results.image_checks import Evidence
from feedly_core.results.report_types import JobReport, VariantReport
from feedly_core.settings import Settings
from pages.shared.ask import dashboard
from pages.shared.language import _


def variant_button(place: DeltaGenerator, variant: VariantReport, evidence: Evidence) -> None:
    """One picture of the variant: an untouched original, or one of our views drawn from the data."""
    settings = dashboard().settings
    with place.popover(_("Download"), icon=":material/download:", type="tertiary"):
        for name, words, asset in (
            ("picture", _("Picture without text"), variant.picture),
            ("finished", _("Finished picture"), variant.overlaid),
        ):
            file = evidence.files.get(asset.asset_id) if asset else None
            if asset is None or not isinstance(file, PictureFacts):
                continue
            ending = file.media_type.rpartition("/")[2]
            st.download_button(
                f"{words} ({ending.upper()})",
                data=lambda url=asset.url: _original(url, settings),
                file_name=f"variant-{variant.order}-{name}.{ending}",
                mime=file.media_type,
                key=f"results-original-{variant.order}-{name}",
                on_click="ignore",
            )
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


def _original(url: str, settings: Settings) -> bytes:
    content = read_asset(url, settings)
    return b"" if isinstance(content, Unavailable) else content


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
