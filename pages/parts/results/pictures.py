"""Pictures of all variants side by side, with the evidence drawn on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from html import escape
from pathlib import Path
from uuid import UUID

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from feedly_core.domain.payloads.document import Document
from feedly_core.domain.scores import Limit
from feedly_core.i18n import N_
from feedly_core.images.assets import Unavailable, read_asset
from feedly_core.images.decoding import PictureFacts
from feedly_core.results.archive import job_archive, overlay_file, planner_file
from feedly_core.results.image_checks import ImageChecks
from feedly_core.results.report_types import JobReport, VariantReport
from feedly_core.settings import Settings
from pages.parts.results.figure import Zoom, picture_figure
from pages.parts.results.panels import COLORS, LAYERS, ROWS, panel
from pages.parts.results.widgets import variant_name
from pages.shared import url_state
from pages.shared.ask import dashboard, fragment
from pages.shared.language import _
from pages.shared.navigation import picture_url, section
from pages.shared.placeholders import empty

_FIGURE_KEY, _CONTROLS_KEY = "results-figure", "results-controls"
"""Keys of the chart and of the container of its controls."""

_ZOOM_KEY = "results-zoom"
_zoom_keeper = st.components.v2.component(
    "feedly.zoom",
    html="<span hidden></span>",
    js=Path(__file__).with_name("zoom.js").read_text(encoding="utf-8"),
)


def _kept_zoom(job_id: UUID) -> Zoom | None:
    """The ranges that this job's figure showed when a control was last used; None for the whole picture."""
    known = _known_zoom(st.session_state.get(_ZOOM_KEY), job_id)
    _zoom_keeper(
        key=_ZOOM_KEY,
        data={
            "job": str(job_id),
            "figure": f"st-key-{_FIGURE_KEY}",
            "controls": f"st-key-{_CONTROLS_KEY}",
            "zoomed": known is not None,
        },
        on_zoom_change=lambda: None,
    )
    return known


def _known_zoom(state: object, job_id: UUID) -> Zoom | None:
    """What the browser sent is checked like any foreign document."""
    told = Document(getattr(state, "zoom", None))
    x, y = told.numbers("x", -10, 10), told.numbers("y", -10, 10)
    if told.raw("job") != str(job_id) or len(x) != 2 or len(y) != 2:
        return None
    return Zoom((x[0], x[1]), (y[0], y[1]))


COLUMNS = 4
HEIGHTS = {1: 640, 2: 480, 3: 350, 4: 270}
"""Pixels of a picture by the number of columns: about square on a laptop's screen."""
_DEFAULT_LAYERS = ("proposals", "chosen", "text", "detections")
_DRAWN_BY = {"data": N_("Drawn from the data"), "stored": N_("As the pipeline stored it")}


def show_pictures(report: JobReport, evidence: ImageChecks) -> None:
    """The section of pictures.

    Redraws alone when a layer is switched.
    """
    section(_("Pictures"), _("Scroll to zoom, drag to move: all pictures follow. Double click to reset."))
    if not report.variants:
        empty(_("This job has no variants yet"), _("They appear as soon as the background pictures exist."))
        return
    _figure(report, evidence)


@fragment
def _figure(report: JobReport, evidence: ImageChecks) -> None:
    with st.container(key=_CONTROLS_KEY):
        left, right = st.columns([1.1, 2], gap="small", vertical_alignment="center")
        with left:
            rows = url_state.several("rows", _("Rows"), ROWS, lambda name: _(ROWS[name]), default=tuple(ROWS))
        with right:
            layers = url_state.several(
                "layers", _("Layers"), LAYERS, lambda name: _(LAYERS[name]), default=_DEFAULT_LAYERS
            )
        drawn = url_state.switch("drawn", _("Drawn by"), _DRAWN_BY, lambda name: _(_DRAWN_BY[name]))
    variants = _chosen_variants(report)
    if not rows or not variants:
        empty(_("Nothing is chosen"), _("Choose at least one row and one variant."))
        return
    _legend(layers)
    _heads(variants)
    stored = drawn == "stored"
    figure = picture_figure(
        {
            escape(_(ROWS[row])): [
                panel(row, variant, report, evidence, layers, stored=stored) for variant in variants
            ]
            for row in rows
        },
        zoom=_kept_zoom(report.job.job_id),
        panel_height=HEIGHTS[len(variants)],
        ink="#e8eaed" if st.context.theme.type == "dark" else "#1f2933",
    )
    st.plotly_chart(
        figure,
        key=_FIGURE_KEY,
        config={"scrollZoom": True, "displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d"]},
        theme=None,
    )
    _originals(variants, evidence)


