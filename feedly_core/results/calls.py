"""Times, tokens and cost of a job, per call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from feedly_core.domain import pipeline
from feedly_core.domain.payloads.document import finite
from feedly_core.domain.payloads.token_usage import cost_usd, read_token_usage
from feedly_core.results.report_types import Call, VariantReport
from feedly_core.results.rows import JobRows, Row

STEP_OF_OPERATION = {
    "kor_to_eng": "kor_to_eng",
    "ad_copy_gen": "ad_copy_eng",
    "ad_copy_kor": "ad_copy_kor",
    "eng_to_kor": "ad_copy_gen_kor",
    "feed_gen": "instagram_feed_gen",
}
"""``llm_traces.operation_type`` to the step that made the call; an unknown type is its own step."""


def job_calls(rows: JobRows, variants: Sequence[VariantReport]) -> tuple[Call, ...]:
    """Timed results of the job, one per step and variant.

    Language model calls one by one.
    """
    calls = [call for variant in variants for call in _variant_calls(variant, rows)]
    calls += [_planner_call(row, variants) for row in rows.runs]
    if rows.job.get("y.yolo_run_id"):
        calls.append(Call("yolo_detect", None, rows.job.get("y.model_name"), rows.job.get("y.latency_ms"), 1))
    calls += [_language_call(row) for row in reversed(rows.llm_traces)]
    return tuple(sorted(calls, key=lambda call: (_place(call.step), call.variant or 0)))


def known_cost(calls: Iterable[Call]) -> tuple[float, int]:
    """Known costs in USD, and the number of calls with unknown cost."""
    of_models = [call for call in calls if call.tokens is not None]
    known = [call.cost_usd for call in of_models if call.cost_usd is not None]
    return sum(known), len(of_models) - len(known)


def _variant_calls(variant: VariantReport, rows: JobRows) -> Iterable[Call]:
    found = (
        ("vlm_analyze", variant.analysis, _provider(rows, "analyze")),
        ("vlm_judge", variant.judgement, _provider(rows, "judge")),
        ("ocr_eval", variant.ocr, None),
        ("readability_eval", variant.readability, None),
        ("iou_eval", variant.iou, None),
    )
    for step, newest, provider in found:
        if newest is not None:
            yield Call(step, variant.order, provider, newest.latency_ms, newest.rows)
    if variant.overlay is not None:
        yield Call("overlay", variant.order, None, variant.overlay.latency_ms, variant.overlay.rows)


def _planner_call(row: Row, variants: Sequence[VariantReport]) -> Call:
    """A planner run names no variant: it is one's own only when exactly one overlay names the run."""
    owners = [
        variant.order
        for variant in variants
        if variant.overlay is not None and variant.overlay.proposal_id == row["proposal_id"]
    ]
    return Call("planner", owners[0] if len(owners) == 1 else None, None, row.get("latency_ms"), 1)


def _provider(rows: JobRows, kind: str) -> str | None:
    return next((row.get("provider") for row in rows.vlm_traces if row.get("operation_type") == kind), None)


def _language_call(row: Row) -> Call:
    usage = read_token_usage(row)
    operation = str(row.get("operation_type") or "")
    prices = (
        finite(row.get("m.prompt_token_cost_per_1m")),
        finite(row.get("m.completion_token_cost_per_1m")),
    )
    return Call(
        step=STEP_OF_OPERATION.get(operation, operation),
        variant=None,
        provider=row.get("m.model_name") or row.get("provider"),
        latency_ms=row.get("latency_ms"),
        rows=1,
        tokens=usage,
        cost_usd=cost_usd(usage, *prices),
    )


def _place(step: str) -> float:
    if step == "ad_copy_kor":  # a stage of the intake that is no step of its own
        return pipeline.order("ad_copy_eng") + 0.5
    return pipeline.order(step)
