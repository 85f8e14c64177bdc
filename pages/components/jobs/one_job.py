"""One test job: form on the left, what will be written on the right, then the job's links."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from uuid import UUID, uuid4

import streamlit as st

from feedly_core.jobs.create import CreatedJob, Preview, preview_job
from feedly_core.jobs.orders import JobOrder, order_problems
from feedly_core.words import N_
from pages.components.app import ask, page_errors
from pages.components.badges import GOOD, IDLE, WARN, badge
from pages.components.jobs.order_form import choose_kind, order_form
from pages.components.jobs.picture_choice import choose_pictures, show_pictures
from pages.components.jobs.writing import write_job
from pages.components.navigation import section
from pages.components.pressed import pressed
from pages.components.states import empty
from pages.components.words import _, _n

_KEY, _MADE = "one-job-key", "one-job-made"


def one_job() -> None:
    """The form, its preview and its result."""
    form, result = st.columns([3, 2], gap="large")
    with form, page_errors():
        kind = choose_kind("one")
        pictures = choose_pictures(f"one-{kind}", several=True)
        show_pictures(pictures)
        order = order_form("one", kind, pictures)
    with result, page_errors():
        made = st.session_state.get(_MADE)
        if made:
            _result(made)
        else:
            _preview_and_button(order)


def _preview_and_button(order: JobOrder) -> None:
    section(_("What will be written"))
    problems = order_problems(order)
    if problems:
        empty(_("Not ready yet"), "\n".join(_(problem) for problem in problems))
        return
    key = st.session_state.setdefault(_KEY, uuid4())
    _draw_preview(ask(preview_job, order, key=key, now=datetime.now(UTC)), order)
    if pressed(_("Create job"), type="primary", icon=":material/add:", width="stretch", key="one-create"):
        _create(order, key)


def _create(order: JobOrder, key: UUID) -> None:
    st.session_state[_MADE] = write_job(order, key)
    st.rerun()


def _draw_preview(preview: Preview, order: JobOrder) -> None:
    counts = ((group.table.name, _count(len(group.rows), group.keep_existing)) for group in preview.rows)
    lines = "".join(f"<tr><td><code>{name}</code></td><td>{count}</td></tr>" for name, count in counts)
    st.html(f'<table class="fd-jobs-rows">{lines}</table>')
    with st.expander(_("Every column"), icon=":material/table_rows:"):
        for group in preview.rows:
            st.caption(f"`{group.table.name}`")
            st.dataframe(
                [{name: _cell(value) for name, value in row.items()} for row in group.rows], hide_index=True
            )
    if preview.missing:
        look, word = (WARN, N_("Would not run to the end")) if order.start else (IDLE, N_("Rests"))
        reasons = "".join(f"<li>{escape(_(reason), quote=True)}</li>" for reason in preview.missing)
        st.html(f"{badge(word, look).html()}<ul>{reasons}</ul>")
        if order.start:
            st.caption(_("The job is written, but not started until this is there."))
    else:
        st.html(badge(N_("Everything that the pipeline needs is there"), GOOD).html())


def _count(rows: int, keep_existing: bool) -> str:
    return escape(_("1 row, if it is new") if keep_existing else _n("{n} row", "{n} rows", rows))


def _cell(value: object) -> str:
    return "–" if value is None else str(value)


def _result(made: CreatedJob) -> None:
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
    if st.button(_("Make another like this"), icon=":material/replay:", key="one-again"):
        forget_made()
        st.rerun()


def forget_made() -> None:
    """The next click makes a new job: until then the same form makes the same job."""
    st.session_state.pop(_KEY, None)
    st.session_state.pop(_MADE, None)
