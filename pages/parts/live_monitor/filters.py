"""What the viewer wants to see on the board: every choice is in the address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import streamlit as st

from feedly_core.domain.labels import STATE_LABELS
from feedly_core.domain.pipeline import STEPS, title
from feedly_core.domain.status import State
from feedly_core.i18n import N_
from feedly_core.live.board import STUCK, Filters
from pages.shared import url_state
from pages.shared.ask import dashboard
from pages.shared.language import _

_AGES = {
    "15m": (timedelta(minutes=15), N_("15 minutes")),
    "1h": (timedelta(hours=1), N_("1 hour")),
    "24h": (timedelta(hours=24), N_("24 hours")),
}
_STATES = (STUCK, *(state.value for state in State))


def ask_viewer() -> Filters:
    """A row of choices above the board."""
    hub = dashboard().hub
    known = hub.board() if hub else None
    with st.container(key="monitor-filters"):
        columns = st.columns([2.2, 1.3, 1.2, 1.3, 1.3, 1.1], gap="small")
        with columns[0]:
            hint = _("Description, tenant or job id")
            text = url_state.written("q", _("Search"), placeholder=hint, icon=":material/search:")
        with columns[1]:
            tenant = _known("tenant", _("Tenant"), known.tenants if known else ())
        with columns[2]:
            campaign = _known("campaign", _("Campaign"), known.campaigns if known else ())
        with columns[3]:
            state = url_state.maybe("state", _("State"), _STATES, _state_name)
        with columns[4]:
            step = url_state.maybe("step", _("Step"), STEPS, lambda name: _(title(name)))
        with columns[5]:
            age = url_state.maybe("age", _("Made within"), _AGES, lambda name: _(_AGES[name][1]))
    return Filters(tenant, campaign, state or "", step or "", _AGES[age][0] if age else None, text)


def _known(name: str, label: str, in_flight: Iterable[str]) -> str:
    """One choice, or all. What the address names stays a choice though nothing in flight has it."""
    options = dict.fromkeys([*in_flight, st.query_params.get(name, "")])
    return url_state.maybe(name, label, filter(None, options)) or ""


def _state_name(state: str) -> str:
    if state == STUCK:
        return _("Needs eyes")
    return _(STATE_LABELS[State(state)]) if state in set(State) else state