def _chosen_variants(report: JobReport) -> list[VariantReport]:
    """All variants of a usual job; at most four of a large one, chosen by their numbers."""
    if len(report.variants) <= COLUMNS:
        return list(report.variants)
    names = [str(number) for number in range(1, len(report.variants) + 1)]
    chosen = url_state.several(
        "variants",
        _("Variants"),
        names,
        lambda name: _("Variant {number}", number=report.variants[int(name) - 1].order),
        default=names[: COLUMNS - 1],
    )
    if len(chosen) > COLUMNS:
        st.caption(_("The first {n} of the chosen variants are shown.", n=COLUMNS))
    return [report.variants[int(name) - 1] for name in chosen[:COLUMNS]]


def _legend(layers: Sequence[str]) -> None:
    """Which colour and line is which layer."""
    items = "".join(
        f"<li><i class='fd-results-swatch fd-results-{name}' style='--mark:rgb{COLORS[name]}'></i>"
        f"{escape(_(LAYERS[name]))}</li>"
        for name in layers
    )
    st.html(f"<ul class='fd-results-legend'>{items}</ul>")


def _heads(variants: Sequence[VariantReport]) -> None:
    for column, variant in zip(st.columns(len(variants), gap="small"), variants, strict=True):
        star = " ★" if variant.selected else ""
        column.markdown(f"**{variant_name(variant)}**{star}")


def _originals(variants: Sequence[VariantReport], evidence: ImageChecks) -> None:
    """Links to the untouched files and downloads, below each column."""
    for column, variant in zip(st.columns(len(variants), gap="small"), variants, strict=True):
        known = {
            "input": variant.picture,
            "planner": variant.planner_picture,
            "overlay": variant.overlaid,
        }
        links = " · ".join(
            f"<a href='{picture_url(asset.asset_id, 'full')}' target='_blank'>{escape(_(ROWS[row]))}</a>"
            for row, asset in known.items()
            if asset is not None
        )
        _download_button(column, variant, evidence)
        if links:
            name = escape(_("Full size"))
            column.html(f"<p class='fd-results-links'>{name}: {links}</p>")


def _download_button(place: DeltaGenerator, variant: VariantReport, evidence: ImageChecks) -> None:
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
                data=partial(_original_file, asset.url, settings),
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
                data=partial(_drawn_file, draw, variant, settings),
                file_name=f"variant-{variant.order}-{name}.png",
                mime="image/png",
                key=f"results-drawing-{variant.order}-{name}",
                on_click="ignore",
            )


def _drawn_file(
    draw: Callable[[VariantReport, Settings], bytes | None], variant: VariantReport, settings: Settings
) -> bytes:
    return draw(variant, settings) or b""


def _original_file(url: str, settings: Settings) -> bytes:
    content = read_asset(url, settings)
    return b"" if isinstance(content, Unavailable) else content


def archive_button(report: JobReport, evidence: ImageChecks, known: dict[str, Limit]) -> None:
    """All pictures of the job with a manifest."""
    settings = dashboard().settings
    st.download_button(
        _("All pictures (ZIP)"),
        data=lambda: job_archive(report, settings, known, evidence.legibility, datetime.now(UTC)),
        file_name=f"job-{str(report.job.job_id)[:8]}.zip",
        mime="application/zip",
        icon=":material/download:",
        on_click="ignore",
    )
