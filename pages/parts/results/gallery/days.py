"""Which days: the last so many, or chosen dates; one way ends the other, and both live in the address."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from feedly_core.i18n import N_
from pages.shared import url_state
from pages.shared.ask import dashboard
from pages.shared.language import _

PERIODS = {1: N_("24 hours"), 7: N_("7 days"), 30: N_("30 days"), 90: N_("90 days")}
_SEPARATOR = "~"

Span = tuple[datetime | None, datetime | None]


def asked() -> Span:
    """The period as the address has it: since (included) and until (not included); None is open."""
    dates = _asked_dates()
    if dates:
        zone = dashboard().settings.zone
        begin = datetime.combine(dates[0], time(), zone)
        return begin, datetime.combine(dates[-1] + timedelta(days=1), time(), zone)
    days = st.query_params.get("days", "")
    if days.isdigit() and int(days) in PERIODS:
        return datetime.now(UTC) - timedelta(days=int(days)), None
    return None, None


def last_days() -> None:
    """The select of the last so many days."""
    url_state.maybe("days", _("Period"), PERIODS, lambda number: _(PERIODS[number]), also=_forget_dates)


def dates() -> None:
    """The field for one day or a span of days."""
    if "dates" not in st.session_state:
        st.session_state["dates-first"] = _asked_dates()
    st.date_input(
        _("Dates"),
        value=st.session_state["dates-first"],
        key="dates",
        format="YYYY-MM-DD",
        on_change=_keep_dates,
    )


def _forget_dates() -> None:
    _forget("on")
    st.session_state["dates"] = ()


def _keep_dates() -> None:
    chosen = st.session_state["dates"]
    _forget("days")
    st.session_state["days"] = None
    _forget("on")
    if chosen:
        ends = sorted({chosen[0], chosen[-1]})
        st.query_params["on"] = _SEPARATOR.join(day.isoformat() for day in ends)


def _forget(key: str) -> None:
    st.query_params.pop(key, None)
    st.query_params.pop("after", None)


def _asked_dates() -> tuple[date, ...]:
    """Nothing, one day, or the first and the last of several."""
    parts = st.query_params.get("on", "").split(_SEPARATOR)
    try:
        found = sorted(date.fromisoformat(part) for part in parts[:2])
    except ValueError:
        return ()
    return tuple(found)
