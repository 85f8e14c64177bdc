"""Charts of one subject.

A click on a point leads to the jobs behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from types import MappingProxyType

import plotly.graph_objects as go
import streamlit as st

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.trends import By, Point, Spread, trend
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.own_schema.facts import CHARTED
from feedly_core.domain import pipeline
from feedly_core.domain.scores import SCORES, Unit
from feedly_core.statistics.proportions import wilson_bounds
from feedly_core.targets.budget import Measure, NewTarget, target_words
from feedly_core.targets.figures import time_by_day
from feedly_core.targets.store import list_targets
from pages.shared.ask import ask, dashboard
from pages.shared.formatting import duration, percent
from pages.shared.language import _, _n
from pages.shared.navigation import page_href, section
from pages.shared.on_sight import on_sight
from pages.shared.placeholders import empty
from pages.shared.scores import score_title, score_words

HEIGHT = 260
SHARES = tuple(name for name in CHARTED if SCORES[name].unit is Unit.SHARE)


@dataclass(frozen=True)
class Question:
    """``days`` is the period's length, up to now.

    ``subject`` ``quality``, ``speed`` or ``cost``. ``zoomed``: axes begin where the data do, not at zero.
    """

    tenant: str | None
    days: int
    by: By
    subject: str
    zoomed: bool = False

    @property
    def since(self) -> datetime:
        return datetime.now(UTC) - timedelta(days=self.days)

    @property
    def filters(self) -> PictureFilters:
        return PictureFilters(tenant=self.tenant, since=self.since)


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
    {"quality": _quality, "speed": _speed, "cost": _cost}[question.subject](points, source, question)


def _quality(points: Sequence[Point], _source: VariantSource, question: Question) -> None:
    overall, *others = CHARTED
    section(score_title(overall))
    _score(points, overall, question)
    left, right = st.columns(2)
    for number, name in enumerate(others):
        with (left, right)[number % 2]:
            section(score_title(name))
            on_sight(name, HEIGHT, partial(_score, points, name, question))
    with right:
        section(_("Contrast passes WCAG AA"))
        on_sight("wcag", HEIGHT, partial(_contrast_passes, points, question))


def _score(points: Sequence[Point], name: str, question: Question) -> None:
    _chart(name, _spread(points, name), question, share=name in SHARES)


def _contrast_passes(points: Sequence[Point], question: Question) -> None:
    shares = _share(_("share of variants"), points, lambda p: (p.wcag_aa, p.measured), _COLOURS[0])
    _chart("wcag", shares, question, share=True, levels=_levels(question, Measure.CONTRAST_AA))


def _speed(points: Sequence[Point], source: VariantSource, question: Question) -> None:
    if question.by is By.DAY:
        section(_("From order to post"))
        _whole_time(source, question)
    for part, title in enumerate((_("Half of the runs are faster"), _("95 of 100 runs are faster"))):
        section(title)
        on_sight(f"speed-{part}", HEIGHT, partial(_step_times, points, question, part))


def _step_times(points: Sequence[Point], question: Question, part: int) -> None:
    lines = [
        _line(_(pipeline.title(step)), points, partial(_time_of, step=step, part=part))
        for step in pipeline.VARIANT_STEP_NAMES
    ]
    _chart(f"speed-{part}", lines, question, unit=_("seconds"))


def _cost(points: Sequence[Point], _source: VariantSource, question: Question) -> None:
    section(_("Jobs that completed and failed"))
    rates = [
        *_share(_("Complete"), points, lambda p: (p.complete, p.jobs), _COLOURS[0]),
        *_share(_("Failed"), points, lambda p: (p.failed, p.jobs), _COLOURS[1]),
    ]
    _chart("rates", rates, question, share=True, levels=_levels(question, Measure.NOT_FAILED))
    left, right = st.columns(2)
    with left:
        section(_("Jobs"))
        _bars("jobs", _("Jobs"), points, question, lambda p: p.jobs)
        section(_("Automatic repeats"))
        _bars("retries", _("Automatic repeats"), points, question, lambda p: p.retries)
    with right:
        section(_("Tokens"))
        _bars("tokens", _("Tokens"), points, question, lambda p: p.tokens)
        section(_("Cost (USD)"), _("Jobs of unknown price are left out, not counted as free."))
        _bars("cost", _("Cost (USD)"), points, question, lambda p: p.cost_usd)


def _bars(
    name: str,
    title: str,
    points: Sequence[Point],
    question: Question,
    value: Callable[[Point], float | None],
) -> None:
    """A bar per point, drawn on sight."""

    def draw() -> None:
        bars = go.Bar(x=[point.key for point in points], y=[value(point) for point in points], name=title)
        _chart(name, [bars], question)

    on_sight(name, HEIGHT, draw)


def _whole_time(source: VariantSource, question: Question) -> None:
    """Order to post by day, with the targets of time as lines."""
    days = ask(time_by_day, source, question.filters, dashboard().settings.zone)
    if not days:
        st.caption(_("No job of this period is complete."))
        return
    lines = [
        go.Scatter(
            x=[day.day for day in days],
            y=values,
            mode="lines+markers",
            name=name,
            line={"color": colour},
            text=[_n("n = {n} job", "n = {n} jobs", day.jobs) for day in days],
            hovertemplate="%{y:.0f} %{text}",
        )
        for name, values, colour in (
            (_("Half of the jobs are faster"), [day.median for day in days], _COLOURS[0]),
            (_("95 of 100 jobs are faster"), [day.p95 for day in days], _COLOURS[1]),
        )
    ]
    _chart("whole-time", lines, question, unit=_("seconds"), levels=_levels(question, Measure.JOB_TIME))


def _levels(question: Question, measure: Measure) -> dict[str, float]:
    """Targets of a measure as lines: their words and the height."""
    meant = [
        target
        for target in ask(list_targets).values()
        if target.measure is measure and target.tenant in (None, question.tenant)
    ]
    return {_("Target: {target}", target=_(target_words(target))): _level(target) for target in meant}


def _level(target: NewTarget) -> float:
    if target.measure is Measure.JOB_TIME:
        return target.within_s or 0.0
    return 1 - target.share if target.measure is Measure.NOT_FAILED else target.share


def _chart(
    name: str,
    traces: Sequence[go.Scatter | go.Bar],
    question: Question,
    *,
    share: bool = False,
    unit: str = "",
    levels: Mapping[str, float] = MappingProxyType({}),
) -> None:
    figure = go.Figure(list(traces))
    for words, level in levels.items():
        figure.add_hline(
            y=level, line={"dash": "dash", "width": 1.5, "color": _LEVEL}, annotation={"text": words}
        )
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 0, "r": 0, "t": 4, "b": 0},
        hovermode="x unified",
        legend={"orientation": "h", "y": -0.2},
        clickmode="event+select",
    )
    figure.update_yaxes(
        title=unit or None,
        tickformat=".0%" if share else None,
        rangemode="normal" if question.zoomed else "tozero",
    )
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
    """The median with the band of its 95 % interval; quartiles and n in the hover."""
    spreads = [point.scores[name] for point in points]
    written = "%{y:.0%}" if name in SHARES else "%{y:.1f}:1"
    return [
        go.Scatter(
            x=[point.key for point in points],
            y=[s.median for s in spreads],
            mode="lines+markers",
            name=_("Median"),
            line={"color": _COLOURS[0]},
            text=[_told(s, name) for s in spreads],
            hovertemplate=f"{written}<br>%{{text}}",
        ),
        *_band(points, [s.interval for s in spreads], _COLOURS[0]),
    ]


def _told(spread: Spread, name: str) -> str:
    """Interval, quartiles and n of one point."""
    lines = [
        _(
            "{low} – {high} for the middle half",
            low=score_words(name, spread.low),
            high=score_words(name, spread.high),
        )
    ]
    if spread.interval is not None:
        low, high = (score_words(name, end) for end in spread.interval)
        lines.insert(0, _("95% interval {low} – {high}", low=low, high=high))
    return "<br>".join([*lines, _n("n = {n} job", "n = {n} jobs", spread.n)])


def _share(
    name: str, points: Sequence[Point], share: Callable[[Point], tuple[float | None, int]], colour: str
) -> list[go.Scatter]:
    """A share of jobs with the band of Wilson's interval; n in the hover."""
    shown = [share(point) for point in points]
    bounds = [None if value is None or not n else wilson_bounds(value, n) for value, n in shown]
    return [
        go.Scatter(
            x=[point.key for point in points],
            y=[value for value, _jobs in shown],
            mode="lines+markers",
            name=name,
            line={"color": colour},
            text=[
                _interval(ends, n) if ends else "" for ends, (_value, n) in zip(bounds, shown, strict=True)
            ],
            hovertemplate="%{y:.0%} %{text}",
        ),
        *_band(points, bounds, colour),
    ]


