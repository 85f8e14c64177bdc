"""Answers of the core as DataFrames, for notebooks. Pure.

Ids are text, times carry the zone of the settings, latencies are ms, durations s, costs US dollars,
shares 0 to 1. A value that is not recorded is missing (None, NaN, NaT), never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from feedly_core.alerts.store import StoredAlert
from feedly_core.analytics.recent import RecentJob
from feedly_core.analytics.trends import Point
from feedly_core.campaigns.store import CampaignSummary
from feedly_core.diagnostics.check_report import CheckReport
from feedly_core.documents import answers
from feedly_core.documents.answers import alert_line, campaign_line
from feedly_core.domain.labels import label
from feedly_core.domain.scores import SCORES
from feedly_core.i18n import Message, translate
from feedly_core.live.board import Board
from feedly_core.results.report_types import Call
from feedly_core.results.scoring import Score
from feedly_core.reviews.queue import Item
from feedly_core.search.documents import FIELD_LABELS
from feedly_core.search.hits import Found

_JOBS = ("job_id", "created_at", "tenant_id", "description", "state", "step", "status", "variants")
_JOB_SCORES = ("ocr_accuracy", "contrast", "iou_with_food")
_BOARD = ("job_id", "created_at", "tenant_id", "campaign", "state", "step", "status", "progress", "moved_at")
_CALLS = ("step", "variant", "provider", "latency_ms", "rows")
_TOKENS = ("prompt_tokens", "completion_tokens", "cost_usd")
_CAMPAIGNS = ("campaign_id", "created_at", "finished_at", "tenant_id", "state", "mode", "created_by")
_JOB_COUNTS = ("made", "completed", "failed")
_REVIEWS = ("at", "reviewer", "team", "verdict", "tags", "comment", "blind")
_PICTURE = ("job_id", "variant_id", "variant", "tenant_id", "overall")
_ALERTS = ("alert_id", "kind", "rule", "channel", "opened_at", "ended_at", "size", "sent_at")
_HITS = ("kind", "key", "title", "field", "passage", "job_id", "tenant_id", "created_at", "state", "status")
_CHECKS = ("key", "group", "name", "outcome", "found", "why", "fix", "milliseconds")


def scores_frame(scores: Mapping[int, Iterable[Score]]) -> pd.DataFrame:
    """One row per variant and score.

    ``limit`` is the last value that passes.
    """
    rows = [
        {
            "variant": number,
            "score": score.name,
            "value": score.value,
            "unit": score.unit.value,
            "grade": score.grade.value,
            "limit": score.limit.good if score.limit else None,
            "higher_is_better": SCORES[score.name].higher_is_better,
        }
        for number, of_variant in scores.items()
        for score in of_variant
    ]
    columns = ["variant", "score", "value", "unit", "grade", "limit", "higher_is_better"]
    return _numbers(pd.DataFrame(rows, columns=columns), "value", "limit")


def calls_frame(calls: Iterable[Call]) -> pd.DataFrame:
    """One row per timed piece of work.

    ``variant`` is missing for work of the whole job.
    """
    rows = [
        {
            **{name: getattr(call, name) for name in _CALLS},
            "prompt_tokens": call.tokens.prompt if call.tokens else None,
            "completion_tokens": call.tokens.completion if call.tokens else None,
            "cost_usd": call.cost_usd,
        }
        for call in calls
    ]
    frame = _numbers(pd.DataFrame(rows, columns=[*_CALLS, *_TOKENS]), "latency_ms", "cost_usd")
    whole = dict.fromkeys(("variant", "prompt_tokens", "completion_tokens"), "Int64")
    return frame.astype(whole)


def jobs_frame(jobs: Iterable[RecentJob], zone: ZoneInfo, language: str) -> pd.DataFrame:
    """One row per job, newest first.

    Each score is the median over its variants.
    """
    columns = (*_JOBS, *_JOB_SCORES)
    rows = [
        {
            **{name: getattr(job, name, None) for name in _JOBS},
            **job.scores,
            "state": job.status and job.status.state.value,
            "step": job.status and job.status.step,
            "status": job.status and translate(label(job.status), language),
        }
        for job in jobs
    ]
    return local_times(_numbers(_ids(rows, columns), *_JOB_SCORES), zone, "created_at")


def board_frame(board: Board, zone: ZoneInfo, language: str) -> pd.DataFrame:
    """One row per job in flight, those with a problem first. ``problems`` is a list of sentences."""
    rows = [dict(line) for line in answers.board(board, language)]
    return local_times(_ids(rows, (*_BOARD, "problems")), zone, "created_at", "moved_at")


def trends_frame(points: Iterable[Point]) -> pd.DataFrame:
    """One row per point, indexed by day or release.

    Scores as quartiles, step times as p50 and p95.
    """
    rows = []
    for point in points:
        row = {
            name: value for name, value in vars(point).items() if name not in {"key", "scores", "times"}
        } | {"point": point.key}
        for name, spread in point.scores.items():
            row |= {
                f"{name}_low": spread.low,
                f"{name}_median": spread.median,
                f"{name}_high": spread.high,
            }
        for step, (p50, p95) in point.times.items():
            row |= {f"{step}_p50_ms": p50, f"{step}_p95_ms": p95}
        rows.append(row)
    frame = pd.DataFrame(rows)
    return frame.set_index("point") if rows else frame


def campaigns_frame(campaigns: Iterable[CampaignSummary], zone: ZoneInfo, language: str) -> pd.DataFrame:
    """One row per campaign, newest first, with its numbers of jobs and its last error in words."""
    rows = [
        {**campaign_line(found), "last_error": _sentences(found.campaign.last_error, language)}
        for found in campaigns
    ]
    columns = (*_CAMPAIGNS, *_JOB_COUNTS, "last_error")
    return local_times(_ids(rows, columns), zone, "created_at", "finished_at")


def alerts_frame(found: Iterable[StoredAlert], zone: ZoneInfo, language: str) -> pd.DataFrame:
    """One row per alert, unsolved ones first."""
    rows = [dict(alert_line(each, language)) for each in found]
    return local_times(_ids(rows, _ALERTS), zone, "opened_at", "ended_at", "sent_at")


def reviews_frame(items: Iterable[Item], zone: ZoneInfo) -> pd.DataFrame:
    """One row per verdict that holds now, for the picture that it was given for."""
    rows = [
        {
            "job_id": item.picture.job_id,
            "variant_id": item.picture.variant_id,
            "variant": item.picture.variant,
            "tenant_id": item.picture.tenant_id,
            "overall": item.picture.overall,
            **{name: getattr(said, name) for name in _REVIEWS},
            "verdict": said.verdict.value,
            "tags": list(said.tags),
        }
        for item in items
        for said in item.said
    ]
    return local_times(_numbers(_ids(rows, (*_PICTURE, *_REVIEWS)), "overall"), zone, "at")


def search_frame(found: Found, zone: ZoneInfo, language: str) -> pd.DataFrame:
    """One row per hit.

    ``field`` and ``status`` are words, ``passage`` is the text around what was found.
    """
    rows = [
        {
            "kind": hit.kind.value,
            "key": hit.key,
            "title": translate(hit.title, language),
            "field": translate(FIELD_LABELS[hit.field], language),
            "passage": hit.passage.text,
            "job_id": str(hit.job_id) if hit.job_id else None,
            "tenant_id": hit.tenant_id,
            "created_at": hit.created_at,
            "state": hit.status.state.value if hit.status else None,
            "status": translate(label(hit.status), language) if hit.status else None,
        }
        for hit in found.hits
    ]
    frame = local_times(pd.DataFrame(rows, columns=list(_HITS)), zone, "created_at")
    frame.attrs |= {"bounded_to": found.bounded_to, "complete": found.complete}
    return frame


def checks_frame(report: CheckReport, language: str) -> pd.DataFrame:
    """One row per check.

    ``found``, ``why`` and ``fix`` are sentences, ``milliseconds`` its duration.
    """

    def words(sentence: Message | None) -> str | None:
        return None if sentence is None else translate(sentence, language)

    rows = [
        {
            "key": result.check.key,
            "group": result.check.group.value,
            "name": words(result.check.name),
            "outcome": result.outcome.value,
            "found": words(result.finding.found),
            "why": words(result.finding.why),
            "fix": words(result.finding.fix.advice) if result.finding.fix else None,
            "milliseconds": result.milliseconds,
        }
        for result in report
    ]
    return pd.DataFrame(rows, columns=list(_CHECKS))


def _sentences(messages: Iterable[Message], language: str) -> str | None:
    return " ".join(translate(message, language) for message in messages) or None


def _ids(rows: list[dict[str, Any]], columns: Iterable[str]) -> pd.DataFrame:
    """A frame whose ids are text: pandas cannot group or merge by UUIDs cheaply, nor store them."""
    named = [name for name in columns if name.endswith("_id") and name != "tenant_id"]
    plain = [row | {name: str(row[name]) for name in named} for row in rows]
    return pd.DataFrame(plain, columns=list(columns))


def _numbers(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return frame.astype(dict.fromkeys(columns, "float64"))


def local_times(frame: pd.DataFrame, zone: ZoneInfo, *columns: str) -> pd.DataFrame:
    """The frame with these moments in ``zone``.

    An empty column becomes one of moments too.
    """
    moments = {
        name: pd.to_datetime(frame[name], utc=True, format="ISO8601").dt.tz_convert(zone) for name in columns
    }
    return frame.assign(**moments)
