"""What is broken: failure groups, what people say of them, and the way to run their step again."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

import streamlit as st

from feedly_core.db.own_schema import FAILURES
from feedly_core.domain.pipeline import title
from feedly_core.failures.broken import mark_fault, what_is_broken
from feedly_core.failures.groups import PROBLEM_TITLES, FailureGroup, FaultState
from feedly_core.i18n import N_
from feedly_core.permissions import Role
from pages.parts.trigger_diagnostics.group_rerun import offer_rerun, show_reruns
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.badges import BAD, BUSY, GOOD, WARN, badge
from pages.shared.board import shared_board
from pages.shared.formatting import age, moment
from pages.shared.language import _, _n
from pages.shared.navigation import page_href, picture_url, section
from pages.shared.own_schema import has_own_schema
from pages.shared.person import current_person
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.reliable_button import pressed

STATE_TITLES = {
    FaultState.NEW: N_("New failure"),
    FaultState.KNOWN: N_("Known"),
    FaultState.FIXED: N_("Fixed in a release"),
    FaultState.REGRESSED: N_("Back after the fix"),
}
_LOOKS = {
    FaultState.NEW: WARN,
    FaultState.KNOWN: BUSY,
    FaultState.FIXED: GOOD,
    FaultState.REGRESSED: BAD,
}
_SAID = (FaultState.NEW, FaultState.KNOWN, FaultState.FIXED)


def show_groups() -> None:
    """The groups, those that need a look first."""
    section(
        _("What is broken"),
        _(
            "Problems of the live monitor, grouped by what went wrong, at which step, in which service and "
            "release. One cause is usually one group."
        ),
    )
    with page_errors():
        show_reruns()
    with page_errors():
        groups = ask(what_is_broken, shared_board(), datetime.now(UTC))
        if not groups:
            empty(_("Nothing is broken"), _("No job of the last 7 days has failed or stands still."))
        for number, group in enumerate(groups):
            _show_group(group, f"group-{number}")


def _show_group(group: FailureGroup, key: str) -> None:
    with st.container(border=True, key=key):
        st.html(_head(group))
        with st.container(horizontal=True, vertical_alignment="center"):
            offer_rerun(group, key)
            if current_person().role >= Role.REVIEWER and st.button(
                _("Write a note…"), icon=":material/edit_note:", key=f"note-{key}", type="tertiary"
            ):
                _note(group)


def _head(group: FailureGroup) -> str:
    marks = [badge(STATE_TITLES[group.state], _LOOKS[group.state]).html()]
    if group.is_new:
        marks.append(badge(N_("New in {release}", release=group.release), WARN).html())
    name = f"{_(title(group.fault.step))} · {_(PROBLEM_TITLES[group.fault.problem])}"
    facts = [
        _("Service {letters}", letters=group.fault.service) if group.fault.service else "",
        _("Release {release}", release=group.release) if group.release else "",
        _("first {first}, last {last}", first=moment(group.first_seen), last=age(group.last_seen)),
    ]
    count = _n("{n} problem", "{n} problems", len(group.members))
    return (
        f"<div class='fd-broken'><div>{''.join(marks)}<h3>{escape(name)}</h3>"
        f"<p><b>{escape(count)}</b> {escape(' · '.join(filter(None, facts)))}</p>{_said(group)}</div>"
        f"{_bars(group)}<div class='fd-broken-pictures'>{_pictures(group)}</div></div>"
    )


def _said(group: FailureGroup) -> str:
    mark = group.mark
    if mark is None or mark.state is FaultState.NEW:
        return ""
    who = _("{person}, {time}", person=mark.person, time=moment(mark.at))
    fixed = _("Fixed in {release}", release=mark.release) if mark.state is FaultState.FIXED else ""
    words = " · ".join(filter(None, (fixed, mark.note, who)))
    if not mark.link:
        return f"<p>{escape(words)}</p>"
    href, name = escape(mark.link, quote=True), escape(_("Link"))
    link = f"<a href='{href}' rel='noopener noreferrer' target='_blank'>{name}</a>"
    return f"<p>{escape(words)} {link}</p>"


def _bars(group: FailureGroup) -> str:
    highest = max(*group.bars, 1)
    bars = "".join(f'<i style="height:{round(100 * value / highest)}%"></i>' for value in group.bars)
    words = escape(_("Problems of the last 7 days, six hours per bar"), quote=True)
    return f"<div class='fd-broken-bars' role='img' aria-label='{words}' title='{words}'>{bars}</div>"


def _pictures(group: FailureGroup) -> str:
    shots = []
    for asset_id, job_id in group.pictures:
        href = escape(page_href("live_monitor", job=job_id), quote=True)
        words = escape(_("Job {job}", job=str(job_id)[:8]), quote=True)
        source = escape(picture_url(asset_id), quote=True)
        shots.append(
            f"<a href='{href}' target='_self' title='{words}'>"
            f"<img src='{source}' alt='{words}' width='96' height='96' loading='lazy'></a>"
        )
    if not shots:
        job_id = group.members[-1].job_id
        href = escape(page_href("live_monitor", job=job_id), quote=True)
        words = escape(_("Job {job}", job=str(job_id)[:8]))
        shots.append(f"<a href='{href}' target='_self'>{words}</a>")
    return "".join(shots)


def _note(group: FailureGroup) -> None:
    """The dialog: new, known or fixed, with a note, a link and the release."""

    @st.dialog(_("What do we know of it?"), width="medium")
    def dialog() -> None:
        if not has_own_schema(_("Notes on failures are kept in the dashboard's own schema."), FAILURES):
            return
        mark = group.mark
        now = mark.state if mark else FaultState.KNOWN
        state = st.segmented_control(
            _("State"), _SAID, default=now, format_func=lambda one: _(STATE_TITLES[one]), required=True
        )
        note = st.text_area(
            _("Note"), mark.note if mark else "", placeholder=_("Cause, what helps, who is on it")
        )
        link = st.text_input(_("Link"), mark.link if mark else "")
        release = ""
        if state is FaultState.FIXED:
            release = st.text_input(_("Fixed in release"), mark.release if mark else "")
            st.caption(_("If this release or a later one has it, the group says that it is back."))
        if pressed(_("Keep it"), type="primary", key="mark-kept"):
            with page_errors():
                here = dashboard()
                mark_fault(
                    here.engine,
                    here.settings,
                    current_person(),
                    group.fault,
                    FaultState(state),
                    note=note,
                    link=link,
                    release=release,
                )
                st.rerun()

    dialog()
