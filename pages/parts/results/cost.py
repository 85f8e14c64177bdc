"""Time, tokens and money per call.

The raw rows for engineers.
"""

from __future__ import annotations

from html import escape

import streamlit as st

from feedly_core.domain import pipeline
from feedly_core.domain.payloads.token_usage import TokenUsage
from feedly_core.domain.pipeline import STEPS
from feedly_core.i18n import N_
from feedly_core.results.calls import known_cost
from feedly_core.results.report import plain
from feedly_core.results.report_types import Call, JobReport
from pages.parts.results.widgets import html_table, variant_name
from pages.shared.formatting import duration
from pages.shared.language import _, _n
from pages.shared.placeholders import empty

_INTAKE_COPY = N_("Text for the picture")


def show_cost(report: JobReport) -> None:
    """The table of calls and, folded, every stored row."""
    if report.calls:
        _totals(report)
        _table(report)
    else:
        empty(_("No step has recorded a time yet"))
    _unreadable(report)
    with st.expander(_("Raw rows, for engineers"), icon=":material/data_object:", on_change="rerun") as rows:
        if rows.open:
            st.json(plain(report.raw), expanded=1)


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
    """One row per step: the variants' times side by side, then what belongs to the job."""
    orders = [variant.order for variant in report.variants]
    heads = [_("Step"), *(variant_name(variant) for variant in report.variants), _("Job")]
    heads += [_("Model"), _("Tokens in / out"), _("Cost")]
    steps: dict[str, list[Call]] = {}
    for call in report.calls:
        steps.setdefault(call.step, []).append(call)
    rows = [_row(step, calls, orders) for step, calls in steps.items()]
    html_table([escape(head) for head in heads], rows, _("Time and cost"))


def _row(step: str, calls: list[Call], orders: list[int]) -> list[str]:
    known = _INTAKE_COPY if step == "ad_copy_kor" else pipeline.title(step)
    explained = STEPS.get(step)
    hint = f" title='{escape(_(explained.explanation), quote=True)}'" if explained else ""
    of_job = [call for call in calls if call.variant not in orders]
    return [
        f"<span{hint}>{escape(_(known))}</span>",
        *(_times([call for call in calls if call.variant == order]) for order in orders),
        _times(of_job),
        escape(", ".join(dict.fromkeys(call.provider for call in calls if call.provider))),
        "<br>".join(_tokens(call.tokens) for call in calls if call.tokens),
        "<br>".join(escape(_cost(call)) for call in calls if call.tokens),
    ]


def _times(calls: list[Call]) -> str:
    """Each call's time, and how often the step ran."""
    times = [
        _("not recorded") if call.latency_ms is None else duration(call.latency_ms / 1000) for call in calls
    ]
    again = sum(call.rows for call in calls) - len(calls)
    return escape(", ".join(times)) + (f" <small>× {again + len(calls)}</small>" if again else "")


def _tokens(usage: TokenUsage) -> str:
    return " / ".join("?" if count is None else f"{count:,}" for count in (usage.prompt, usage.completion))


def _cost(call: Call) -> str:
    return _("unknown") if call.cost_usd is None else _dollars(call.cost_usd)


def _dollars(amount: float) -> str:
    return f"${amount:.5f}" if amount < 0.01 else f"${amount:.2f}"


def _unreadable(report: JobReport) -> None:
    """Stored values that could not be used, with their place."""
    found = [(variant.order, name, item) for variant in report.variants for name, item in variant.unreadable]
    if not found and not report.unusable:
        return
    count = len(found) + sum(report.unusable.values())
    title = _n("{n} stored value is unreadable", "{n} stored values are unreadable", count)
    with st.expander(title, icon=":material/warning:", expanded=True):
        heads = (_("Variant"), _("Document"), _("Place"), _("Why"))
        rows = [
            [str(order), escape(name), f"<code>{escape(item.where)}</code>", escape(_(item.reason))]
            for order, name, item in found
        ] + [
            ["–", escape(table), f"<code>{escape(column)}</code>", escape(_("no usable time or number"))]
            for table, _dot, column in (place.partition(".") for place in report.unusable)
        ]
        html_table([escape(head) for head in heads], rows, title)
