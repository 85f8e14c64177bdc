"""The figure's zoom, kept while rows and layers are switched."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import streamlit as st

from feedly_core.domain.payloads.document import Document
from pages.parts.results.figure import Zoom

FIGURE, CONTROLS = "results-figure", "results-controls"
"""Keys of the chart and of the container of its controls."""

_KEY = "results-zoom"
_keeper = st.components.v2.component(
    "feedly.zoom",
    html="<span hidden></span>",
    js=Path(__file__).with_name("zoom.js").read_text(encoding="utf-8"),
)


def kept(job_id: UUID) -> Zoom | None:
    """The ranges that this job's figure showed when a control was last used; None for the whole picture."""
    known = _known(st.session_state.get(_KEY), job_id)
    _keeper(
        key=_KEY,
        data={
            "job": str(job_id),
            "figure": f"st-key-{FIGURE}",
            "controls": f"st-key-{CONTROLS}",
            "zoomed": known is not None,
        },
        on_zoom_change=lambda: None,
    )
    return known


def _known(state: object, job_id: UUID) -> Zoom | None:
    """What the browser sent is checked like any foreign document."""
    told = Document(getattr(state, "zoom", None))
    x, y = told.numbers("x", -10, 10), told.numbers("y", -10, 10)
    if told.raw("job") != str(job_id) or len(x) != 2 or len(y) != 2:
        return None
    return Zoom((x[0], x[1]), (y[0], y[1]))
