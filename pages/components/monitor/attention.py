"""Notify me: a toast, a sound and the tab's title when a watched job ends or fails."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import streamlit as st

from feedly_core.domain.belief import KIND_WORDS, Kind
from feedly_core.monitor.standing import Standing
from pages.components.words import _, plain

_WATCHED = "monitor-watched"
_SOUND = "monitor-sound"
_bell = st.components.v2.component(
    "feedly.bell",
    html="<span hidden></span>",
    js=Path(__file__).with_name("bell.js").read_text(encoding="utf-8"),
)


def switches(job_id: UUID) -> None:
    """Whether this viewer wants to be told of this job's end, and to hear it."""
    watched = _watched()
    wants = st.toggle(_("Notify me"), value=job_id in watched, key=f"notify-{job_id}")
    if wants:
        watched.setdefault(job_id, None)
        st.toggle(_("With sound"), key=_SOUND, persist_state="session")
    else:
        watched.pop(job_id, None)


def follow(standing: Standing) -> None:
    """Tell once when the job ends; the tab's title keeps saying so until the page is seen."""
    watched = _watched()
    ended = standing.over and standing.job_id in watched
    before = watched.get(standing.job_id)
    if standing.job_id in watched:
        watched[standing.job_id] = standing.belief.kind
    name = standing.facts.description or str(standing.job_id)[:8]
    word = _(KIND_WORDS[standing.belief.kind])
    if ended and before is not None and before != standing.belief.kind:
        icon = ":material/check_circle:" if standing.belief.kind is Kind.COMPLETE else ":material/error:"
        # Names are data: the toast reads Markdown, so its signs are escaped.
        st.toast(f"{word}: {plain(name)}", icon=icon, duration="long")
        st.session_state["monitor-rung"] = st.session_state.get("monitor-rung", 0) + 1
    _bell(
        key=f"bell-{standing.job_id}",
        data={
            "ring": st.session_state.get("monitor-rung", 0),
            "title": f"{word}: {name}" if ended and before is not None else "",
            "sound": bool(st.session_state.get(_SOUND)),
        },
    )


def _watched() -> dict[UUID, Kind | None]:
    """Watched jobs and the state last told of each; None until first seen."""
    return st.session_state.setdefault(_WATCHED, {})  # type: ignore[no-any-return]
