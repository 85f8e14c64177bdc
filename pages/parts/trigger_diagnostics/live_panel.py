"""The live test on the page: start, watch link by link, verdict."""

from __future__ import annotations

from html import escape

import streamlit as st

from feedly_core.diagnostics.check import Verdict
from feedly_core.diagnostics.probe.report import LINK_TITLES, PHASE_LABELS, TAKEN_BY, Link, Phase, Report
from feedly_core.diagnostics.probe.session import LiveSession
from feedly_core.domain.pipeline import LAST_VARIANT_STEP, Status, title
from feedly_core.i18n import N_, Message
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from pages.parts.trigger_diagnostics.answers import LOOKS, evidence, show_finding
from pages.shared.ask import fragment, page_errors
from pages.shared.badges import BAD, BUSY, GOOD, IDLE
from pages.shared.formatting import duration
from pages.shared.language import _
from pages.shared.placeholders import empty, error_card
from pages.shared.streamlit_workarounds.reliable_button import pressed

_SESSION = "live_test_session"
_REDRAW_SECONDS = 0.3


def start_buttons(settings: Settings, person: Person) -> None:
    """Start and stop; a viewer or a read-only dashboard is told why there is no button."""
    session = _session()
    if settings.read_only or person.role < Role.OPERATOR:
        reason = (
            _("The dashboard is read-only: the live test writes rows of its own, so it cannot run.")
            if settings.read_only
            else _("The live test needs the role operator: it writes rows of its own.")
        )
        empty(_("The live test is not available here"), reason)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        follow = st.toggle(
            _("Follow all eight steps"),
            key="live_follow",
            help=_("Without it the test ends as soon as a worker has taken the first step on."),
        )
        running = session is not None and session.running
        if pressed(
            _("Start the live test"),
            type="primary",
            icon=":material/play_arrow:",
            disabled=running,
            key="live_start",
        ):
            with page_errors():
                last = LAST_VARIANT_STEP if follow else None
                st.session_state[_SESSION] = LiveSession(settings, person, last)
                st.rerun()
        if (
            session is not None
            and session.running
            and st.button(_("Stop watching"), icon=":material/stop:", key="live_stop")
        ):
            session.stop()


def progress() -> None:
    """The running or last test of this viewer, redrawn while it runs."""
    session = _session()
    running = session is not None and session.running
    fragment(_draw, key="live_progress", run_every=_REDRAW_SECONDS if running else None)(running)


def _session() -> LiveSession | None:
    found = st.session_state.get(_SESSION)
    return found if isinstance(found, LiveSession) else None


def _draw(running: bool) -> None:
    session = _session()
    if session is None:
        st.html(
            '<p class="fd-hint">'
            + escape(
                _(
                    "It makes a job of its own under a tenant of its own, fires the real UPDATE, "
                    "listens, and "
                    "names the "
                    "link that breaks. A healthy chain answers within a second. Its rows are removed again."
                ),
                quote=True,
            )
            + "</p>"
        )
        return
    if running and not session.running:
        st.rerun()
    if session.error is not None:
        error_card(session.error)
        return
    if session.report is not None:
        _report(session.report)


def _report(report: Report) -> None:
    _links(report)
    if report.finding is not None:
        verdict = report.finding.verdict
        shape, tone = LOOKS[verdict]
        heading = (
            _("The chain breaks at: {group}", group=LINK_TITLES[report.broken])
            if report.broken
            else _("The chain works")
        )
        st.html(
            f'<div class="fd-verdict fd-{tone}"><i aria-hidden="true">{shape}</i><div>'
            f"<strong>{escape(heading, quote=True)}</strong>"
            f"<span>{escape(_(report.finding.found), quote=True)}</span></div></div>"
        )
        if verdict is not Verdict.OK:
            show_finding(report.finding, "live")
    if report.observed.steps:
        _steps(report)
    _footnotes(report)


def _links(report: Report) -> None:
    parts = "".join(_link(link, report) for link in Link)
    st.html(f'<ol class="fd-chain">{parts}</ol>')


def _link(link: Link, report: Report) -> str:
    seen = report.observed
    reached = {
        Link.DATABASE_WRITE: report.phase not in (Phase.PREPARING,),
        Link.TRIGGER: seen.notify_ms is not None,
        Link.CHANNEL: seen.notify_ms is not None,
        Link.LISTENER: seen.taken_ms is not None,
        Link.SERVICE: seen.taken_ms is not None,
    }[link]
    measured = {
        Link.CHANNEL: seen.notify_ms,
        Link.SERVICE: seen.taken_ms,
    }.get(link)
    if report.broken is link:
        (shape, tone), word = BAD, _("broken")
    elif reached and (report.broken is None or list(Link).index(link) < list(Link).index(report.broken)):
        (shape, tone), word = GOOD, _("holds")
    elif report.finding is None:
        (shape, tone), word = BUSY, _("waiting")
    else:
        (shape, tone), word = IDLE, _("not reached")
    time = f" · {measured:.0f} ms" if measured is not None else ""
    return (
        f'<li class="fd-link fd-{tone}"><b>{escape(_(LINK_TITLES[link]), quote=True)}</b>'
        f'<i aria-hidden="true">{shape}</i><span>{escape(word, quote=True)}{time}</span></li>'
    )


def _steps(report: Report) -> None:
    rows: list[tuple[Message | str, ...]] = [(N_("step"), N_("time"))]
    before = report.observed.notify_ms or 0.0
    for step in report.observed.steps:
        if step.status == Status.DONE:
            rows.append((title(step.step), duration((step.ms - before) / 1000)))
            before = step.ms
    evidence(rows)


def _footnotes(report: Report) -> None:
    notes = [] if report.phase is Phase.FINISHED else [_(PHASE_LABELS[report.phase])]
    if report.observed.taken_by:
        notes.append(_("taken on: {how}", how=TAKEN_BY[report.observed.taken_by]))
    if report.cleaned:
        notes.append(_("all rows of the test are removed"))
    elif report.phase is Phase.FINISHED:
        notes.append(_("a worker still holds its row: the next test removes what is left"))
    if report.removed_leftovers:
        notes.append(_("left-overs of an interrupted test were removed"))
    if report.borrowed_picture:
        notes.append(_("it borrowed an existing picture: ASSETS_DIR cannot be written from here"))
    st.caption(" · ".join(notes))
