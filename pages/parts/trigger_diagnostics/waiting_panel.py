"""Variants whose notification was lost: preview, confirmation, touch again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from feedly_core.diagnostics.ages import age_words
from feedly_core.diagnostics.context import open_scene
from feedly_core.diagnostics.resend import touch_again
from feedly_core.diagnostics.stalled_variants import LostVariant
from feedly_core.domain.labels import status_label
from feedly_core.domain.pipeline import title
from feedly_core.i18n import N_, Message
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from pages.parts.trigger_diagnostics.answers import evidence
from pages.shared.ask import page_errors
from pages.shared.language import _, _n
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.reliable_button import pressed

_DONE = "touched_again"
_SHOWN_WHOLE = 8
_HEADING = (N_("tenant"), N_("job"), N_("variant"), N_("step ended"), N_("waits for"), N_("since"))


def waiting(
    lost: Sequence[LostVariant], settings: Settings, person: Person, changed: Callable[[], None]
) -> None:
    """The waiting variants as a table to choose from, and the button that asks for confirmation.

    ``changed`` is called when variants were touched: what was found before is out of date.
    """
    if done := st.session_state.pop(_DONE, None):
        st.success(done, icon=":material/check:")
    if not lost:
        empty(
            _("No variant waits for a step that nobody has begun."),
            _(
                "A variant appears here when a step has ended, nobody works on it, and two minutes have "
                "passed."
            ),
        )
        return
    table = pd.DataFrame(
        {
            _("tenant"): [variant.tenant_id or "–" for variant in lost],
            _("job"): [str(variant.job_id)[:8] for variant in lost],
            _("variant"): [str(variant.job_variants_id)[:8] for variant in lost],
            _("step ended"): [_(title(variant.step)) for variant in lost],
            _("status"): [_(status_label(variant.status)) for variant in lost],
            _("waits for"): [_(title(variant.awaited)) for variant in lost],
            _("since"): [_(age_words(variant.age)) for variant in lost],
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
    chosen = [lost[row] for row in choice.selection.rows] or list(lost)
    label = _n("Touch {n} variant again…", "Touch {n} variants again…", len(chosen))
    may = not settings.read_only and person.role >= Role.OPERATOR
    if st.button(label, icon=":material/touch_app:", key="touch_again", disabled=not may):
        _confirm(chosen, settings, person, changed)
    if not may:
        st.caption(_("Only an operator can do this, and only where the dashboard is not read-only."))
    st.caption(
        _(
            "Without a selection all of them are meant. Finished jobs and rows that a worker holds are "
            "never touched."
        )
    )


def _line(variant: LostVariant) -> tuple[Message | str, ...]:
    ids = str(variant.job_id)[:8], str(variant.job_variants_id)[:8]
    return (
        variant.tenant_id or "–",
        *ids,
        title(variant.step),
        title(variant.awaited),
        age_words(variant.age),
    )


def _confirm(
    chosen: Sequence[LostVariant], settings: Settings, person: Person, changed: Callable[[], None]
) -> None:
    @st.dialog(_("Touch again?"), width="medium")
    def ask() -> None:
        st.write(
            _n(
                "{n} variant gets its event sent once more; the service then starts the step it waits for.",
                "{n} variants get their event sent once more; the service then starts the steps they "
                "wait for.",
                len(chosen),
            )
        )
        with st.container(height="content" if len(chosen) <= _SHOWN_WHOLE else 240, border=False):
            evidence([_HEADING, *map(_line, chosen)])
        if pressed(_("Yes, touch them again"), type="primary", key="touch_confirmed"):
            with page_errors():
                with open_scene(settings) as scene:
                    result = touch_again(scene, person, [variant.job_variants_id for variant in chosen])
                st.session_state[_DONE] = _(
                    "{touched} touched, {left} left alone (moved on, or a worker is busy with them).",
                    touched=len(result.touched),
                    left=len(result.left_alone),
                )
                changed()
                st.rerun()

    ask()
