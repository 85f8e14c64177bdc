"""Notification of a watched job's end: toast, sound and the tab's title."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import inf
from operator import attrgetter
from pathlib import Path
from time import monotonic
from uuid import UUID

import streamlit as st

from feedly_core.analytics.durations import StepDurations
from feedly_core.db.job_rows import read_stall_timeouts
from feedly_core.domain.labels import STATE_LABELS
from feedly_core.domain.payloads.document import Document
from feedly_core.domain.status import State
from feedly_core.errors import NotFound
from feedly_core.live.job_history import read_job_record
from feedly_core.live.job_view import JobView, build_job_view
from feedly_core.live.snapshot import TrackedJob
from pages.shared.ask import ask, dashboard
from pages.shared.language import _, plain
from pages.shared.live import live
from pages.shared.streamlit_workarounds.scripts import WAITING, module


def past_durations() -> StepDurations:
    """Past durations; without a hub only the stall timeouts."""
    hub = dashboard().hub
    return hub.history if hub else StepDurations(timeouts=ask(read_stall_timeouts))


def present_job(job_id: UUID, from_rows: Callable[[], TrackedJob]) -> JobView:
    """``from_rows`` is asked only when no hub follows the job.

    What it raises is raised.
    """
    hub = dashboard().hub
    tracked = hub.snapshot.jobs.get(job_id) if hub else None
    return build_job_view(tracked or from_rows(), datetime.now(UTC), past_durations())


_WATCHED = "monitor-watched"
_RUNG = "monitor-rung"
_SOUND = "monitor-sound"
TOAST_SECONDS = 10
MOST_RINGS = 1_000_000
_bell = st.components.v2.component(
    "feedly.bell",
    html="<span hidden></span>",
    js=module(WAITING, Path(__file__).with_name("bell.js")),
)


@dataclass
class _Watch:
    """``seen``: whether the job was looked at yet. ``told``: the end that the viewer knows of, None while it
    goes on. ``news``: an end that is being told, until the browser says that it was. ``ring``: its number, by
    which the browser rings but once; ``line``: its words, in Markdown; ``since``: when it was first told, on
    the monotonic clock."""

    seen: bool = False
    told: State | None = None
    news: State | None = None
    ring: int = 0
    line: str = ""
    since: float = -inf


def switches(job_id: UUID) -> None:
    """Whether this viewer wants a notification of the job's end, and sound."""
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


def carried_watches() -> dict[str, object]:
    """Watches as a tab carries them: each job with the end that was told, and the last ring."""
    watches = {str(job_id): watch.told and watch.told.value for job_id, watch in _watched().items()}
    return {"jobs": watches, "rung": st.session_state.get(_RUNG, 0)}


def take_watches(carried: object) -> None:
    """Watch on after a session was lost.

    What a browser carried and is no job's id is left out.
    """
    document = Document(carried)
    jobs = document.raw("jobs")
    for name, told in jobs.items() if isinstance(jobs, dict) else ():
        with suppress(ValueError):
            _watched()[UUID(str(name))] = _Watch(seen=True, told=State(told) if told else None)
    rung = document.raw("rung")
    if isinstance(rung, int) and not isinstance(rung, bool):
        st.session_state[_RUNG] = max(0, min(rung, MOST_RINGS))


def keep_watch() -> None:
    """On every page: follow watched jobs that can still end."""
    for job_id, watch in list(_watched().items()):
        if watch.told is not State.COMPLETE:
            _follow(job_id)


def _follow(job_id: UUID) -> None:
    @live(f"bell-{job_id}", job=job_id)
    def bell() -> None:
        try:
            _tell(present_job(job_id, lambda: ask(read_job_record, job_id).tracked))
        except NotFound:
            _watched().pop(job_id, None)

    bell()


def _tell(view: JobView) -> None:
    """Once when the job ends; the tab's title keeps saying so until the page is seen.

    Told again at each redraw until the browser confirms it: what a run says last can be lost on its way.
    """
    watch = _watched().get(view.job_id)
    if watch is None:
        return
    state = view.status.state
    end = state if view.over else None
    name = view.facts.description or str(view.job_id)[:8]
    word = _(STATE_LABELS[state])
    if ringing := end is not None and watch.seen and end is not watch.told:
        if watch.news is not end:
            watch.news, watch.line, watch.since = end, f"{word}: {plain(name)}", monotonic()
            watch.ring = st.session_state[_RUNG] = st.session_state.get(_RUNG, 0) + 1
        icon = ":material/check_circle:" if state is State.COMPLETE else ":material/error:"
        st.toast("  \n".join(_lines(watch)), icon=icon, duration=TOAST_SECONDS)
    else:
        watch.seen, watch.told, watch.news = True, end, None
    _bell(
        key=f"ring-{view.job_id}",
        data={
            "ring": watch.ring if ringing else 0,
            "title": f"{word}: {name}",
            "sound": bool(st.session_state.get(_SOUND)),
        },
        on_rung_change=partial(_confirm, watch),
    )


def _lines(newest: _Watch) -> list[str]:
    """What was just told of other jobs too: this toast takes the place of theirs."""
    now = monotonic()
    seen = [watch for watch in _watched().values() if watch is newest or now - watch.since < TOAST_SECONDS]
    return [watch.line for watch in sorted(seen, key=attrgetter("since"))]


def _confirm(watch: _Watch) -> None:
    watch.told, watch.news = watch.news or watch.told, None


def _watched() -> dict[UUID, _Watch]:
    return st.session_state.setdefault(_WATCHED, {})  # type: ignore[no-any-return]
