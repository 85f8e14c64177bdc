"""The step matrix: a row a variant, a column a step, with time in step and repeats."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from uuid import UUID

import streamlit as st

from feedly_core.domain.pipeline import VARIANT_STEPS
from feedly_core.live.durations import History, Source, Spread
from feedly_core.live.job_view import JobView, VariantView
from feedly_core.live.timeline import Bar, Lane
from pages.parts.live_monitor.marks import column, heading, remark, source_words, variant_mark
from pages.shared.badges import GOOD, status_badge
from pages.shared.formatting import duration
from pages.shared.language import _, _n


def show(view: JobView, rows: list[Lane], history: History) -> None:
    """Times are those of the timeline's counting attempts; the present step's run on."""
    if not view.variants:
        st.caption(_("No variant has been made yet."))
        return
    bars = {lane.variant_id: {bar.step: bar for bar in lane.bars} for lane in rows}
    head = "".join(heading(step, _usual(history.steps.get(step.name))) for step in VARIANT_STEPS)
    first = column(_("Variant")) + column(_("State"))
    body = "".join(_row(variant, bars) for variant in view.variants)
    st.html(
        '<div class="fd-board-frame"><table class="fd-board fd-matrix"><thead><tr>'
        f"{first}{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _usual(known: Spread | None) -> str:
    if known is None:
        return ""
    return _(
        "usually {median}, 95 % within {p95} ({source}, {n} runs)",
        median=duration(known.median),
        p95=duration(known.p95),
        source=source_words(known.source),
        n=known.runs,
    )


def _row(variant: VariantView, bars: dict[UUID | None, dict[str, Bar]]) -> str:
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
    repeats = f"<small>×{bar.repeats + 1}</small>" if bar and bar.repeats else ""
    if index < status.finished:
        seconds = (bar.end - bar.start).total_seconds() if bar and bar.end else None
        lasted = _lasted(bar, seconds) if bar and seconds is not None else ""
        return f'<td class="fd-good fd-passed"><i aria-hidden="true">{GOOD[0]}</i>{lasted}{repeats}</td>'
    if step != status.place:
        return "<td></td>"
    lasting = escape(duration((datetime.now(UTC) - variant.since).total_seconds()))
    return f"<td>{variant_mark(variant.facts.number, status)}<small>{lasting}</small>{repeats}</td>"


def _lasted(bar: Bar, seconds: float) -> str:
    """A dashed line below what was not heard, as in the timeline."""
    stored = ' class="fd-stored"' if bar.source is Source.STORED else ""
    where = escape(source_words(bar.source), quote=True)
    return f'<small title="{where}"><span{stored}>{escape(duration(seconds))}</span></small>'
