"""The large view of a picture, the same on every page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from pathlib import Path
from uuid import UUID

import streamlit as st

from feedly_core.analytics.gallery import Card
from feedly_core.results.report_types import VariantReport
from pages.shared.language import _
from pages.shared.navigation import page_href, picture_url
from pages.shared.streamlit_workarounds.scripts import KEYS, module

_FOLDER = Path(__file__).parent
_CSS = (_FOLDER / "lightbox.css").read_text(encoding="utf-8")
_lightbox = st.components.v2.component(
    "feedly.lightbox", html="<span hidden></span>", js=module(KEYS, _FOLDER / "lightbox.js")
)


def opener(
    picture: UUID, name: str, *, before: Iterable[tuple[str, UUID]] = (), job: UUID | None = None
) -> str:
    """Attributes of the link that opens ``picture`` large; with no script it leads to the file.

    ``before``: its earlier pictures by what they are called. ``job``: the one that the large view leads to.
    What the link holds as ``.fd-boxes`` can be switched on over the large picture.
    """
    return " ".join(
        f"{key}='{escape(value, quote=True)}'" for key, value in opening(picture, name, before, job).items()
    )


def opening(
    picture: UUID, name: str, before: Iterable[tuple[str, UUID]] = (), job: UUID | None = None
) -> dict[str, str]:
    """The same by attribute, for a component that makes its own elements."""
    full = picture_url(picture, "full")
    attributes = {"href": full, "data-picture": full, "data-name": name}
    earlier = [[words, picture_url(asset, "full")] for words, asset in before]
    if earlier:
        attributes["data-before"] = json.dumps(earlier, ensure_ascii=False)
    if job is not None:
        attributes["data-job-href"] = page_href("results", job=job)
    return attributes


def before_it(variant: VariantReport) -> tuple[tuple[str, UUID], ...]:
    """Earlier pictures of a finished one: without its text, and as the planner drew it."""
    known = ((_("Picture without text"), variant.picture), (_("Planner"), variant.planner_picture))
    return tuple((words, asset.asset_id) for words, asset in known if asset is not None)


def card_opener(card: Card, name: str, *, to_job: bool = True) -> str:
    """:func:`opener` for the finished picture of a card, which must be there."""
    before = [(_("Picture without text"), card.before_id)] if card.before_id else []
    return opener(card.finished_id, name, before=before, job=card.job_id if to_job else None)


def mount_lightbox() -> None:
    """In the frame: listens for a click on what :func:`opener` made, in a component too."""
    words = {
        "previous": _("Previous picture (←)"),
        "next": _("Next picture (→)"),
        "in": _("Larger (+)"),
        "out": _("Smaller (−)"),
        "close": _("Close (Esc)"),
        "after": _("Finished"),
        "boxes": _("Evidence (E)"),
        "job": _("Open the job"),
        "original": _("Original file"),
    }
    _lightbox(key="lightbox", data={"words": words, "css": _CSS})
