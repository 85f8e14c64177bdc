"""Audit: who did what and when, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import streamlit as st

from feedly_core.audit.lines import (
    MOST_LINES,
    PAGE_LINES,
    AuditFilters,
    AuditLine,
    audit_choices,
    audit_lines,
)
from feedly_core.audit.words import action_words, audit_csv
from feedly_core.i18n import N_
from feedly_core.permissions import Role
from pages.shared import url_state
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.audit_table import audit_table
from pages.shared.language import _, language
from pages.shared.navigation import page_title
from pages.shared.own_schema import has_own_schema
from pages.shared.person import current_person
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.reliable_button import pressed

PERIODS = {30: N_("30 days"), 1: N_("24 hours"), 7: N_("7 days"), 365: N_("One year"), 0: N_("All time")}


def _filters() -> AuditFilters:
    people, actions = ask(audit_choices, current_person())
    columns = st.columns(4)
    person = ""
    if current_person().role >= Role.OPERATOR:
        with columns[0]:
            person = url_state.maybe("who", _("Who"), people) or ""
    with columns[1]:
        action = url_state.maybe("action", _("Action"), actions, lambda name: _(action_words(name))) or ""
    with columns[2]:
        days = url_state.one("days", _("Period"), PERIODS, lambda number: _(PERIODS[number]))
    with columns[3]:
        target = url_state.written("target", _("On what"), placeholder=_("Id, or its beginning"))
    since = datetime.now(UTC) - timedelta(days=days) if days else None
    return AuditFilters(person, action, target, since)


def _lines(filters: AuditFilters) -> Sequence[AuditLine]:
    """The page of lines; *Older* goes on behind the last one."""
    asked = st.query_params.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    return ask(audit_lines, current_person(), filters, before=before)


def draw() -> None:
    if not has_own_schema(_("What people do is kept in the dashboard's own schema.")):
        return
    if current_person().role < Role.OPERATOR:
        st.caption(_("You see what you did yourself; operators see what everybody did."))
    filters = _filters()
    lines = _lines(filters)
    if not lines:
        empty(_("Nothing was done in this period"), _("Choose a longer period or take a filter away."))
    else:
        audit_table(lines)
    with st.container(horizontal=True):
        if st.query_params.get("before"):
            st.button(_("Newest"), icon=":material/first_page:", on_click=_turn, args=(None,))
        if len(lines) == PAGE_LINES:
            st.button(_("Older"), icon=":material/chevron_right:", on_click=_turn, args=(lines[-1].entry_id,))
        if lines:
            _download(filters)


def _turn(before: int | None) -> None:
    if before is None:
        st.query_params.pop("before", None)
    else:
        st.query_params["before"] = str(before)


def _download(filters: AuditFilters) -> None:
    """The file is made when somebody asks for it: it may hold thousands of lines."""
    if pressed(_("Prepare CSV"), icon=":material/table_view:", key="audit-csv"):
        found = ask(audit_lines, current_person(), filters, limit=MOST_LINES)
        st.download_button(
            _("Download CSV"),
            audit_csv(found, language(), dashboard().settings.zone),
            file_name="audit.csv",
            mime="text/csv",
            icon=":material/download:",
            type="primary",
        )


page_title("audit")
with page_errors():
    draw()
