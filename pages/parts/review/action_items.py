"""Action items of a meeting in its minutes: the list, and a line for one more."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import streamlit as st

from feedly_core.db.own_schema import review_actions
from feedly_core.permissions import Person
from feedly_core.reviews.action_items import MAX_WORDS, ActionItem, add_action, remove_action
from feedly_core.reviews.minutes import Minutes
from feedly_core.reviews.verdicts import MAX_NAME
from pages.shared.ask import dashboard, page_errors
from pages.shared.language import _
from pages.shared.navigation import section
from pages.shared.own_schema import has_own_schema
from pages.shared.reviewer import may_judge


def show_actions(person: Person, told: Minutes) -> None:
    """Who does what until when; they stand in the files too."""
    changes = may_judge(person)
    if not told.actions and not changes:
        return
    section(_("Action items"))
    if not has_own_schema(_("Action items need one more table."), [review_actions]):
        return
    for item in told.actions:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(_line(item))
            if changes:
                st.button(
                    _("Remove"),
                    icon=":material/close:",
                    key=f"action-{item.action_id}",
                    type="tertiary",
                    on_click=_guarded,
                    args=(_remove, person, item.action_id),
                )
    if changes:
        _form(person, told.meeting.meeting_id)


def _line(item: ActionItem) -> str:
    due = item.due.isoformat() if item.due else _("no date")
    return f"{item.owner} · {due}: {item.words}"


def _form(person: Person, meeting_id: UUID) -> None:
    with st.form("action", border=False, clear_on_submit=True):
        what, who, when = st.columns([3, 1, 1])
        what.text_input(_("What is to do?"), key="action-words", max_chars=MAX_WORDS)
        who.text_input(_("Who?"), key="action-owner", max_chars=MAX_NAME)
        when.date_input(_("Until when?"), value=None, key="action-due", format="YYYY-MM-DD")
        st.form_submit_button(
            _("Add the action item"),
            icon=":material/add_task:",
            on_click=_guarded,
            args=(_add, person, meeting_id),
        )


def _guarded(write: Callable[[Person, UUID], None], person: Person, about: UUID) -> None:
    with page_errors():
        write(person, about)


def _add(person: Person, meeting_id: UUID) -> None:
    here, typed = dashboard(), st.session_state
    add_action(
        here.engine,
        here.settings,
        person,
        meeting_id,
        typed["action-words"],
        typed["action-owner"],
        typed["action-due"],
    )


def _remove(person: Person, action_id: UUID) -> None:
    here = dashboard()
    remove_action(here.engine, here.settings, person, action_id)
