"""Pictures of all variants side by side, with the evidence drawn on them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from feedly_core.i18n import N_
from feedly_core.results.image_checks import Evidence
from feedly_core.results.report_types import JobReport, VariantReport
from pages.parts.results import downloads, zoom
from pages.parts.results.figure import picture_figure
from pages.parts.results.panels import COLORS, LAYERS, ROWS, panel
from pages.parts.results.widgets import variant_name
from pages.shared import url_state
from pages.shared.ask import fragment
from pages.shared.language import _
from pages.shared.navigation import picture_url, section
from pages.shared.placeholders import empty

COLUMNS = 4
HEIGHTS = {1: 640, 2: 480, 3: 350, 4: 270}
"""Pixels of a picture by the number of columns: about square on a laptop's screen."""
_DEFAULT_LAYERS = ("proposals", "chosen", "text", "detections")
_DRAWN_BY = {"data": N_("Drawn from the data"), "stored": N_("As the pipeline stored it")}


def show(report: JobReport, evidence: Evidence) -> None:
    """The section of pictures. Redraws alone when a layer is switched."""
    section(_("Pictures"), _("Scroll to zoom, drag to move: all pictures follow. Double click to reset."))
    if not report.variants:
        empty(_("This job has no variants yet"), _("They appear as soon as the background pictures exist."))
        return
    _figure(report, evidence)


@fragment
def _figure(report: JobReport, evidence: Evidence) -> None:
    with st.container(key=zoom.CONTROLS):
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
        zoom=zoom.kept(report.job.job_id),
        panel_height=HEIGHTS[len(variants)],
        ink="#e8eaed" if st.context.theme.type == "dark" else "#1f2933",
    )
    st.plotly_chart(
        figure,
        key=zoom.FIGURE,
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


def _originals(variants: Sequence[VariantReport], evidence: Evidence) -> None:
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
        downloads.variant_button(column, variant, evidence)
        if links:
            name = escape(_("Full size"))
            column.html(f"<p class='fd-results-links'>{name}: {links}</p>")
