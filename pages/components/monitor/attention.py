"""Notify me: a toast, a sound and the tab's title when a watched job ends or fails."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import streamlit as st

from feedly_core.domain.belief import KIND_WORDS, Kind
from feedly_core.errors import NotFound
from feedly_core.monitor.standing import Standing
from feedly_core.monitor.story import read_story
from pages.components.app import ask, page_errors
from pages.components.live import live
from pages.components.monitor import present
from pages.components.words import _

_WATCHED = "monitor-watched"
_RUNG = "monitor-rung"
_SOUND = "monitor-sound"
_bell = st.components.v2.component(
    "feedly.bell",
    html="<span hidden></span>",
    js=Path(__file__).with_name("bell.js").read_text(encoding="utf-8"),
)


@dataclass
class _Watch:
    """``told``: the state last seen, None until first seen. ``ring``: number of the last bell, 0 for none."""

    told: Kind | None = None
    ring: int = 0


def switches(job_id: UUID) -> None:
    """Whether this viewer wants to be told of this job's end, and to hear it."""
    watched = _watched()
    wants = st.toggle(
        _("Notify me"),
        value=job_id in watched,
        key=f"notify-{job_id}",
        help=_("When the job ends or fails, on whichever page you are."),
    )
    if wants:
        watched.setdefault(job_id, _Watch())
        st.toggle(_("With sound"), key=_SOUND, persist_state="session")
    else:
        watched.pop(job_id, None)


def keep_watch() -> None:
    """On every page: follow the watched jobs that can still end."""
    for job_id, watch in list(_watched().items()):
        if watch.told is not Kind.COMPLETE:
            _follow(job_id)


def _follow(job_id: UUID) -> None:
    @live(f"bell-{job_id}", job=job_id)
    def bell() -> None:
        with page_errors():
            try:
                _tell(present.standing(job_id, lambda: ask(read_story, job_id).followed))
            except NotFound:
                _watched().pop(job_id, None)

    bell()


def _tell(standing: Standing) -> None:
    """Once when the job ends; the tab's title keeps saying so until the page is seen."""
    watch = _watched().get(standing.job_id)
    if watch is None:
        return
    kind = standing.belief.kind
    name = standing.facts.description or str(standing.job_id)[:8]
    word = _(KIND_WORDS[kind])
    if standing.over and watch.told not in (None, kind):
        icon = ":material/check_circle:" if kind is Kind.COMPLETE else ":material/error:"
        # Names are data: the toast reads Markdown, so its signs are escaped.
        st.toast(f"{word}: {_plain(name)}", icon=icon, duration="long")
        watch.ring = st.session_state[_RUNG] = st.session_state.get(_RUNG, 0) + 1
    watch.told = kind
    _bell(
        key=f"ring-{standing.job_id}",
        data={
            "ring": watch.ring,
            "title": f"{word}: {name}",
            "sound": bool(st.session_state.get(_SOUND)),
        },
    )


def _watched() -> dict[UUID, _Watch]:
    return st.session_state.setdefault(_WATCHED, {})  # type: ignore[no-any-return]


def _plain(text: str) -> str:
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]()#+-.!|~$:<>" else sign for sign in text)
