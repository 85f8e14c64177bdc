"""What needs a person on one job: what it means, since when, and what to do next."""

from __future__ import annotations

from html import escape
from uuid import UUID

import streamlit as st

from feedly_core.domain.pipeline import VARIANT_STEPS, order, title
from feedly_core.domain.rollup import RowState
from feedly_core.domain.status import State
from feedly_core.jobs.rerun import RerunPlan, RowChange, plan_rerun, rerun
from feedly_core.live.acknowledge import acknowledge
from feedly_core.live.job_view import JobView
from feedly_core.live.problems import NextAction, Trouble, log_command
from feedly_core.permissions import Role
from pages.parts.live_monitor.marks import step_name
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.formatting import age, moment
from pages.shared.language import _
from pages.shared.person import current_person
from pages.shared.streamlit_workarounds.reliable_button import pressed

TEXT_WIDTH = 520
"""Pixels; the actions stand beside the text, or below it where the page is narrower."""


def show(view: JobView, found: list[Trouble]) -> None:
    """One card a trouble; a failed job can be acknowledged, which takes it off the board."""
    for number, trouble in enumerate(found):
        _card(view, trouble, f"{trouble.kind}-{number}")
    if view.status.state is State.FAILED and current_person().role >= Role.REVIEWER:
        st.button(
            _("Acknowledge: take it off the board"),
            icon=":material/check:",
            key="acknowledge",
            on_click=_acknowledge,
            args=(view.job_id,),
        )


def _card(view: JobView, trouble: Trouble, key: str) -> None:
    with st.container(
        border=True,
        key=f"trouble-{key}",
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
    ):
        since = escape(age(trouble.since))
        st.html(
            f'<div class="fd-trouble fd-warn"><i aria-hidden="true">▲</i><div><strong>'
            f"{escape(_(trouble.message))}</strong> "
            f'<small title="{escape(moment(trouble.since), quote=True)}">'
            f"{since}</small><p>{escape(_(trouble.detail))}</p></div></div>",
            width=TEXT_WIDTH,
        )
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if NextAction.RERUN in trouble.actions and trouble.rerun_step and trouble.variant_id:
                _rerun_button(trouble.variant_id, trouble.rerun_step, key)
            if NextAction.DIAGNOSTICS in trouble.actions:
                st.page_link(
                    "pages/trigger_diagnostics.py", label=_("Diagnostics"), icon=":material/troubleshoot:"
                )
            if NextAction.LOG in trouble.actions:
                with st.popover(_("Log command"), icon=":material/terminal:", type="tertiary"):
                    st.code(log_command(view), language="bash", wrap_lines=True)


def _rerun_button(variant_id: UUID, step: str, key: str) -> None:
    may = current_person().role >= Role.OPERATOR and not dashboard().settings.read_only
    if st.button(
        _("Run a step again"),
        icon=":material/replay:",
        key=f"rerun-{key}",
        disabled=not may,
        help=None if may else _("Only an operator may do this."),
    ):
        _confirm(variant_id, step)


def _confirm(variant_id: UUID, step: str) -> None:
    """The dialog: which step, the rows that change, the events that follow, and yes."""

    @st.dialog(_("Run a step again?"), width="medium")
    def dialog() -> None:
        earlier = [known.name for known in VARIANT_STEPS if order(known.name) <= order(step)]
        chosen = st.selectbox(
            _("Step"), earlier, index=len(earlier) - 1, format_func=lambda name: _(title(name))
        )
        with page_errors():
            plan = ask(plan_rerun, variant_id, chosen)
            _preview(plan)
            if pressed(_("Yes, run it again"), type="primary", key="rerun-confirmed"):
                rerun(dashboard().engine, dashboard().settings, current_person(), variant_id, chosen)
                st.toast(_("{step} is starting again.", step=step_name(chosen)))
                st.rerun()

    dialog()


def _preview(plan: RerunPlan) -> None:
    changes = "".join(_change(change) for change in plan.changes)
    follows = "".join(f"<li>{escape(_(event))}</li>" for event in plan.events)
    rows, then = escape(_("Rows that change")), escape(_("What follows"))
    st.html(f'<div class="fd-plan"><h5>{rows}</h5><ul>{changes}</ul><h5>{then}</h5><ol>{follows}</ol></div>')


def _change(change: RowChange) -> str:
    row = escape(f"{change.table} {str(change.row_id)[:8]}")
    before, after = _state(change.before), _state(change.after)
    return f"<li><code>{row}</code> {before} → <b>{after}</b></li>"


def _state(state: RowState) -> str:
    step, status = state
    return escape(f"({step or '–'}, {status or '–'})")


def _acknowledge(job_id: UUID) -> None:
    with page_errors():
        acknowledge(dashboard().engine, dashboard().settings, current_person(), job_id)
        hub = dashboard().hub
        if hub:
            hub.reread()
        st.query_params.pop("job", None)
