"""Which job the viewer looks at: in the address, so that a link shows the same."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import streamlit as st

from feedly_core.db.job_lookup import find_job
from pages.shared.ask import ask

_FOLDER = Path(__file__).parent
_STYLE = f"<style>{(_FOLDER / 'monitor.css').read_text(encoding='utf-8')}</style>"
_clicks = st.components.v2.component(
    "feedly.job_links",
    html="<span hidden></span>",
    js=(_FOLDER / "job_links.js").read_text(encoding="utf-8"),
)


def prepare() -> None:
    """Styles of the page, and links to jobs that open without loading the page anew."""
    st.html(_STYLE)
    _clicks(key="job-links", on_job_change=_open_clicked)


def _open_clicked() -> None:
    job = st.session_state["job-links"].job
    if job:
        st.query_params["job"] = job


def chosen_job() -> UUID | None:
    """The job named in the address by its id or a prefix. Raises NotFound for one that does not exist."""
    prefix = st.query_params.get("job", "")
    if not prefix:
        return None
    try:
        return UUID(prefix)
    except ValueError:
        return ask(find_job, prefix)


def close_job() -> None:
    """Back to the board, with its filters."""
    st.query_params.pop("job", None)


def open_job(job_id: UUID) -> None:
    st.query_params["job"] = str(job_id)
