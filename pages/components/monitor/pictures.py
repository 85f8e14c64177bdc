"""The pictures of a job as soon as they exist: background, planner, finished advertisement."""

from __future__ import annotations

from html import escape

import streamlit as st

from feedly_core.results.facts import Asset, JobReport, VariantReport
from pages.components.navigation import picture_url
from pages.components.words import _


def show(report: JobReport) -> None:
    """A row a variant; a place stays free until its picture is there."""
    st.html(f'<div class="fd-shots">{"".join(_variant(variant) for variant in report.variants)}</div>')


def _variant(variant: VariantReport) -> str:
    shots = (
        (_("Background"), variant.picture),
        (_("Planner"), variant.planner_picture),
        (_("Finished"), variant.overlaid),
    )
    inside = "".join(_shot(label, asset) for label, asset in shots)
    name = _("Variant {number}", number=variant.order)
    return f"<section><h4>{escape(name)}</h4><div>{inside}</div></section>"


def _shot(label: str, asset: Asset | None) -> str:
    if asset is None:
        return f'<figure><div class="fd-shot-empty"></div><figcaption>{escape(label)}</figcaption></figure>'
    full = escape(picture_url(asset.asset_id, "full"), quote=True)
    thumb = escape(picture_url(asset.asset_id), quote=True)
    return (
        f'<figure><a href="{full}" target="_blank"><img src="{thumb}" alt="{escape(label, quote=True)}" '
        f'width="320" height="320" loading="lazy"></a><figcaption>{escape(label)}</figcaption></figure>'
    )
