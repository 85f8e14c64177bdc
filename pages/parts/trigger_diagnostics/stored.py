"""What the dashboard stores itself: size and age per table, and removal of what is old."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from feedly_core.retention.cleanup import MOST_ROWS, OldRows, cutoffs, plan_removal, remove_stored
from feedly_core.retention.kinds import KINDS, RetentionKind
from feedly_core.retention.sizes import StoredTable, size_words, stored_tables
from pages.parts.trigger_diagnostics.alerts import may_change
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.language import _, _n
from pages.shared.navigation import section
from pages.shared.own_schema import has_own_schema
from pages.shared.person import current_person
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.reliable_button import pressed

_LARGEST = 12
_DONE = "retention-done"


def stored_view() -> None:
    """Sizes for everybody; operators remove what is old."""
    with page_errors():
        if not has_own_schema(_("What the dashboard remembers is kept in its own schema.")):
            return
        _tables()
    with page_errors():
        section(
            _("Remove old records"),
            _("Only the dashboard's own records go. FeedlyAI's rows and pictures stay as they are."),
        )
        if not may_change():
            st.caption(_("An operator can remove old records here."))
            return
        _removal()


def _tables() -> None:
    found = ask(stored_tables)
    whole = size_words(sum(each.size for each in found))
    section(_("Stored data"), _("{size} in {n} tables", size=whole, n=len(found)))
    _listed(found[:_LARGEST])
    if len(found) > _LARGEST:
        with st.expander(_("The other {n} tables", n=len(found) - _LARGEST), key="stored-more"):
            _listed(found[_LARGEST:])


def _listed(tables: Sequence[StoredTable]) -> None:
    st.dataframe(
        {
            _("Table"): [each.name for each in tables],
            _("Part"): [_(each.title) for each in tables],
            _("Rows"): [f"{'' if each.exact else '~'}{each.rows:,}" for each in tables],
            _("Size"): [size_words(each.size) for each in tables],
            _("Oldest"): [_day(each.oldest) for each in tables],
            _("Newest"): [_day(each.newest) for each in tables],
        },
        hide_index=True,
        height="content",
    )


def _day(at: datetime | None) -> str:
    return f"{at.astimezone(dashboard().settings.zone):%Y-%m-%d}" if at else "–"


def _removal() -> None:
    if _DONE in st.session_state:
        count = st.session_state.pop(_DONE)
        st.success(_n("{n} row removed.", "{n} rows removed.", count), icon=":material/check:")
    left, right = st.columns([2, 1])
    kinds = list(RetentionKind)
    chosen = left.selectbox(
        _("What"), kinds, format_func=lambda each: _(KINDS[each].title), key="retention-kind"
    )
    kind = RetentionKind(chosen or kinds[0])
    known = KINDS[kind]
    days = right.number_input(
        _("Older than (days)"), known.least, 36_500, known.usual, key=f"retention-days-{kind}"
    )
    st.caption(_(known.stays))
    [plan] = ask(plan_removal, cutoffs([kind], int(days), datetime.now(UTC)))
    if not plan.total:
        empty(_("Nothing is that old"), _("Choose a shorter time, or leave it as it is."))
        return
    _preview(plan)
    st.caption(_("They cannot be brought back. One transaction; the audit log keeps who did it."))
    # A box of its own for each preview: nobody is sure of what was not shown.
    sure = st.checkbox(_("I am sure."), key=f"retention-sure-{kind}-{days}-{plan.total}")
    words = _n("Remove {n} row", "Remove {n} rows", plan.total)
    if pressed(words, type="primary", icon=":material/delete:", disabled=not sure, key="retention-remove"):
        here = dashboard()
        [done] = remove_stored(here.engine, here.settings, current_person(), [plan.cutoff])
        st.session_state[_DONE] = done.total
        st.rerun()


def _preview(plan: OldRows) -> None:
    rows = {name: count for name, count in plan.rows.items() if count}
    st.dataframe(
        {_("Table"): list(rows), _("Rows that go"): [f"{count:,}" for count in rows.values()]},
        hide_index=True,
        height="content",
        width=420,
    )
    if plan.more:
        st.caption(_("At most {n} rows of a table go at once; repeat it for the rest.", n=f"{MOST_ROWS:,}"))
