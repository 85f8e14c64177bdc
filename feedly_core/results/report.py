"""One job's report: stored rows to attributed, typed facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from feedly_core.db.engine import Capabilities, capabilities
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.payloads.feed_post import hashtags
from feedly_core.domain.payloads.planner_layout import read_planner_layout
from feedly_core.errors import NotFound
from feedly_core.i18n import N_, Message
from feedly_core.results.attribution import PlannerRun
from feedly_core.results.calls import job_calls
from feedly_core.results.report_types import Asset, CopyStage, FeedPost, JobFacts, JobReport
from feedly_core.results.rows import JobRows, Row, read_job_rows
from feedly_core.results.variants import variant_report

COPY_STAGES = {
    "kor_to_eng": "ad_copy_eng",
    "ad_copy_eng": "ad_copy_eng",
    "ad_copy_kor": "ad_copy_kor",
    "refined_ad_copy": "refined_ad_copy_eng",
    "eng_to_kor": "ad_copy_kor",
}
"""Stages in natural order, each with the column that holds its text."""

_MADE_LATE: tuple[tuple[str, str | None, Message], ...] = (
    ("txt_ad_copy_generations", None, N_("Stages of the advertising copy")),
    ("vlm_traces", "job_variants_id", N_("Which variant an AI check belongs to (guessed from its request)")),
    ("image_assets", "job_id", N_("Which job a picture belongs to (found through the variants)")),
    ("llm_traces", "llm_model_id", N_("The model, and so the price, of language model calls")),
    ("jobs_variants", "overlaid_img_asset_id", N_("The finished picture's id (taken from the overlay)")),
)


@query_budget(statements=1, rows=250)
def job_report(connection: Connection, job_id: UUID) -> JobReport:
    """Everything about a job, of one moment.

    One statement, whatever the number of its variants.

    Raises :class:`NotFound`.
    """
    read = read_job_rows(connection, job_id)
    if read is None:
        raise NotFound(
            N_("There is no job {job}.", job=job_id),
            detail=N_("It was removed, or it belongs to another database."),
            hint=N_("Choose a job from the list, or check the id."),
        )
    rows, inputs = read
    assets = {asset_id: _asset(row) for asset_id, row in rows.assets.items()}
    input_id: UUID | None = rows.job.get("i.img_asset_id")
    input_picture = assets.get(input_id) if input_id else None
    runs = [_run(row, input_picture) for row in rows.runs]
    variants = tuple(variant_report(row, rows, runs, assets) for row in rows.variants)
    copies = _copies(rows)
    return JobReport(
        job=_facts(rows.job),
        inputs=inputs,
        input_picture=input_picture,
        forbidden_mask_url=rows.job.get("y.forbidden_mask_url"),
        variants=variants,
        copies=copies,
        feed=_feed(rows),
        calls=job_calls(rows, variants),
        not_in_schema=_not_in_schema(capabilities(connection)),
        unusable=rows.unusable,
        raw=_raw(rows),
    )


def _facts(row: Row) -> JobFacts:
    tone = {name: row.get(f"t.{name}") for name in ("code", "kor_name", "eng_name", "description")}
    return JobFacts(
        job_id=row["j.job_id"],
        tenant_id=row.get("j.tenant_id"),
        tenant_name=row.get("n.display_name"),
        status=row.get("j.status"),
        step=row.get("j.current_step"),
        version=row.get("j.version"),
        retry_count=row.get("j.retry_count"),
        created_at=row.get("j.created_at"),
        updated_at=row.get("j.updated_at"),
        store=row.get("s.title"),
        store_category=row.get("s.store_category"),
        tone={name: value for name, value in tone.items() if value},
        desc_kor=row.get("i.desc_kor"),
        desc_eng=row.get("i.desc_eng"),
    )


def _asset(row: Row) -> Asset:
    width, height = row.get("width"), row.get("height")
    size = (width, height) if width and height and min(width, height) > 0 else None
    return Asset(row["image_asset_id"], row["image_url"], row.get("image_type"), size)


def _run(row: Row, picture: Asset | None) -> PlannerRun:
    return PlannerRun(
        proposal_id=row["proposal_id"],
        image_asset_id=row.get("image_asset_id"),
        created_at=row.get("created_at"),
        latency_ms=row.get("latency_ms"),
        layout=read_planner_layout(row.get("layout"), picture.size if picture else None),
    )


def _copies(rows: JobRows) -> tuple[CopyStage, ...]:
    """The newest row of each stage, in natural order; unknown stages last."""
    by_stage: dict[str, list[Row]] = {}
    for row in rows.copies:
        by_stage.setdefault(str(row.get("generation_stage")), []).append(row)
    order = [*COPY_STAGES, *by_stage]
    return tuple(
        CopyStage(
            stage=stage,
            text=_copy_text(by_stage[stage][0], stage),
            status=by_stage[stage][0].get("status"),
            created_at=by_stage[stage][0].get("created_at"),
            rows=len(by_stage[stage]),
        )
        for stage in dict.fromkeys(order)
        if stage in by_stage
    )


def _copy_text(row: Row, stage: str) -> str | None:
    named = row.get(COPY_STAGES.get(stage, ""))
    columns = ("refined_ad_copy_eng", "ad_copy_kor", "ad_copy_eng")
    return named or next((row[name] for name in columns if row.get(name)), None)


def _feed(rows: JobRows) -> FeedPost | None:
    if not rows.feeds:
        return None
    row = rows.feeds[0]
    return FeedPost(
        caption=row.get("instagram_ad_copy") or "",
        hashtags=hashtags(row.get("hashtags")),
        copy_kor=row.get("ad_copy_kor"),
        copy_eng=row.get("refined_ad_copy_eng"),
        tone=row.get("tone_style"),
        created_at=row.get("created_at"),
        rows=len(rows.feeds),
    )


def _not_in_schema(caps: Capabilities) -> tuple[Message, ...]:
    return tuple(
        words
        for table, column, words in _MADE_LATE
        if not (caps.has(table, column) if column else caps.has_table(table))
    )


def _raw(rows: JobRows) -> dict[str, object]:
    return {
        "job": rows.job,
        "jobs_variants": rows.variants,
        "overlay_layouts": rows.overlays,
        "planner_proposals": rows.runs,
        "image_assets": tuple(rows.assets.values()),
        "detections": rows.detections,
        "evaluations": rows.evaluations,
        "vlm_traces": rows.vlm_traces,
        "llm_traces": rows.llm_traces,
        "txt_ad_copy_generations": rows.copies,
        "instagram_feeds": rows.feeds,
    }


def plain(value: object) -> Any:
    """Ids and times as text, everything else as JSON knows it."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
