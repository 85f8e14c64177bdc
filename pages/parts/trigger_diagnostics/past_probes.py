"""Past trigger probes: latency per link, and which link was broken when."""

from __future__ import annotations

from math import log10

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from feedly_core.diagnostics.check import OUTCOME_LABELS, CheckOutcome
from feedly_core.diagnostics.probe.report import LINK_TITLES, Link
from pages.parts.trigger_diagnostics.check_results import LOOKS
from pages.shared.formatting import duration, moment, zone_name
from pages.shared.language import _
from pages.shared.placeholders import empty

_BROKEN_AT_MS = 1.0
"""Where a broken test is marked: below every latency, on an axis that has no zero."""

_BROKEN_TONE = "#d64545"
"""The tone ``bad`` of style.css."""

_TICKS = (
    (None, 60_000, "%H:%M:%S\n%Y-%m-%d"),
    (60_000, 86_400_000, "%H:%M\n%Y-%m-%d"),
    (86_400_000, None, "%m-%d\n%Y"),
)
"""Times in figures alone, which read the same in both languages. Steps in ms."""


def chart(history: pd.DataFrame) -> None:
    """Latencies of past tests in ms on a logarithmic axis, broken tests below, and the table of all."""
    if history.empty:
        empty(_("No trigger probe is recorded yet"))
        return
    shown = history.sort_values("started_at")
    figure = go.Figure()
    for column, name, symbol in (
        ("notify_ms", _("UPDATE to event"), "circle"),
        ("taken_ms", _("Event to worker"), "diamond"),
    ):
        figure.add_scatter(
            x=_times(shown),
            y=shown[column],
            name=name,
            mode="lines+markers",
            marker={"symbol": symbol, "size": 8},
            hovertemplate="%{y:.0f} ms<extra>%{fullData.name}</extra>",
        )
    _mark_broken(figure, shown[shown["broken_link"] != ""])
    figure.update_yaxes(type="log", title="ms", dtick=1, tickformat=",~g", range=_powers(shown))
    stops = [{"dtickrange": [least, most], "value": form} for least, most, form in _TICKS]
    figure.update_xaxes(tickformatstops=stops)
    figure.update_layout(
        height=260,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": 1.15},
        uirevision="probe-history",
        hovermode="x unified",
    )
    st.plotly_chart(
        figure,
        width="stretch",
        key="probe_history_chart",
        config={"displayModeBar": False},
        alt=_finding(shown),
    )
    _table(history)


def _finding(shown: pd.DataFrame) -> str:
    """The chart in words: the usual latency, and how many probes broke."""
    usual = shown["notify_ms"].median()
    return _(
        "{n} probes, {broken} with a broken link; UPDATE to event usually {time}",
        n=len(shown),
        broken=int((shown["broken_link"] != "").sum()),
        time="–" if pd.isna(usual) else duration(usual / 1000),
    )


def _mark_broken(figure: go.Figure, broken: pd.DataFrame) -> None:
    if broken.empty:
        return
    figure.add_scatter(
        x=_times(broken),
        y=[_BROKEN_AT_MS] * len(broken),
        name=_("Broken link"),
        mode="markers",
        marker={"symbol": "x", "size": 9, "color": _BROKEN_TONE},
        customdata=[_(LINK_TITLES[Link(link)]) for link in broken["broken_link"]],
        hovertemplate="%{customdata}<extra>%{fullData.name}</extra>",
    )


def _powers(tests: pd.DataFrame) -> tuple[float, float]:
    """Exponents of ten that show every latency, and always 1 ms to 1 s."""
    latencies = tests[["notify_ms", "taken_ms"]].clip(lower=0.01)
    least, most = latencies.min().min(), latencies.max().max()
    return log10(min(least, _BROKEN_AT_MS) if least > 0 else _BROKEN_AT_MS) - 0.3, log10(
        max(most, 1000)
    ) + 0.2


def _times(tests: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    times: pd.Series[pd.Timestamp] = tests["started_at"].dt.tz_convert(zone_name())
    return times


def _table(history: pd.DataFrame) -> None:
    with st.expander(_("All recorded probes"), key="probe-history-table"):
        shown = pd.DataFrame(
            {
                _("Started ({zone})", zone=zone_name()): [moment(at) for at in history["started_at"]],
                _("By"): history["person"],
                _("Result"): [
                    f"{LOOKS[CheckOutcome(one)][0]} {_(OUTCOME_LABELS[CheckOutcome(one)])}"
                    for one in history["verdict"]
                ],
                _("Broken link"): [
                    _(LINK_TITLES[Link(link)]) if link else "–" for link in history["broken_link"]
                ],
                _("UPDATE to event (ms)"): history["notify_ms"].round(1),
                _("Event to worker (ms)"): history["taken_ms"].round(1),
            }
        )
        st.dataframe(shown, hide_index=True, width="stretch")
