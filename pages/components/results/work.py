"""What the job cost: time, tokens and money a call; and the raw rows for engineers."""

from __future__ import annotations

from html import escape

import streamlit as st

from feedly_core.domain import pipeline
from feedly_core.domain.pipeline import STEPS
from feedly_core.results.calls import known_cost
from feedly_core.results.facts import Call, JobReport
from feedly_core.words import N_
from pages.components.navigation import section
from pages.components.results.look import html_table
from pages.components.states import empty
from pages.components.times import duration
from pages.components.words import _, _n

_INTAKE_COPY = N_("Text for the picture")


def show(report: JobReport) -> None:
    """The table of calls and, folded, every stored row."""
    section(_("Time and cost"))
    if report.calls:
        _totals(report)
        _table(report)
    else:
        empty(_("No step has recorded a time yet"))
    _unreadable(report)
    with st.expander(_("Raw rows, for engineers"), icon=":material/data_object:", on_change="rerun") as rows:
        if rows.open:
            st.json(report.raw, expanded=1)


def _totals(report: JobReport) -> None:
    cost, unknown = known_cost(report.calls)
    tokens = [call.tokens.total for call in report.calls if call.tokens and call.tokens.total is not None]
    times = [call.latency_ms for call in report.calls if call.latency_ms is not None]
    known = len([call for call in report.calls if call.cost_usd is not None])
    money = _dollars(cost) if known else _("unknown")
    columns = st.columns(3)
    columns[0].metric(
        _("Recorded time, all steps"), duration(sum(times) / 1000) if times else "–", border=True
    )
    columns[1].metric(_("Tokens"), f"{sum(tokens):,}" if tokens else _("unknown"), border=True)
    columns[2].metric(
        _("Cost of language models"),
        f"{money} + ?" if known and unknown else money,
        border=True,
        help=_n("The price of {n} call is unknown.", "The price of {n} calls is unknown.", unknown)
        if unknown
        else None,
    )


def _table(report: JobReport) -> None:
    heads = (_("Step"), _("Variant"), _("Model"), _("Time"), _("Repeats"), _("Tokens in / out"), _("Cost"))
    html_table([escape(head) for head in heads], [_row(call) for call in report.calls], _("Time and cost"))


def _row(call: Call) -> list[str]:
    known = _INTAKE_COPY if call.step == "ad_copy_kor" else pipeline.title(call.step)
    explained = STEPS.get(call.step)
    hint = f" title='{escape(_(explained.explanation), quote=True)}'" if explained else ""
    tokens = cost = ""
    if call.tokens is not None:
        counts = (call.tokens.prompt, call.tokens.completion)
        tokens = " / ".join("?" if count is None else f"{count:,}" for count in counts)
        cost = _("unknown") if call.cost_usd is None else _dollars(call.cost_usd)
    return [
        f"<span{hint}>{escape(_(known))}</span>",
        "" if call.variant is None else str(call.variant),
        escape(call.provider or ""),
        "–" if call.latency_ms is None else escape(duration(call.latency_ms / 1000)),
        f"× {call.rows}" if call.rows > 1 else "",
        tokens,
        escape(cost),
    ]


def _dollars(amount: float) -> str:
    return f"${amount:.5f}" if amount < 0.01 else f"${amount:.2f}"


def _unreadable(report: JobReport) -> None:
    """Stored values that could not be used, with their place."""
    found = [(variant.order, name, item) for variant in report.variants for name, item in variant.unreadable]
    if not found:
        return
    title = _n("{n} stored value is unreadable", "{n} stored values are unreadable", len(found))
    with st.expander(title, icon=":material/warning:", expanded=True):
        heads = (_("Variant"), _("Document"), _("Place"), _("Why"))
        rows = [
            [str(order), escape(name), f"<code>{escape(item.where)}</code>", escape(_(item.reason))]
            for order, name, item in found
        ]
        html_table([escape(head) for head in heads], rows, title)
