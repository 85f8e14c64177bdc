"""YE simulation: choose variants, dry run, move them, watch events."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from feedly_core.diagnostics.check import CheckOutcome
from feedly_core.diagnostics.probe.report import PHASE_LABELS, Report
from feedly_core.diagnostics.probe.rows import ending_updates
from feedly_core.diagnostics.probe.run import as_sql
from feedly_core.diagnostics.ye_completion import CompletionSession, WaitingVariant, waiting_for_ye
from feedly_core.domain.labels import status_label
from feedly_core.domain.pipeline import Status, title
from pages.parts.create_jobs.preview import diagnostics_link
from pages.parts.trigger_diagnostics.check_results import show_finding, style
from pages.shared.ask import ask, dashboard, fragment, page_errors
from pages.shared.badges import BAD, BUSY, GOOD, IDLE
from pages.shared.formatting import age, named
from pages.shared.language import _, _n
from pages.shared.navigation import section
from pages.shared.person import current_person
from pages.shared.placeholders import empty, error_card
from pages.shared.streamlit_workarounds.reliable_button import pressed

_SESSION, _MOVED = "ye-completion", "ye-moved"
_REDRAW_SECONDS = 0.3


def ye_completion() -> None:
    """The waiting variants and the button on the left, what happens on the right."""
    style()
    choice, events = st.columns([3, 2], gap="large")
    with choice, page_errors():
        _choose()
    with events, page_errors():
        section(_("What happens"))
        session = _session()
        running = session is not None and session.running
        fragment(_draw, key="ye-progress", run_every=_REDRAW_SECONDS if running else None)(running)


def _choose() -> None:
    section(
        _("Waiting for the image generation"), _("Choose a job; mark some of its variants, or none for all.")
    )
    waiting = ask(waiting_for_ye)
    if not waiting:
        empty(
            _("No variant waits for the image generation"),
            _("Make a YE job first: its variants wait here until they are moved on."),
        )
        return
    jobs = {each.job_id: named(each.created_at, each.job_id, each.tenant_id) for each in waiting}
    job_id = st.selectbox(_("Job"), list(jobs), format_func=jobs.__getitem__, key="ye-job")
    variants = [each for each in waiting if each.job_id == job_id]
    table = st.dataframe(
        [
            {
                "variant": _("Variant {number}", number=each.number),
                "step": _(title("user_img_input")),
                "age": age(each.created_at),
            }
            for each in variants
        ],
        hide_index=True,
        column_config={"variant": _("Variant"), "step": _("Step"), "age": _("Made")},
        on_select="rerun",
        selection_mode="multi-row",
        key=f"ye-waiting-{job_id}",
    )
    chosen = [variants[row] for row in table.selection.rows if row < len(variants)]
    _dry_run_and_button(chosen or variants)


def _dry_run_and_button(chosen: Sequence[WaitingVariant]) -> None:
    section(_n("Dry run: {n} variant", "Dry run: {n} variants", len(chosen)))
    upload, generation = _(title("user_img_input")), _(title("img_gen"))
    running, done = _(status_label(Status.RUNNING)), _(status_label(Status.DONE))
    moves = f"{upload} → {generation} · {running} → {generation} · {done}"
    names = [_("Variant {number}", number=each.number) for each in chosen]
    rows = "".join(
        f"<tr><td>{escape(name, quote=True)}</td><td>{escape(moves, quote=True)}</td></tr>" for name in names
    )
    st.html(f'<table class="fd-jobs-rows">{rows}</table>')
    st.caption(_("Each UPDATE is a transaction of its own; the second one starts the picture check."))
    with st.expander(_("The statements"), icon=":material/code:"):
        statements = [as_sql(each) for variant in chosen for each in ending_updates(variant.job_variants_id)]
        st.code("\n\n".join(statements), language="sql", height=240, wrap_lines=True)
    session = _session()
    busy = session is not None and session.running
    go = _n("Move {n} variant on", "Move {n} variants on", len(chosen))
    if pressed(go, type="primary", icon=":material/play_arrow:", disabled=busy, key="ye-go"):
        ids = [variant.job_variants_id for variant in chosen]
        st.session_state[_SESSION] = CompletionSession(dashboard().settings, current_person(), ids)
        st.session_state[_MOVED] = tuple(chosen)
        st.rerun()


def _session() -> CompletionSession | None:
    return st.session_state.get(_SESSION)


def _draw(running: bool) -> None:
    session = _session()
    if session is None:
        empty(
            _("Nothing has been moved on yet"),
            _("Each event appears here the moment it arrives, with the time since the UPDATE."),
        )
        return
    if running and not session.running:
        st.rerun()
    moved: Sequence[WaitingVariant] = st.session_state[_MOVED]
    for variant in moved:
        _variant(variant, session.reports.get(variant.job_variants_id))
    if session.error is not None:
        error_card(session.error)
    _ways_on(session, moved)


def _ways_on(session: CompletionSession, moved: Sequence[WaitingVariant]) -> None:
    if session.running:
        if st.button(_("Stop watching"), icon=":material/stop:", key="ye-stop"):
            session.stop()
        return
    if session.error is not None or any(report.broken for report in session.reports.values()):
        diagnostics_link()
    st.page_link(
        "pages/live_monitor.py",
        label=_("Watch it live"),
        icon=":material/monitor_heart:",
        query_params={"job": str(moved[0].job_id)},
    )


def _variant(variant: WaitingVariant, report: Report | None) -> None:
    finding = report.finding if report is not None else None
    if report is None:
        (shape, tone), words = IDLE, _("not touched yet")
    elif finding is None:
        (shape, tone), words = BUSY, _(PHASE_LABELS[report.phase])
    else:
        (shape, tone), words = (GOOD if finding.outcome is CheckOutcome.OK else BAD), _(finding.found)
    name = escape(_("Variant {number}", number=variant.number), quote=True)
    st.html(
        f'<div class="fd-state fd-{tone}" role="status"><i aria-hidden="true">{shape}</i><div>'
        f"<strong>{name}</strong><p>{escape(words, quote=True)}</p>{_events(report)}</div></div>"
    )
    if finding is not None and finding.outcome is not CheckOutcome.OK:
        show_finding(finding, f"ye-{variant.number}")


def _events(report: Report | None) -> str:
    if report is None:
        return ""
    seen = report.observed
    lines = []
    if seen.notify_ms is not None:
        lines.append((seen.notify_ms, _("the event of the UPDATE arrived")))
    if seen.notify_ms is not None and seen.taken_ms is not None:
        lines.append((seen.notify_ms + seen.taken_ms, _("a worker took it on")))
    lines += [(step.ms, f"{_(title(step.step))} · {_(status_label(step.status))}") for step in seen.steps]
    rows = "".join(
        f"<li><code>{ms:.0f} ms</code> {escape(text, quote=True)}</li>" for ms, text in sorted(lines)
    )
    return f'<ol class="fd-jobs-events">{rows}</ol>' if rows else ""
