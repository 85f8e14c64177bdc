"""Trigger probe on the page: start, progress per link, result."""

from __future__ import annotations

from html import escape

import streamlit as st

from feedly_core.diagnostics.check import CheckOutcome
from feedly_core.diagnostics.probe.report import LINK_TITLES, PHASE_LABELS, TAKEN_BY, Link, Phase, Report
from feedly_core.diagnostics.probe.run import ProbeSession
from feedly_core.domain.pipeline import LAST_VARIANT_STEP, Status, title
from feedly_core.i18n import N_, Message
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from pages.parts.trigger_diagnostics.check_results import LOOKS, evidence, show_finding
from pages.shared.ask import fragment, page_errors
from pages.shared.badges import BAD, BUSY, GOOD, IDLE
from pages.shared.formatting import duration
from pages.shared.language import _
from pages.shared.placeholders import empty, error_card
from pages.shared.streamlit_workarounds.reliable_button import pressed

_SESSION = "probe_session"
_REDRAW_SECONDS = 0.3


def start_buttons(settings: Settings, person: Person) -> None:
    """Start and stop.

    A viewer or a read-only dashboard reads why there is no button.
    """
    session = _session()
    if settings.read_only or person.role < Role.OPERATOR:
        reason = (
            _("The dashboard is read-only: the trigger probe writes test rows, so it cannot run.")
            if settings.read_only
            else _("The trigger probe needs the role operator: it writes test rows.")
        )
        empty(_("The trigger probe is not available here"), reason)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        follow = st.toggle(
            _("Follow all eight steps"),
            key="probe_follow",
            help=_("Without it the probe ends as soon as a worker has started the first step."),
        )
        running = session is not None and session.running
        if pressed(
            _("Start the trigger probe"),
            type="primary",
            icon=":material/play_arrow:",
            disabled=running,
            key="probe_start",
        ):
            with page_errors():
                last = LAST_VARIANT_STEP if follow else None
                st.session_state[_SESSION] = ProbeSession(settings, person, last)
                st.rerun()
        if (
            session is not None
            and session.running
            and st.button(_("Stop watching"), icon=":material/stop:", key="probe_stop")
        ):
            session.stop()


def progress() -> None:
    """The running or last test of this viewer, redrawn while it runs."""
    session = _session()
    running = session is not None and session.running
    fragment(_draw, key="probe_progress", run_every=_REDRAW_SECONDS if running else None)(running)


def _session() -> ProbeSession | None:
    found = st.session_state.get(_SESSION)
    return found if isinstance(found, ProbeSession) else None


def _draw(running: bool) -> None:
    session = _session()
    if session is None:
        st.html(
            '<p class="fd-hint">'
            + escape(
                _(
                    "Creates a test job under a test tenant, runs the real UPDATE, listens, "
                    "and names the link that breaks. A healthy chain answers within a second. "
                    "The test rows are removed afterwards."
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
        outcome = report.finding.outcome
        shape, tone = LOOKS[outcome]
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
        if outcome is not CheckOutcome.OK:
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
        (shape, tone), word = BAD, _("Broken")
    elif reached and (report.broken is None or list(Link).index(link) < list(Link).index(report.broken)):
        (shape, tone), word = GOOD, _("OK")
    elif report.finding is None:
        (shape, tone), word = BUSY, _("waiting")
    else:
        (shape, tone), word = IDLE, _("Not reached")
    time = f" · {measured:.0f} ms" if measured is not None else ""
    return (
        f'<li class="fd-link fd-{tone}"><b>{escape(_(LINK_TITLES[link]), quote=True)}</b>'
        f'<i aria-hidden="true">{shape}</i><span>{escape(word, quote=True)}{time}</span></li>'
    )


def _steps(report: Report) -> None:
    rows: list[tuple[Message | str, ...]] = [(N_("Step"), N_("Time"))]
    before = report.observed.notify_ms or 0.0
    for step in report.observed.steps:
        if step.status == Status.DONE:
            rows.append((title(step.step), duration((step.ms - before) / 1000)))
            before = step.ms
    evidence(rows)


def _footnotes(report: Report) -> None:
    notes = [] if report.phase is Phase.FINISHED else [_(PHASE_LABELS[report.phase])]
    if report.observed.taken_by:
        notes.append(_("Work started: {how}", how=TAKEN_BY[report.observed.taken_by]))
    if report.cleaned:
        notes.append(_("All test rows are removed"))
    elif report.phase is Phase.FINISHED:
        notes.append(_("A worker still holds its row: the next probe removes what is left"))
    if report.removed_leftovers:
        notes.append(_("Left-overs of an interrupted probe were removed"))
    if report.borrowed_picture:
        notes.append(_("An existing picture was used: ASSETS_DIR cannot be written from here"))
    st.caption(" · ".join(notes))
