"""Create jobs: single, table, campaigns, YE simulation, cleanup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from uuid import UUID, uuid4

import streamlit as st

from feedly_core.errors import PermissionDenied
from feedly_core.i18n import N_
from feedly_core.jobs.create import CreatedJob, Preview, preview_job
from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.request import JobKind, JobRequest, request_key, request_problems
from feedly_core.permissions import Role, require
from pages.parts.create_jobs.bulk import bulk_jobs
from pages.parts.create_jobs.campaign_panel import campaigns
from pages.parts.create_jobs.cleanup import cleanup
from pages.parts.create_jobs.named_cleanup import named_cleanup
from pages.parts.create_jobs.picture_choice import choose_pictures, show_pictures
from pages.parts.create_jobs.preview import show_missing, table_rows, write_job
from pages.parts.create_jobs.request_form import choose_kind, request_form
from pages.parts.create_jobs.ye_completion import ye_completion
from pages.shared import url_state
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.language import _, _n, language
from pages.shared.navigation import page_title, section
from pages.shared.person import current_person
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.reliable_button import forget_click, pressed

_KEY, _MADE = "one-job-key", "one-job-made"


@dataclass(frozen=True)
class _Made:
    """The job that this form has made, and the order that made it."""

    job: CreatedJob
    request: JobRequest
    key: UUID


def _one_job() -> None:
    """The form, its preview and its result."""
    form, result = st.columns([3, 2], gap="large")
    with form, page_errors() as asked:
        kind = choose_kind("one")
        pictures = choose_pictures(f"one-{kind}", several=kind is JobKind.FULL)
        show_pictures(pictures, labels=_labels(pictures))
        request = request_form("one", kind, pictures)
    if asked.failed:
        return
    with result, page_errors():
        made = st.session_state.get(_MADE)
        if made:
            _result(made)
        else:
            _preview_and_button(request)


def _labels(pictures: Sequence[Picture]) -> list[str]:
    """Which variant gets which picture, where there is a choice."""
    if len(pictures) < 2:
        return []
    return [_("Variant {number}", number=number) for number in range(1, len(pictures) + 1)]


def _preview_and_button(request: JobRequest) -> None:
    section(_("What will be written"))
    problems = request_problems(request)
    if problems:
        empty(_("Not ready yet"), "\n".join(_(problem) for problem in problems))
        return
    key = request_key(st.session_state.setdefault(_KEY, uuid4()), request)
    _draw_preview(ask(preview_job, request, key=key, now=datetime.now(UTC)), request)
    if pressed(_("Create job"), type="primary", icon=":material/add:", width="stretch", key="one-create"):
        _write(request, key)


def _write(request: JobRequest, key: UUID) -> None:
    st.session_state[_MADE] = _Made(write_job(request, key), request, key)
    st.rerun()


def _draw_preview(preview: Preview, request: JobRequest) -> None:
    table_rows({group.table.name: _count(len(group.rows), group.keep_existing) for group in preview.rows})
    with st.expander(_("Every column"), icon=":material/table_rows:"):
        for group in preview.rows:
            st.caption(f"`{group.table.name}`")
            st.dataframe(
                [{name: _cell(value) for name, value in row.items()} for row in group.rows], hide_index=True
            )
    show_missing(preview, starts=request.start)


def _count(rows: int, keep_existing: bool) -> str:
    return _("1 row, if it is new") if keep_existing else _n("{n} row", "{n} rows", rows)


def _cell(value: object) -> str:
    return "–" if value is None else str(value)


def _result(done: _Made) -> None:
    made = done.job
    word = N_("The job is made and started") if made.started else N_("The job is made and rests")
    tone = "good" if made.started else "warn" if made.missing else "idle"
    reasons = "".join(f"<p>{escape(_(reason), quote=True)}</p>" for reason in made.missing)
    shape = "●" if made.started else "○"
    st.html(
        f'<div class="fd-state fd-{tone}" role="status"><i aria-hidden="true">{shape}</i>'
        f"<div><strong>{escape(_(word), quote=True)}</strong>"
        f"<p><code>{made.job_id}</code></p>{reasons}</div></div>"
    )
    job = {"job": str(made.job_id)}
    with st.container(horizontal=True):
        st.page_link(
            "pages/live_monitor.py",
            label=_("Watch it live"),
            icon=":material/monitor_heart:",
            query_params=job,
        )
        st.page_link(
            "pages/results.py", label=_("Its results"), icon=":material/photo_library:", query_params=job
        )
    with st.container(horizontal=True):
        if not made.started:
            _wake(done)
        if st.button(_("Make another like this"), icon=":material/replay:", key="one-again"):
            forget_made()
            st.rerun()


def _wake(done: _Made) -> None:
    """The ways on for a job at rest."""
    request = done.request
    label = _("Start it now") if request.kind is JobKind.FULL else _("Announce it now")
    if pressed(label, icon=":material/play_arrow:", key="one-start"):
        _write(replace(request, start=True), done.key)
    if request.kind is JobKind.YE:
        st.button(
            _("Simulate YE"), icon=":material/fast_forward:", key="one-simulate", on_click=_to_simulation
        )


def _to_simulation() -> None:
    st.session_state["part"] = "ye"


def forget_made() -> None:
    """The next click makes a new job: until then the same form makes the same job."""
    st.session_state.pop(_KEY, None)
    st.session_state.pop(_MADE, None)
    forget_click("one-create")
    forget_click("one-start")


WAYS = {
    "test": (N_("Test tenants"), cleanup),
    "named": (N_("By id, any tenant"), named_cleanup),
}


def _remove() -> None:
    """The two ways to choose jobs that go."""
    way = url_state.switch("remove_by", _("Which jobs"), WAYS, lambda name: _(WAYS[name][0]))
    WAYS[way][1]()


PARTS = {
    "one": (N_("One job"), _one_job),
    "many": (N_("Many jobs"), bulk_jobs),
    "campaigns": (N_("Campaigns"), campaigns),
    "ye": (N_("Simulate YE"), ye_completion),
    "remove": (N_("Remove jobs"), _remove),
}


def _left() -> None:
    """The address of a part has nothing of another one."""
    url_state.forget_others("part")


STYLE = Path(__file__).parent / "parts" / "create_jobs" / "jobs.css"

page_title("create_jobs")
st.html(f"<style>{STYLE.read_text(encoding='utf-8')}</style>")
part = url_state.switch(
    "part", _("What do you want to make?"), PARTS, lambda name: _(PARTS[name][0]), also=_left
)
try:
    require(current_person(), Role.OPERATOR, dashboard().settings)
except PermissionDenied as refused:
    empty(*refused.sentences(language()))
PARTS[part][1]()
