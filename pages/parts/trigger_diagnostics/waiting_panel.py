"""Stalled variants: list, confirmation, resent notifications."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from feedly_core.diagnostics.check import age_words
from feedly_core.diagnostics.context import open_context
from feedly_core.diagnostics.resend import resend_notifications
from feedly_core.diagnostics.stalled_variants import StalledVariant
from feedly_core.domain.labels import status_label
from feedly_core.domain.pipeline import title
from feedly_core.i18n import N_, Message
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from pages.parts.trigger_diagnostics.check_results import evidence
from pages.shared.ask import page_errors
from pages.shared.language import _, _n
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.reliable_button import pressed

_DONE = "resent"
_SHOWN_WHOLE = 8
_HEADING = (N_("Tenant"), N_("Job"), N_("Variant"), N_("Step ended"), N_("Waits for"), N_("Since"))
_BLOCKED_HEADING = (N_("Job"), N_("Variant"), N_("Step without a row"), N_("Recommended font"), N_("Since"))
_MOST_BLOCKED = 50
_MOST_LINKS = 5


def without_row(blocked: Sequence[StalledVariant]) -> None:
    """Variants that a notification does not help: the step to run again, the font, the way to their job."""
    if not blocked:
        return
    with st.container(border=True, key="without-row"):
        st.header(_("A missing row, not a lost notification"), anchor=False)
        st.caption(
            _(
                "A step ended as done without storing its row. Open the job in the live monitor and run that "
                "step again; where a font is named, install it in the analysis service before."
            )
        )
        evidence([_BLOCKED_HEADING, *map(_blocked_line, blocked[:_MOST_BLOCKED])])
        with st.container(horizontal=True):
            for job_id in list(dict.fromkeys(variant.job_id for variant in blocked))[:_MOST_LINKS]:
                st.page_link(
                    "pages/live_monitor.py",
                    label=_("Open job {job}", job=str(job_id)[:8]),
                    icon=":material/monitor_heart:",
                    query_params={"job": str(job_id)},
                )


def _blocked_line(variant: StalledVariant) -> tuple[Message | str, ...]:
    ids = str(variant.job_id)[:8], str(variant.job_variants_id)[:8]
    return (*ids, title(variant.missing), variant.font or "–", age_words(variant.age))


def waiting(
    stalled: Sequence[StalledVariant],
    young: Message | None,
    settings: Settings,
    person: Person,
    changed: Callable[[], None],
) -> None:
    """The waiting variants as a table to choose from, and the button that asks for confirmation.

    ``changed`` is called when notifications were resent: the shared check report is out of date.
    """
    if done := st.session_state.pop(_DONE, None):
        st.success(done, icon=":material/check:")
    if not stalled:
        empty(
            _(young) if young is not None else _("No variant is stalled."),
            _(
                "A variant appears here when a step has ended, no worker holds it, and two "
                "minutes have passed."
            ),
        )
        return
    table = pd.DataFrame(
        {
            _("Tenant"): [variant.tenant_id or "–" for variant in stalled],
            _("Job"): [str(variant.job_id)[:8] for variant in stalled],
            _("Variant"): [str(variant.job_variants_id)[:8] for variant in stalled],
            _("Step ended"): [_(title(variant.step)) for variant in stalled],
            _("Status"): [_(status_label(variant.status)) for variant in stalled],
            _("Waits for"): [_(title(variant.awaited)) for variant in stalled],
            _("Since"): [_(age_words(variant.age)) for variant in stalled],
        }
    )
    choice = st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        on_select="rerun",
        selection_mode="multi-row",
        key="waiting_rows",
    )
    chosen = [stalled[row] for row in choice.selection.rows] or list(stalled)
    label = _n("Resend {n} notification…", "Resend {n} notifications…", len(chosen))
    may = not settings.read_only and person.role >= Role.OPERATOR
    if st.button(label, icon=":material/send:", key="resend", disabled=not may):
        _confirm(chosen, settings, person, changed)
    if not may:
        st.caption(_("Only an operator can do this, and only where the dashboard is not read-only."))
    st.caption(
        _(
            "If none is selected, all are included. Finished jobs and rows that a worker holds "
            "are never changed."
        )
    )


def _line(variant: StalledVariant) -> tuple[Message | str, ...]:
    ids = str(variant.job_id)[:8], str(variant.job_variants_id)[:8]
    return (
        variant.tenant_id or "–",
        *ids,
        title(variant.step),
        title(variant.awaited),
        age_words(variant.age),
    )


def _confirm(
    chosen: Sequence[StalledVariant], settings: Settings, person: Person, changed: Callable[[], None]
) -> None:
    @st.dialog(_("Resend notifications?"), width="medium")
    def ask() -> None:
        st.write(
            _n(
                "{n} notification is sent again. The service then starts the step that the "
                "variant waits for.",
                "{n} notifications are sent again. The service then starts the steps that the "
                "variants wait for.",
                len(chosen),
            )
        )
        with st.container(height="content" if len(chosen) <= _SHOWN_WHOLE else 240, border=False):
            evidence([_HEADING, *map(_line, chosen)])
        if pressed(_("Yes, resend"), type="primary", key="resend_confirmed"):
            with page_errors():
                with open_context(settings) as context:
                    result = resend_notifications(
                        context, person, [variant.job_variants_id for variant in chosen]
                    )
                st.session_state[_DONE] = _(
                    "{resent} resent, {left} unchanged (moved on, or a worker holds them).",
                    resent=len(result.resent),
                    left=len(result.left_alone),
                )
                changed()
                st.rerun()

    ask()
