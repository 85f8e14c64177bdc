"""Charts of one subject.

A click on a point leads to the jobs behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.trends import By, Point, trend
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.own_schema.facts import CHARTED
from feedly_core.domain import pipeline
from feedly_core.domain.scores import SCORES, Unit
from pages.shared.ask import ask, dashboard
from pages.shared.formatting import duration, percent
from pages.shared.language import _
from pages.shared.navigation import page_href, section
from pages.shared.placeholders import empty
from pages.shared.scores import score_title, score_words

HEIGHT = 260
SHARES = tuple(name for name in CHARTED if SCORES[name].unit is Unit.SHARE)


@dataclass(frozen=True)
class Question:
    """``days`` is the period's length, up to now.

    ``subject`` ``quality``, ``speed`` or ``cost``.
    """

    tenant: str | None
    days: int
    by: By
    subject: str

    @property
    def filters(self) -> PictureFilters:
        return PictureFilters(tenant=self.tenant, since=datetime.now(UTC) - timedelta(days=self.days))

    @property
    def before(self) -> PictureFilters:
        """The same length of time before the period."""
        since = datetime.now(UTC) - timedelta(days=self.days)
        return PictureFilters(tenant=self.tenant, since=since - timedelta(days=self.days), until=since)


def show_charts(source: VariantSource, question: Question) -> None:
    """Ask once, draw what the subject needs."""
    points = ask(
        trend,
        source,
        question.filters,
        question.by,
        dashboard().settings.zone,
        scores=question.subject == "quality",
        times=question.subject == "speed",
    )
    if not points:
        empty(_("Nothing was made in this period"), _("Choose a longer period or another tenant."))
        return
    st.caption(_("Click a point to open the pictures behind it."))
    {"quality": _quality, "speed": _speed, "cost": _cost}[question.subject](points, question)


def _quality(points: Sequence[Point], question: Question) -> None:
    overall, *others = CHARTED
    _score(points, overall, question)
    left, right = st.columns(2)
    for number, name in enumerate(others):
        with (left, right)[number % 2]:
            _score(points, name, question)
    with right:
        section(_("Contrast passes WCAG AA"))
        _chart("wcag", [_line(_("share of variants"), points, lambda p: p.wcag_aa)], question, share=True)


def _score(points: Sequence[Point], name: str, question: Question) -> None:
    section(score_title(name))
    _chart(name, _spread(points, name), question, share=name in SHARES)


def _speed(points: Sequence[Point], question: Question) -> None:
    for number, title in enumerate((_("Half of the runs are faster"), _("95 of 100 runs are faster"))):
        section(title)
        lines = [
            _line(_(pipeline.title(step)), points, partial(_time_of, step=step, part=number))
            for step in pipeline.VARIANT_STEP_NAMES
        ]
        _chart(f"speed-{number}", lines, question, unit=_("seconds"))


def _cost(points: Sequence[Point], question: Question) -> None:
    section(_("Jobs that completed and failed"))
    rates = [
        _line(_("Complete"), points, lambda p: p.complete),
        _line(_("Failed"), points, lambda p: p.failed),
    ]
    _chart("rates", rates, question, share=True)
    left, right = st.columns(2)
    with left:
        section(_("Jobs"))
        _chart("jobs", [_bars(_("Jobs"), points, lambda p: p.jobs)], question)
        section(_("Automatic repeats"))
        _chart("retries", [_bars(_("Automatic repeats"), points, lambda p: p.retries)], question)
    with right:
        section(_("Tokens"))
        _chart("tokens", [_bars(_("Tokens"), points, lambda p: p.tokens)], question)
        section(_("Cost (USD)"), _("Jobs of unknown price are left out, not counted as free."))
        _chart("cost", [_bars(_("Cost (USD)"), points, lambda p: p.cost_usd)], question)


def _chart(
    name: str,
    traces: Sequence[go.Scatter | go.Bar],
    question: Question,
    *,
    share: bool = False,
    unit: str = "",
) -> None:
    figure = go.Figure(list(traces))
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 0, "r": 0, "t": 4, "b": 0},
        hovermode="x unified",
        legend={"orientation": "h", "y": -0.2},
        clickmode="event+select",
    )
    figure.update_yaxes(title=unit or None, tickformat=".0%" if share else None, rangemode="tozero")
    if question.by is By.RELEASE:
        figure.update_xaxes(type="category")
    else:  # Plotly names months in English only
        figure.update_xaxes(tickformat="%-m/%-d", hoverformat="%Y-%m-%d")
    chosen = st.plotly_chart(
        figure,
        key=f"trend-{name}",
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False},
        alt=_finding(traces, partial(_said, share=share, seconds=bool(unit), name=name)),
    )
    _behind(name, chosen, question)


def _finding(traces: Sequence[go.Scatter | go.Bar], write: Callable[[float], str]) -> str:
    """What the lines show, in words: begin, end and range of each."""
    found = []
    for trace in traces:
        values = [value for value in trace.y if value is not None]
        if values and trace.name and getattr(trace, "fill", None) is None:
            found.append(
                _(
                    "{name}: from {first} to {last}, lowest {low}, highest {high}",
                    name=trace.name,
                    first=write(values[0]),
                    last=write(values[-1]),
                    low=write(min(values)),
                    high=write(max(values)),
                )
            )
    return "; ".join(found) or _("No value in this period")


def _said(value: float, *, share: bool, seconds: bool, name: str) -> str:
    if share:
        return percent(value)
    if seconds:
        return duration(value)
    return score_words(name, value) if name in SCORES else f"{value:,.4g}"


def _behind(name: str, chosen: object, question: Question) -> None:
    """The link to the gallery of the day or release that was clicked."""
    points = getattr(getattr(chosen, "selection", None), "points", None) or []
    if not points:
        return
    key = str(points[0]["x"])[:10] if question.by is By.DAY else str(points[0]["x"])
    asked = {"on": key} if question.by is By.DAY else {"version": key, "days": str(question.days)}
    if question.tenant:
        asked["tenant"] = question.tenant
    st.link_button(
        _("The pictures behind {point}", point=key),
        page_href("results", **asked),
        icon=":material/photo_library:",
    )


def _spread(points: Sequence[Point], name: str) -> list[go.Scatter]:
    """The median with a band from the lower to the upper quartile."""
    keys = [point.key for point in points]
    spreads = [point.scores[name] for point in points]
    band = {"x": keys, "mode": "lines", "line": {"width": 0}, "legendgroup": "band", "hoverinfo": "skip"}
    quarters = [
        _("{low} – {high} for the middle half", low=score_words(name, s.low), high=score_words(name, s.high))
        for s in spreads
    ]
    return [
        go.Scatter(
            x=keys,
            y=[s.median for s in spreads],
            mode="lines+markers",
            name=_("Median"),
            text=quarters,
            hovertemplate=f"{'%{y:.0%}' if name in SHARES else '%{y:.1f}:1'}<br>%{{text}}",
        ),
        go.Scatter(y=[s.high for s in spreads], showlegend=False, **band),
        go.Scatter(
            y=[s.low for s in spreads],
            fill="tonexty",
            fillcolor="rgba(128,150,160,0.25)",
            name=_("Middle half of the variants"),
            **band,
        ),
    ]


def _line(name: str, points: Sequence[Point], value: Callable[[Point], float | None]) -> go.Scatter:
    return go.Scatter(
        x=[point.key for point in points],
        y=[value(point) for point in points],
        mode="lines+markers",
        name=name,
    )


def _bars(name: str, points: Sequence[Point], value: Callable[[Point], float | None]) -> go.Bar:
    return go.Bar(x=[point.key for point in points], y=[value(point) for point in points], name=name)


def _time_of(point: Point, *, step: str, part: int) -> float | None:
    """Seconds of a step: its median (``part`` 0) or 95th percentile (1)."""
    milliseconds = point.times[step][part]
    return None if milliseconds is None else milliseconds / 1000
