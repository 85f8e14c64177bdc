"""The head of the job view: which job, its status, how far, how long still."""

from __future__ import annotations

from html import escape

import streamlit as st

from feedly_core.domain.pipeline import TEXT_STEPS
from feedly_core.live.job_view import JobView, TimeLeft
from pages.parts.live_monitor.marks import remark
from pages.shared.badges import status_badge
from pages.shared.formatting import age, duration
from pages.shared.language import _


def show(view: JobView) -> None:
    """Description, tenant, id, status, progress and time left."""
    facts, status = view.facts, view.status
    percent = round(100 * view.progress)
    about = " · ".join(filter(None, (facts.tenant_id, str(facts.job_id), age(facts.created_at))))
    name = escape(facts.description or _("(no description)"))
    texts = _("Texts {done} of {all}", done=_texts_done(view), all=len(TEXT_STEPS))
    st.html(
        f'<div class="fd-job-head"><div><h3>{name}</h3>'
        f"<small>{escape(about)}</small></div>"
        f"<div>{status_badge(status).html()}{remark(status)}</div>"
        f'<div class="fd-job-progress"><div class="fd-progress" role="progressbar" '
        f'aria-valuenow="{percent}"><i style="width:{percent}%"></i></div>'
        f"<small><b>{percent} %</b> · {escape(texts)}{escape(_left(view.time_left))}</small></div></div>"
    )


def _texts_done(view: JobView) -> int:
    return view.status.finished


def _left(left: TimeLeft | None) -> str:
    """The estimate, its usual range, and where it comes from."""
    if left is None:
        return ""
    words = _(
        "about {time} left (usually {low} to {high})",
        time=duration(left.median),
        low=duration(left.low),
        high=duration(left.high),
    )
    source = _("from recorded runs") if left.recorded else _("from stored latencies, without waiting")
    return f" · {words}, {source}"
