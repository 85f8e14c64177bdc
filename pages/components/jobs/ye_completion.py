"""Pretend that the image generation finished: choose, dry run, move it on, watch each event."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from uuid import UUID

import streamlit as st

from feedly_core.diagnostics.check import Verdict
from feedly_core.diagnostics.live_report import PHASE_WORDS, Report
from feedly_core.diagnostics.live_rows import ending_updates
from feedly_core.diagnostics.statements import as_sql
from feedly_core.diagnostics.ye_completion import CompletionSession, WaitingVariant, waiting_for_ye
from feedly_core.domain.pipeline import title
from feedly_core.words import N_
from pages.components.app import ask, dashboard, page_errors
from pages.components.badges import BAD, BUSY, GOOD, IDLE, badge
from pages.components.navigation import section
from pages.components.person import current_person
from pages.components.pressed import pressed
from pages.components.states import empty, error_card
from pages.components.times import age
from pages.components.words import _, _n

_SESSION = "ye-completion"
_REDRAW_SECONDS = 0.3


def ye_completion() -> None:
    """The waiting variants and the button on the left, what happens on the right."""
    choice, events = st.columns([3, 2], gap="large")
    with choice, page_errors():
        _choose()
    with events, page_errors():
        section(_("What happens"))
        session = _session()
        running = session is not None and session.running
        st.fragment(_draw, key="ye-progress", run_every=_REDRAW_SECONDS if running else None)(running)


def _choose() -> None:
    section(
        _("Waiting for the image generation"),
        _("Variants at the upload step. Marking none means all variants of the newest job."),
    )
    waiting = ask(waiting_for_ye)
    if not waiting:
        empty(
            _("No variant waits for the image generation"),
            _("Make a YE job first: its variants wait here until they are moved on."),
        )
        return
    table = st.dataframe(
        [
            {
                "job": str(each.job_id)[:8],
                "variant": each.number,
                "tenant": each.tenant_id or "–",
                "age": age(each.created_at),
            }
            for each in waiting
        ],
        hide_index=True,
        column_config={"job": _("Job"), "variant": _("Variant"), "tenant": _("Tenant"), "age": _("Made")},
        on_select="rerun",
        selection_mode="multi-row",
        key="ye-waiting",
    )
    chosen = [waiting[row] for row in table.selection.rows if row < len(waiting)]
    _dry_run_and_button(chosen or [each for each in waiting if each.job_id == waiting[0].job_id])


def _dry_run_and_button(chosen: Sequence[WaitingVariant]) -> None:
    label = _n("Dry run: {n} variant", "Dry run: {n} variants", len(chosen))
    with st.expander(label, icon=":material/visibility:"):
        statements = [as_sql(each) for variant in chosen for each in ending_updates(variant.job_variants_id)]
        st.code("\n\n".join(statements), language="sql", height=240)
        st.caption(_("Each UPDATE is a transaction of its own; the second one starts the picture check."))
    session = _session()
    busy = session is not None and session.running
    go = _n("Move {n} variant on", "Move {n} variants on", len(chosen))
    if pressed(go, type="primary", icon=":material/play_arrow:", disabled=busy, key="ye-go"):
        ids = [variant.job_variants_id for variant in chosen]
        st.session_state[_SESSION] = CompletionSession(dashboard().settings, current_person(), ids)
        st.session_state["ye-numbers"] = {variant.job_variants_id: variant.number for variant in chosen}
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
    numbers: dict[UUID, int] = st.session_state.get("ye-numbers", {})
    for variant in session.variants:
        _variant(numbers.get(variant, 0), session.reports.get(variant))
    if session.error is not None:
        error_card(session.error)
    broken = any(report.broken for report in session.reports.values())
    if broken or session.error is not None:
        st.page_link(
            "pages/trigger_diagnostics.py", label=_("See what is broken"), icon=":material/troubleshoot:"
        )


def _variant(number: int, report: Report | None) -> None:
    if report is None:
        st.html(badge(N_("Variant {number}: not touched yet", number=number), IDLE).html())
        return
    look = BUSY
    word = N_("Variant {number}: {phase}", number=number, phase=PHASE_WORDS[report.phase])
    if report.finding is not None:
        look = GOOD if report.finding.verdict is Verdict.OK else BAD
        word = N_("Variant {number}: {phase}", number=number, phase=report.finding.found)
    st.html(badge(word, look).html() + _events(report))


def _events(report: Report) -> str:
    seen = report.observed
    lines = []
    if seen.notify_ms is not None:
        lines.append((seen.notify_ms, _("the event of the UPDATE arrived")))
    if seen.notify_ms is not None and seen.taken_ms is not None:
        lines.append((seen.notify_ms + seen.taken_ms, _("a worker took it on")))
    lines += [(step.ms, f"{_(title(step.step))} · {step.status}") for step in seen.steps]
    rows = "".join(
        f"<li><code>{ms:.0f} ms</code> {escape(text, quote=True)}</li>" for ms, text in sorted(lines)
    )
    return f'<ol class="fd-jobs-events">{rows}</ol>' if rows else ""
