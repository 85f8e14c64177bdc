"""What happened to a job, newest first; identical tellings folded into one."""

from __future__ import annotations

from html import escape

import streamlit as st

from feedly_core.live.events import POLLED, Event
from feedly_core.live.job_view import JobView
from pages.parts.live_monitor.marks import step_name
from pages.shared.badges import row_badge
from pages.shared.formatting import clock, zone_name
from pages.shared.language import _, _n

SHOWN = 60


def show(view: JobView, events: list[Event]) -> None:
    """The newest transitions that were heard, with the time of the hearing."""
    if not events:
        st.caption(_("No transition of this job has been heard since the dashboard records them."))
        return
    numbers = {variant.facts.variant_id: variant.facts.number for variant in view.variants}
    rows = "".join(_row(event, numbers.get(event.variant_id)) for event in reversed(events[-SHOWN:]))
    st.html(f'<div class="fd-events" tabindex="0"><table><tbody>{rows}</tbody></table></div>')
    more = len(events) - SHOWN
    notes = [_("Times in {zone}", zone=zone_name())]
    if more > 0:
        notes.append(_n("{n} older event is not shown", "{n} older events are not shown", more))
    st.caption(" · ".join(notes))


def _row(event: Event, number: int | None) -> str:
    who = _("Job") if number is None else _("Variant {number}", number=number)
    inferred = _("inferred by polling") if event.source == POLLED else ""
    return (
        f"<tr><td>{escape(clock(event.seen_at))}</td><td>{escape(who)}</td>"
        f"<td>{escape(step_name(event.step))}</td><td>{row_badge(event.status).html()}</td>"
        f"<td>{escape(inferred)}</td></tr>"
    )