def _interval(ends: tuple[float, float], n: int) -> str:
    low, high = (f"{end:.0%}" for end in ends)
    return _("[{low} – {high}], n = {n}", low=low, high=high, n=n)


_LEVEL = "#8a6d1b"
_COLOURS = ("#2f6fb5", "#c2603a")


def _band(
    points: Sequence[Point], bounds: Sequence[tuple[float, float] | None], colour: str
) -> list[go.Scatter]:
    """The area between the bounds, for each stretch of points that have them; a bar for one point alone."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    pale = f"rgba({red},{green},{blue},0.2)"
    placed = [(point.key, *ends) if ends else None for point, ends in zip(points, bounds, strict=True)]
    bands = []
    for known, stretch in groupby(placed, key=bool):
        if not known:
            continue
        keys, lows, highs = zip(*filter(None, stretch), strict=True)
        alone = len(keys) == 1
        bands.append(
            go.Scatter(
                x=[*keys, *reversed(keys)],
                y=[*highs, *reversed(lows)],
                mode="lines",
                line={"width": 6 if alone else 0, "color": pale},
                fill=None if alone else "toself",
                fillcolor=pale,
                hoverinfo="skip",
                showlegend=False,
            )
        )
    return bands


def _line(name: str, points: Sequence[Point], value: Callable[[Point], float | None]) -> go.Scatter:
    return go.Scatter(
        x=[point.key for point in points],
        y=[value(point) for point in points],
        mode="lines+markers",
        name=name,
    )


def _time_of(point: Point, *, step: str, part: int) -> float | None:
    """Seconds of a step: its median (``part`` 0) or 95th percentile (1)."""
    milliseconds = point.times[step][part]
    return None if milliseconds is None else milliseconds / 1000
