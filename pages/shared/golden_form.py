"""Form that adds orders to a golden set."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from feedly_core.db.own_schema import GOLDEN_TABLES, installed
from feedly_core.errors import FeedlyError
from feedly_core.golden_sets.facts import USUAL, Fact, fact_words
from feedly_core.golden_sets.sets import NewOrder, list_sets, save_version
from feedly_core.i18n import Message
from feedly_core.permissions import Role
from pages.shared.ask import ask, dashboard
from pages.shared.language import _
from pages.shared.person import current_person
from pages.shared.placeholders import error_card
from pages.shared.streamlit_workarounds.reliable_button import forget_click, pressed

Found = tuple[Sequence[NewOrder], Sequence[Message]]


def golden_form(key: str, orders: Callable[[Sequence[Fact], bool], Found]) -> None:
    """A button that opens the form; nothing for viewers and where nothing may be written.

    ``orders`` gives what is added, with the expected facts, and what of the choice cannot be.
    """
    person, settings = current_person(), dashboard().settings
    if person.role < Role.REVIEWER or settings.read_only or not ask(installed, GOLDEN_TABLES):
        return
    with st.popover(_("Add to golden set"), icon=":material/workspace_premium:"):
        known = [one.name for one in ask(list_sets)]
        name = st.selectbox(
            _("Golden set"),
            known,
            index=0 if known else None,
            accept_new_options=True,
            placeholder=_("Type a name"),
            key=f"{key}-set",
        )
        chosen = st.multiselect(
            _("Every picture must hold"),
            USUAL,
            format_func=lambda fact: _(fact_words(fact)),
            key=f"{key}-facts",
        )
        pinned = st.checkbox(_("This very copy must be drawn"), key=f"{key}-copy")
        st.caption(
            _(
                "Picture, description, tone, store and copy are kept as they are now, also when the job is"
                " removed. The set gets a new version; earlier ones stay as they are."
            )
        )
        if pressed(_("Add"), type="primary", disabled=not name, key=f"{key}-add"):
            _add(key, name or "", chosen, pinned, orders)


def _add(
    key: str,
    name: str,
    facts: Sequence[Fact],
    pinned: bool,
    orders: Callable[[Sequence[Fact], bool], Found],
) -> None:
    here = dashboard()
    forget_click(f"{key}-add")
    try:
        found, skipped = orders(facts, pinned)
        golden = save_version(here.engine, here.settings, current_person(), name, found)
    except FeedlyError as error:
        error_card(error)
        return
    st.success(
        _(
            "{name}: version {version} with {n} orders is saved.",
            name=golden.name,
            version=golden.version,
            n=len(golden.orders),
        )
    )
    for reason in skipped:
        st.caption(f"▲ {_(reason)}")
