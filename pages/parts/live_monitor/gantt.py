"""The timeline: a lane a variant, a bar a step, waiting apart from working, repeats folded away."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from uuid import UUID

import streamlit as st

from feedly_core.live.durations import Source
from feedly_core.live.job_view import JobView
from feedly_core.live.time_axis import TimeAxis, axis_of
from feedly_core.live.timeline import Bar, Lane
from pages.parts.live_monitor.marks import source_words, step_name
from pages.shared.formatting import clock, duration
from pages.shared.language import _, _n


def show(view: JobView, rows: list[Lane]) -> None:
    """Bars in HTML, placed by percent: a redraw moves them without loading a chart."""
    now = datetime.now(UTC)
    axis = axis_of([bar for lane in rows for bar in lane.bars], now)
    if axis is None:
        st.caption(_("Nothing has been recorded or stored about the steps of this job."))
        return
    numbers = {variant.facts.variant_id: variant.facts.number for variant in view.variants}
    lanes_html = "".join(_lane(lane, axis, numbers, now) for lane in rows if lane.bars)
    st.html(f'<div class="fd-gantt">{_scale(axis)}{lanes_html}{_legend(rows)}</div>')


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
    words = escape(_told(bar, end), quote=True)
    kind = "fd-busy" if bar.end is None else "fd-good"
    stored = " fd-stored" if bar.source is Source.STORED else ""
    waited = f'<u style="left:{left:.2f}%;width:{max(work - left, 0):.2f}%"></u>' if work > left else ""
    failures = "".join(_failure(at, axis) for at in bar.failures)
    again = f"<sup>×{bar.repeats + 1}</sup>" if bar.repeats else ""
    place = f"left:{work:.2f}%;width:{max(right - work, 0.25):.2f}%"
    name = escape(step_name(bar.step))
    return (
        f'{waited}<i class="{kind}{stored}" style="{place}" title="{words}" aria-label="{words}">'
        f"<span>{name}{again}</span></i>{failures}"
    )


def _failure(at: datetime, axis: TimeAxis) -> str:
    words = escape(_("failed at {time}", time=clock(at)), quote=True)
    return f'<s style="left:{axis.place(at):.2f}%" title="{words}" aria-label="{words}">✕</s>'


def _told(bar: Bar, end: datetime) -> str:
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
        ('<i class="fd-good fd-stored"></i>', _("from stored latencies, not heard")),
        ("<s>✕</s>", _("a try that failed")),
        ("<sup>×n</sup>", _("times the step was finished; the one that counts is drawn")),
    ]
    return f"<p>{''.join(f'<span>{mark}{escape(text)}</span>' for mark, text in words)}</p>"
