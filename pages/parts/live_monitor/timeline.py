"""Steps of one job: matrix, timeline and events."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from uuid import UUID

import streamlit as st

from feedly_core.analytics.durations import Source, Spread, StepDurations
from feedly_core.domain.pipeline import VARIANT_STEPS
from feedly_core.live.events import POLLED, Event
from feedly_core.live.job_view import JobView, VariantView
from feedly_core.live.timeline import Bar, Lane, TimeAxis, axis_of
from pages.parts.live_monitor.marks import column, heading, remark, source_words, step_name, variant_mark
from pages.shared.badges import GOOD, ODD, row_badge, status_badge
from pages.shared.formatting import clock, duration, zone_name
from pages.shared.language import _, _n


def show_matrix(view: JobView, rows: list[Lane], history: StepDurations) -> None:
    """Times are those of the timeline's counting attempts.

    The present step's run on.
    """
    if not view.variants:
        st.caption(_("No variant has been made yet."))
        return
    bars = {lane.variant_id: {bar.step: bar for bar in lane.bars} for lane in rows}
    head = "".join(heading(step, _usual(history.steps.get(step.name))) for step in VARIANT_STEPS)
    first = column(_("Variant")) + column(_("State"))
    body = "".join(_matrix_row(variant, bars) for variant in view.variants)
    st.html(
        '<div class="fd-board-frame"><table class="fd-board fd-matrix"><thead><tr>'
        f"{first}{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _usual(known: Spread | None) -> str:
    if known is None:
        return ""
    return _(
        "usually {median}, 95% within {p95} ({source}, {n} runs)",
        median=duration(known.median),
        p95=duration(known.p95),
        source=source_words(known.source),
        n=known.runs,
    )


def _matrix_row(variant: VariantView, bars: dict[UUID | None, dict[str, Bar]]) -> str:
    own = bars.get(variant.facts.variant_id, {})
    cells = "".join(
        _cell(variant, index, step.name, own.get(step.name)) for index, step in enumerate(VARIANT_STEPS)
    )
    name = escape(_("Variant {number}", number=variant.facts.number))
    retries = variant.facts.retry_count
    again = escape(_n("{n} retry", "{n} retries", retries)) if retries else ""
    return (
        f'<tr><th scope="row">{name}<small>{again}</small></th>'
        f"<td class='fd-board-state'>{status_badge(variant.status).html()}{remark(variant.status)}</td>"
        f"{cells}</tr>"
    )


def _cell(variant: VariantView, index: int, step: str, bar: Bar | None) -> str:
    status = variant.status
    cell = f'td data-step="{escape(step_name(step), quote=True)}"'
    repeats = f"<small>×{bar.repeats + 1}</small>" if bar and bar.repeats else ""
    if index < status.finished and step in variant.facts.missing:
        why = _("This step stored no result: the service skipped it or could not store it.")
        word = _("skipped")
        return (
            f'<{cell} class="fd-odd" title="{escape(why, quote=True)}"><i aria-hidden="true">{ODD[0]}</i>'
            f"<small>{escape(word)}</small>{repeats}</td>"
        )
    if index < status.finished:
        seconds = (bar.end - bar.start).total_seconds() if bar and bar.end else None
        lasted = _lasted(bar, seconds) if bar and seconds is not None else ""
        return f'<{cell} class="fd-good fd-passed"><i aria-hidden="true">{GOOD[0]}</i>{lasted}{repeats}</td>'
    if step != status.place:
        return f"<{cell}></td>"
    lasting = escape(duration((datetime.now(UTC) - variant.since).total_seconds()))
    return f"<{cell}>{variant_mark(variant.facts.number, status)}<small>{lasting}</small>{repeats}</td>"


def _lasted(bar: Bar, seconds: float) -> str:
    """A dashed line below what was not heard, as in the timeline."""
    stored = ' class="fd-stored"' if bar.source is Source.STORED else ""
    where = escape(source_words(bar.source), quote=True)
    return f'<small title="{where}"><span{stored}>{escape(duration(seconds))}</span></small>'


def show_timeline(view: JobView, rows: list[Lane]) -> None:
    """Bars in HTML, placed by percent: a redraw moves them without loading a chart."""
    now = datetime.now(UTC)
    axis = axis_of([bar for lane in rows for bar in lane.bars], now)
    if axis is None:
        st.caption(_("Nothing has been recorded or stored about the steps of this job."))
        return
    numbers = {variant.facts.variant_id: variant.facts.number for variant in view.variants}
    lanes_html = "".join(_lane(lane, axis, numbers, now) for lane in rows if lane.bars)
    name = escape(_("Timeline"), quote=True)
    st.html(
        f'<div class="fd-gantt" role="group" tabindex="0" aria-label="{name}">'
        f"{_scale(axis)}{lanes_html}{_legend(rows)}</div>"
    )


def _scale(axis: TimeAxis) -> str:
    ticks = "".join(
        f'<span style="left:{place:.2f}%">{escape(clock(at))}</span>' for at, place in axis.ticks(6)
    )
    gaps = "".join(
        f'<em style="left:{place:.2f}%" title="{escape(duration(seconds), quote=True)}">⋯</em>'
        for place, seconds in axis.folds
    )
    return f'<div class="fd-gantt-lane fd-gantt-scale"><b></b><div>{ticks}{gaps}</div></div>'


def _lane(lane: Lane, axis: TimeAxis, numbers: dict[UUID, int], now: datetime) -> str:
    name = _("Job") if lane.variant_id is None else _("Variant {number}", number=numbers[lane.variant_id])
    bars = "".join(_bar(bar, axis, now) for bar in lane.bars)
    return f'<div class="fd-gantt-lane"><b>{escape(name)}</b><div>{bars}</div></div>'


def _bar(bar: Bar, axis: TimeAxis, now: datetime) -> str:
    end = bar.end or now
    left, work, right = axis.place(bar.start), axis.place(bar.work_start), axis.place(end)
    words = escape(_bar_words(bar, end), quote=True)
    kind = "fd-busy" if bar.end is None else "fd-good"
    stored = " fd-stored" if bar.source is Source.STORED else ""
    waited = f'<u style="left:{left:.2f}%;width:{max(work - left, 0):.2f}%"></u>' if work > left else ""
    failures = "".join(_failure(at, axis) for at in bar.failures)
    again = f"<sup>×{bar.repeats + 1}</sup>" if bar.repeats else ""
    place = f"left:{work:.2f}%;width:{max(right - work, 0.25):.2f}%"
    name = escape(step_name(bar.step))
    return (
        f'{waited}<i class="{kind}{stored}" style="{place}" role="img" title="{words}" aria-label="{words}">'
        f"<span>{name}{again}</span></i>{failures}"
    )


def _failure(at: datetime, axis: TimeAxis) -> str:
    words = escape(_("failed at {time}", time=clock(at)), quote=True)
    return f'<s style="left:{axis.place(at):.2f}%" role="img" title="{words}" aria-label="{words}">✕</s>'


def _bar_words(bar: Bar, end: datetime) -> str:
    """The whole bar in words, for the hover and for screen readers."""
    parts = [
        _(
            "{step}: {time}, {begin} to {end}",
            step=step_name(bar.step),
            time=duration((end - bar.start).total_seconds()),
            begin=clock(bar.start),
            end=clock(bar.end) if bar.end else _("now"),
        )
    ]
    if bar.work_start > bar.start:
        parts.append(_("waited {time}", time=duration((bar.work_start - bar.start).total_seconds())))
    if bar.repeats:
        parts.append(_n("repeated {n} more time", "repeated {n} more times", bar.repeats))
    parts.append(source_words(bar.source))
    return " · ".join(parts)


def _legend(rows: list[Lane]) -> str:
    words = [
        ('<i class="fd-good"></i>', _("work")),
        ("<u></u>", _("waiting for the service")),
        ('<i class="fd-busy"></i>', _("going on")),
        ('<i class="fd-good fd-stored"></i>', _("from stored latencies, no events")),
        ("<s>✕</s>", _("a try that failed")),
        ("<sup>×n</sup>", _("times the step was finished; the one that counts is drawn")),
    ]
    return f"<p>{''.join(f'<span>{mark}{escape(text)}</span>' for mark, text in words)}</p>"


EVENTS_SHOWN = 60


def show_events(view: JobView, events: list[Event]) -> None:
    """The newest received transitions, with the time received."""
    if not events:
        st.caption(_("No transition of this job has been received since the dashboard records them."))
        return
    numbers: dict[UUID | None, int] = {
        variant.facts.variant_id: variant.facts.number for variant in view.variants
    }
    rows = "".join(
        _event_row(event, numbers.get(event.variant_id)) for event in reversed(events[-EVENTS_SHOWN:])
    )
    st.html(f'<div class="fd-events" tabindex="0"><table><tbody>{rows}</tbody></table></div>')
    more = len(events) - EVENTS_SHOWN
    notes = [_("Times in {zone}", zone=zone_name())]
    if more > 0:
        notes.append(_n("{n} older event is not shown", "{n} older events are not shown", more))
    st.caption(" · ".join(notes))


def _event_row(event: Event, number: int | None) -> str:
    who = _("Job") if number is None else _("Variant {number}", number=number)
    inferred = _("inferred by polling") if event.source == POLLED else ""
    return (
        f"<tr><td>{escape(clock(event.seen_at))}</td><td>{escape(who)}</td>"
        f"<td>{escape(step_name(event.step))}</td><td>{row_badge(event.status).html()}</td>"
        f"<td>{escape(inferred)}</td></tr>"
    )
