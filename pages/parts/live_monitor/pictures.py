"""The pictures of a job as soon as they exist: background, planner, finished advertisement."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from feedly_core.images.assets import asset_path
from feedly_core.results.report_types import Asset, JobReport, VariantReport
from pages.shared.ask import dashboard
from pages.shared.language import _
from pages.shared.navigation import picture_url


def show(report: JobReport) -> None:
    """A row a variant; a place stays free until its picture is there."""
    if report.variants:
        st.html(f'<div class="fd-shots">{"".join(_variant(variant) for variant in report.variants)}</div>')
    else:
        st.caption(_("No variant has been made yet."))


def _variant(variant: VariantReport) -> str:
    shots = (
        (_("Background"), variant.picture),
        (_("Planner"), variant.planner_picture),
        (_("Finished"), variant.overlaid),
    )
    inside = "".join(_shot(label, asset) for label, asset in shots)
    paths = "".join(_file(label, asset) for label, asset in shots[1:] if asset)
    name, files = escape(_("Variant {number}", number=variant.order)), escape(_("Files"))
    folded = f"<details><summary>{files}</summary>{paths}</details>" if paths else ""
    return f"<section><h4>{name}</h4><div>{inside}</div>{folded}</section>"


def _shot(label: str, asset: Asset | None) -> str:
    if asset is None:
        waiting = escape(_("not there yet"))
        place = f'<div class="fd-shot-empty">{waiting}</div>'
        return f"<figure>{place}<figcaption>{escape(label)}</figcaption></figure>"
    full = escape(picture_url(asset.asset_id, "full"), quote=True)
    thumb = escape(picture_url(asset.asset_id), quote=True)
    return (
        f'<figure><a href="{full}" target="_blank"><img src="{thumb}" alt="{escape(label, quote=True)}" '
        f'width="320" height="320" loading="lazy"></a><figcaption>{escape(label)}</figcaption></figure>'
    )


def _file(label: str, asset: Asset) -> str:
    """The absolute path where this machine knows it, and the untouched file to keep."""
    folder = dashboard().settings.assets_dir
    found = asset_path(asset.url, folder) if folder else None
    path = str(found) if isinstance(found, Path) else asset.url
    href = escape(picture_url(asset.asset_id, "full"), quote=True)
    name = escape(f"{asset.asset_id}{Path(asset.url).suffix}", quote=True)
    save = escape(_("Download"))
    return f'<p>{escape(label)} <a href="{href}" download="{name}">{save}</a><code>{escape(path)}</code></p>'
