"""Pictures of all variants side by side, with the evidence drawn on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from html import escape
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from feedly_core.domain.scores import Limit
from feedly_core.i18n import N_
from feedly_core.images.assets import Unavailable, read_asset
from feedly_core.images.decoding import PictureFacts
from feedly_core.results.archive import job_archive, overlay_file, planner_file
from feedly_core.results.image_checks import ImageChecks
from feedly_core.results.report_types import JobReport, VariantReport
from feedly_core.settings import Settings
from pages.parts.results.marks import COLORS, LAYERS
from pages.parts.results.panel import ROWS, Panel, panel
from pages.parts.results.widgets import variant_name
from pages.shared import url_state
from pages.shared.ask import dashboard, fragment
from pages.shared.language import _
from pages.shared.navigation import picture_url
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.scripts import KEYS, module

_zoom = st.components.v2.component(
    "feedly.zoom",
    html="<span hidden></span>",
    js=module(KEYS, Path(__file__).with_name("zoom.js")),
)
COLUMNS = 4
HEIGHTS = {1: 640, 2: 480, 3: 350, 4: 270}
"""Pixels of a picture by the number of columns: about square on a laptop's screen."""
_DEFAULT_LAYERS = ("proposals", "chosen", "text", "detections")
_DRAWN_BY = {"data": N_("Drawn from the data"), "stored": N_("As the pipeline stored it")}


def show_pictures(report: JobReport, evidence: ImageChecks) -> None:
    """The pictures of all variants, one row per kind, with the layers that are chosen."""
    if report.variants:
        _rows(report, evidence)


@fragment
def _rows(report: JobReport, evidence: ImageChecks) -> None:
    """Redraws alone when a layer is switched."""
    left, right = st.columns([1.1, 2], gap="small", vertical_alignment="center")
    with left:
        rows = url_state.several("rows", _("Rows"), ROWS, lambda name: _(ROWS[name]), default=tuple(ROWS))
    with right:
        layers = url_state.several(
            "layers", _("Layers"), LAYERS, lambda name: _(LAYERS[name]), default=_DEFAULT_LAYERS
        )
    stored = url_state.switch("drawn", _("Drawn by"), _DRAWN_BY, lambda name: _(_DRAWN_BY[name])) == "stored"
    variants = _chosen_variants(report)
    if not rows or not variants:
        empty(_("Nothing is chosen"), _("Choose at least one row and one variant."))
        return
    _legend(layers)
    drawn = partial(panel, report=report, evidence=evidence, layers=layers, stored=stored)
    beside(
        {_(ROWS[row]): [drawn(row, variant) for variant in variants] for row in rows},
        [f"{variant_name(variant)}{' ★' if variant.selected else ''}" for variant in variants],
        of=[str(report.job.job_id)],
    )
    _originals(variants, evidence)


def beside(rows: Mapping[str, Sequence[Panel]], heads: Sequence[str], *, of: Sequence[str]) -> None:
    """Rows of pictures by their titles, with one zoom for all.

    ``of``: ids of what is shown; while one of them stays, the zoom does.
    """
    columns = len(heads)
    names = "".join(f"<strong>{escape(head)}</strong>" for head in heads)
    body = "".join(
        (f"<h2>{escape(title)}</h2>" if title else "")
        + "".join(f"<div>{one.html(HEIGHTS[columns])}</div>" for one in panels)
        for title, panels in rows.items()
    )
    st.html(f"<div class='fd-zoomable' style='--columns:{columns}'>{names}{body}</div>")
    st.caption(_("Ctrl (⌘) and scroll, or a pinch, zooms all pictures; drag moves them, 0 shows them whole."))
    _zoom(key="results-zoom", data={"of": list(of)})


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
