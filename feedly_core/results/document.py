"""A job report as JSON values for terminal and archives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NotRequired
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from feedly_core.domain.boxes import Box
from feedly_core.domain.scores import Limits
from feedly_core.domain.status import VariantStatus
from feedly_core.i18n import translate
from feedly_core.results.calls import known_cost
from feedly_core.results.legibility import Legibility
from feedly_core.results.planner_explanation import steps, would_another_have_won
from feedly_core.results.report import plain
from feedly_core.results.report_types import JobReport, VariantReport
from feedly_core.results.scoring import findings, variant_scores
from feedly_core.results.texts import punctuation


class JobDocument(TypedDict):
    """One job as JSON, for terminal, archives and programs."""

    state: str
    job: dict[str, Any]
    time_zone: NotRequired[str]
    variants: list[VariantDocument]
    copy: dict[str, str | None]
    feed: FeedDocument | None
    calls: list[CallDocument]
    cost_usd: float | None
    calls_of_unknown_cost: int
    not_in_schema: list[str]


class FeedDocument(TypedDict):
    """The feed post's texts."""

    caption: str | None
    hashtags: list[str]


class CallDocument(TypedDict):
    """A timed piece of work; ``variant`` None: of the whole job."""

    step: str
    variant: int | None
    provider: str | None
    latency_ms: float | None
    rows: int
    tokens: int | None
    cost_usd: float | None


class VariantDocument(TypedDict):
    """One variant with everything that was made of it. Boxes are x, y, width, height."""

    variant: int | None
    variant_id: str
    state: str | None
    status: str | None
    step: str | None
    picture: str | None
    overlaid: str | None
    text: str | None
    lines: list[str]
    box: list[float] | None
    punctuation: list[dict[str, Any]]
    detections: list[dict[str, Any]]
    planner: dict[str, Any]
    analysis: dict[str, Any] | None
    scores: dict[str, ScoreDocument]
    judge: dict[str, Any] | None
    findings: list[FindingDocument]
    unreadable: list[dict[str, str]]


class ScoreDocument(TypedDict):
    """A score's value, graded against the limit in force."""

    value: float | None
    verdict: str


class FindingDocument(TypedDict):
    """One sentence about the picture, with its grade."""

    verdict: str
    sentence: str


def report_document(
    report: JobReport,
    limits: Limits,
    measured: Mapping[int, Legibility | None],
    language: str = "en",
    *,
    now: datetime,
    zone: ZoneInfo | None = None,
) -> JobDocument:
    """The report without raw rows.

    ``measured`` holds our legibility by variant order; sentences come in ``language``, keys and values as
    stored, times in ``zone``. ``state``: of the job, and of each variant, at ``now``.
    """
    statuses = report.variant_statuses(now)
    cost, unknown = known_cost(report.calls)
    job = report.job
    document: JobDocument = {
        "state": report.status(now).state.value,
        "job": plain({name: _in_zone(getattr(job, name), zone) for name in job.__dataclass_fields__}),
        "variants": [
            _variant(
                variant,
                limits,
                measured.get(variant.order),
                statuses.get(variant.variant_id),
                language,
            )
            for variant in report.variants
        ],
        "copy": {stage.stage: stage.text for stage in report.copies},
        "feed": {"caption": report.feed.caption, "hashtags": list(report.feed.hashtags)}
        if report.feed
        else None,
        "calls": [
            {
                "step": call.step,
                "variant": call.variant,
                "provider": call.provider,
                "latency_ms": call.latency_ms,
                "rows": call.rows,
                "tokens": call.tokens.total if call.tokens else None,
                "cost_usd": call.cost_usd,
            }
            for call in report.calls
        ],
        "cost_usd": cost,
        "calls_of_unknown_cost": unknown,
        "not_in_schema": [translate(words, language) for words in report.not_in_schema],
    }
    if zone:
        document["time_zone"] = zone.key
    return document


def _in_zone(value: object, zone: ZoneInfo | None) -> object:
    return value.astimezone(zone) if zone and isinstance(value, datetime) else value


def _variant(
    variant: VariantReport,
    limits: Limits,
    measured: Legibility | None,
    status: VariantStatus | None,
    language: str,
) -> VariantDocument:
    layout = variant.overlay.layout if variant.overlay else None
    judge = variant.judgement
    return {
        "variant": variant.order,
        "variant_id": str(variant.variant_id),
        "state": status.state.value if status else None,
        "status": variant.status,
        "step": variant.step,
        "picture": variant.picture.url if variant.picture else None,
        "overlaid": variant.overlaid.url if variant.overlaid else None,
        "text": layout.text if layout else None,
        "lines": list(layout.lines) if layout else [],
        "box": _box(layout.box) if layout and layout.box else None,
        "punctuation": [
            {"sign": mark.sign, "line": mark.line, "position": mark.position, "ends_line": mark.ends_line}
            for mark in punctuation(layout.lines if layout else ())
        ],
        "detections": [
            {"label": thing.label, "score": thing.score, "box": _box(thing.box)}
            for thing in variant.detections.boxes
        ],
        "planner": _planner(variant, language),
        "analysis": {
            "of_variant": variant.analysis.of_variant,
            "is_valid": variant.analysis.value.valid,
            "issues": list(variant.analysis.value.issues),
            "analysis": variant.analysis.value.text,
        }
        if variant.analysis
        else None,
        "scores": {
            score.name: {"value": score.value, "verdict": score.grade}
            for score in variant_scores(variant, limits, measured)
        },
        "judge": {
            "of_variant": judge.of_variant,
            "on_brief": judge.value.on_brief,
            "occlusion": judge.value.occlusion,
            "contrast_ok": judge.value.contrast_ok,
            "cta_present": judge.value.cta_present,
            "issues": list(judge.value.issues),
            "analysis": judge.value.text,
        }
        if judge
        else None,
        "findings": [
            {"verdict": item.grade, "sentence": translate(item.sentence, language)}
            for item in findings(variant, limits, measured, status)
        ],
        "unreadable": [
            {"document": name, "where": item.where, "reason": translate(item.reason, language)}
            for name, item in variant.unreadable
        ],
    }


def _planner(variant: VariantReport, language: str) -> dict[str, Any]:
    """Which box was used, and the rule as it was applied; ``probability`` is 0 to 1."""
    planner, choice = variant.planner, variant.choice
    return {
        "certainty": planner.certainty,
        "why": translate(planner.why, language),
        "used": planner.used,
        "source": planner.item and planner.item.source,
        "rule": choice
        and {
            "outcome": choice.outcome,
            "temperature": choice.temperature,
            "steps": [translate(step, language) for step in steps(choice)],
            "dropped": [item.source for item in choice.dropped],
            "contenders": [
                {
                    "group": item.group,
                    "source": item.proposal.source,
                    "score": item.score,
                    "adjusted": item.adjusted,
                    "probability": item.probability,
                }
                for item in choice.contenders
            ],
            "would_another_have_won": translate(would_another_have_won(variant), language),
        },
    }


def _box(box: Box) -> list[float]:
    return [box.x, box.y, box.width, box.height]
