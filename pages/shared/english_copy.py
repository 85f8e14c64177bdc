"""The form for the English ad copy that a job lacks."""

from __future__ import annotations

from html import escape
from uuid import UUID

import streamlit as st

from feedly_core.domain.pipeline import LAST_VARIANT_STEP
from feedly_core.domain.rollup import RowState
from feedly_core.domain.status import JobStatus, State
from feedly_core.i18n import N_
from feedly_core.jobs.english_copy import CopyPlan, add_english_copy, plan_english_copy
from feedly_core.jobs.request import MAX_TEXT
from feedly_core.permissions import Role
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.badges import WARN, badge
from pages.shared.language import _
from pages.shared.person import current_person
from pages.shared.streamlit_workarounds.reliable_button import pressed


def offer_english_copy(job_id: UUID, status: JobStatus) -> None:
    """For a job whose variants are complete and that has no copy to write from: the button."""
    if status.state is not State.COMPLETE or status.step != LAST_VARIANT_STEP:
        return
    may = current_person().role >= Role.OPERATOR and not dashboard().settings.read_only
    if st.button(
        _("Add the English ad copy"),
        icon=":material/edit_note:",
        key="add-copy",
        disabled=not may,
        help=None if may else _("Only an operator may do this."),
    ):
        _form(job_id)


def _form(job_id: UUID) -> None:
    """The dialog: the text, the rows that change, the events that follow, and yes."""

    @st.dialog(_("Add the English ad copy"), width="medium")
    def dialog() -> None:
        text = st.text_area(_("English ad copy"), key="copy-text", max_chars=MAX_TEXT)
        with page_errors():
            _preview(ask(plan_english_copy, job_id))
            label = _("Add it and let the text steps run")
            if pressed(label, type="primary", key="copy-confirmed", disabled=not text.strip()):
                add_english_copy(dashboard().engine, dashboard().settings, current_person(), job_id, text)
                st.toast(_("The copy is added; the text steps are starting."))
                st.rerun()

    dialog()


def _preview(plan: CopyPlan) -> None:
    row = escape(_("a new row of txt_ad_copy_generations, stage {stage}", stage=plan.stage))
    changes = "".join(
        f"<li><code>jobs {str(plan.job_id)[:8]}</code> {_state(before)} → <b>{_state(after)}</b></li>"
        for before, after in plan.changes
    )
    follows = "".join(f"<li>{escape(_(event))}</li>" for event in plan.events)
    rows, then = escape(_("Rows that change")), escape(_("What follows"))
    st.html(
        f'<div class="fd-plan"><h3>{rows}</h3><ul><li>{row}</li>{changes}</ul>'
        f"<h3>{then}</h3><ol>{follows}</ol></div>"
    )
    if not plan.heard:
        st.html(badge(N_("No service is seen listening: the text steps may not start."), WARN).html())


def _state(state: RowState) -> str:
    return escape(f"({state[0] or '–'}, {state[1] or '–'})")
