"""One job in a terminal, in the order of the results page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dashboard.output import language
from feedly_core.domain import labels, pipeline
from feedly_core.domain.scores import Grade, Limits
from feedly_core.i18n import N_, Message, translate
from feedly_core.results.calls import known_cost
from feedly_core.results.legibility import Legibility
from feedly_core.results.planner_explanation import (
    CERTAINTY_LABELS,
    steps,
    used_words,
    would_another_have_won,
)
from feedly_core.results.report_types import Call, JobReport, VariantReport
from feedly_core.results.scoring import findings, variant_scores
from feedly_core.results.texts import punctuation

SHAPES = {Grade.PASS: "●", Grade.WARN: "▲", Grade.FAIL: "✕", Grade.UNKNOWN: "–"}

_UNKNOWN, _RUN, _COST = N_("unknown"), N_("Planner run"), N_("Cost of language models")

Measured = Mapping[int, Legibility | None]


def print_report(report: JobReport, known: Limits, measured: Measured, now: datetime) -> None:
    """The job's head, scores, findings, places of the texts, copy, post, times and cost."""
    console, job = Console(highlight=False), report.job
    console.print(f"[bold]{job.job_id}[/]  {escape(job.tenant_id or '–')}  {escape(job.desc_kor or '')}")
    console.print(_say(labels.label(report.status(now))))
    if report.variants:
        _scores(console, report, known, measured, now)
    for variant in report.variants:
        _variant(console, variant)
    for stage in report.copies:
        console.print(f"[bold]{escape(stage.stage)}[/]: {escape(stage.text or '–')}")
    if report.feed:
        console.print(f"{escape(report.feed.caption)}\n{escape(' '.join(report.feed.hashtags))}")
    if report.calls:
        _calls(console, report)


def _scores(console: Console, report: JobReport, known: Limits, measured: Measured, now: datetime) -> None:
    table = Table(_say(N_("Score")))
    for variant in report.variants:
        table.add_column(_name(variant))
    rows = [variant_scores(variant, known, measured.get(variant.order)) for variant in report.variants]
    for scores in zip(*rows, strict=True):
        cells = (f"{SHAPES[score.grade]} {score.shown}" for score in scores)
        table.add_row(f"{_say(scores[0].family)}: {_say(scores[0].title)}", *cells)
    console.print(table)
    statuses = report.variant_statuses(now)
    for variant in report.variants:
        status = statuses.get(variant.variant_id)
        for item in findings(variant, known, measured.get(variant.order), status):
            console.print(f"{SHAPES[item.grade]} {variant.order}: {escape(_say(item.sentence))}")


def _variant(console: Console, variant: VariantReport) -> None:
    """The drawn lines with their breaks, why the text lies there, and what the models said."""
    if variant.overlay is None and variant.planner.run is None:
        return
    console.print(f"[bold]{_name(variant)}[/]")
    for line in variant.overlay.layout.lines if variant.overlay else ():
        console.print(f"  | {escape(line)}")
    for mark in punctuation(variant.overlay.layout.lines) if variant.overlay else ():
        place = {"sign": mark.sign, "line": mark.line, "position": mark.position}
        words = (
            N_("“{sign}” ends line {line}: a good break", **place)
            if mark.ends_line
            else N_("“{sign}” stands inside line {line}, at {position}", **place)
        )
        console.print(f"  {'●' if mark.ends_line else '▲'} {escape(_say(words))}")
    sure = _say(CERTAINTY_LABELS[variant.planner.certainty])
    console.print(f"  {escape(_say(used_words(variant.planner)))}")
    console.print(f"  {_say(_RUN)}: {sure}. {escape(_say(variant.planner.why))}")
    if variant.choice is not None:
        for number, step in enumerate(steps(variant.choice), start=1):
            console.print(f"  {number}. {escape(_say(step))}")
        for item in variant.choice.contenders:
            star = "★" if item.proposal == variant.planner.item else " "
            console.print(
                f"  {star} {escape(item.proposal.source)}  {item.score:.2f} → {item.adjusted:.2f}"
                f"  {100 * item.probability:.0f}%"
            )
        asked, answer = _say(N_("Could another box have won?")), _say(would_another_have_won(variant))
        console.print(f"  {asked} {escape(answer)}")
    for trace in (variant.analysis, variant.judgement):
        if trace is not None and trace.value.text:
            console.print(f"  “{escape(trace.value.text)}”")


def _calls(console: Console, report: JobReport) -> None:
    heads = (N_("Step"), N_("Variant"), N_("Model"), N_("Time"), N_("Tokens in / out"), N_("Cost"))
    table = Table(*(_say(head) for head in heads))
    for call in report.calls:
        table.add_row(
            _say(pipeline.title(call.step)),
            "–" if call.variant is None else str(call.variant),
            escape(call.provider or ""),
            _say(N_("not recorded")) if call.latency_ms is None else f"{call.latency_ms / 1000:.2f} s",
            *_money(call),
        )
    console.print(table)
    cost, unknown = known_cost(report.calls)
    more = f" + {unknown} × {_say(_UNKNOWN)}" if unknown else ""
    console.print(f"{_say(_COST)}: ${cost:.5f}{more}")


def _money(call: Call) -> tuple[str, str]:
    if call.tokens is None:
        return "", ""
    counts = (
        "?" if count is None else f"{count:,}" for count in (call.tokens.prompt, call.tokens.completion)
    )
    cost = _say(_UNKNOWN) if call.cost_usd is None else f"${call.cost_usd:.5f}"
    return " / ".join(counts), cost


def _name(variant: VariantReport) -> str:
    return _say(N_("Variant {number}", number=variant.order))


def _say(text: Message) -> str:
    return translate(text, language())
