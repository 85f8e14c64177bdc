"""What the viewer wants to see on the board: every choice is in the address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import streamlit as st

from feedly_core.domain.belief import KIND_WORDS, Kind
from feedly_core.domain.pipeline import STEPS, title
from feedly_core.monitor.board import STUCK, Filters
from feedly_core.words import N_
from pages.components.app import dashboard
from pages.components.words import _

_AGES = {
    "15m": (timedelta(minutes=15), N_("15 minutes")),
    "1h": (timedelta(hours=1), N_("1 hour")),
    "24h": (timedelta(hours=24), N_("24 hours")),
}
_STATES = (STUCK, *(kind.value for kind in Kind))


def ask_viewer() -> Filters:
    """A row of choices above the board."""
    hub = dashboard().hub
    known = hub.board() if hub else None
    with st.container(key="monitor-filters"):
        columns = st.columns([2.2, 1.3, 1.2, 1.3, 1.3, 1.1], gap="small")
        text = _search(columns[0])
        tenant = _choice(columns[1], "tenant", _("Tenant"), known.tenants if known else ())
        campaign = _choice(columns[2], "campaign", _("Campaign"), known.campaigns if known else ())
        state = _choice(columns[3], "state", _("State"), _STATES, _state_name)
        step = _choice(columns[4], "step", _("Step"), tuple(STEPS), lambda name: _(title(name)))
        age = _choice(columns[5], "age", _("Made within"), tuple(_AGES), lambda name: _(_AGES[name][1]))
    return Filters(tenant, campaign, state, step, _AGES[age][0] if age in _AGES else None, text)


def _search(place: st.delta_generator.DeltaGenerator) -> str:
    key = _prepared("q")
    found = place.text_input(
        _("Search"),
        key=key,
        placeholder=_("Description, tenant or job id"),
        icon=":material/search:",
        on_change=_remember,
        args=("q",),
    )
    return found or ""


def _choice(
    place: st.delta_generator.DeltaGenerator,
    name: str,
    label: str,
    options: Sequence[str],
    words: Callable[[str], str] = str,
) -> str:
    """One choice, or all. A value from the address stays a choice though nothing in flight has it."""
    key = _prepared(name)
    chosen = st.session_state[key]
    offered = [option for option in options if option]
    if chosen and chosen not in offered:
        offered.append(chosen)
    found = place.selectbox(
        label,
        offered,
        key=key,
        format_func=words,
        index=None,
        placeholder=_("All"),
        on_change=_remember,
        args=(name,),
    )
    return found or ""


def _prepared(name: str) -> str:
    """The widget's key, its state taken from the address when it is new."""
    key = f"monitor-filter-{name}"
    if key not in st.session_state:
        st.session_state[key] = st.query_params.get(name) or ("" if name == "q" else None)
    return key


def _remember(name: str) -> None:
    value = st.session_state[f"monitor-filter-{name}"]
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)


def _state_name(state: str) -> str:
    if state == STUCK:
        return _("Needs eyes")
    return _(KIND_WORDS[Kind(state)]) if state in set(Kind) else state
