"""Between the database and the steps: what a step reads becomes a work, what it leaves becomes rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, func, insert, select
from sqlalchemy import Row as Record
from sqlalchemy.dialects.postgresql import insert as upsert

from dashboard.demo.simulator.work import Asset, JobWork, Laid, Outcome, Seen, VariantWork
from feedly_core.domain.pipeline import LAST_VARIANT_STEP, order
from feedly_core.domain.tables import (
    detections,
    image_assets,
    job_inputs,
    jobs,
    jobs_variants,
    llm_models,
    overlay_layouts,
    pbg_placement_presets,
    planner_proposals,
    stores,
    tone_styles,
    txt_ad_copy_generations,
    vlm_traces,
    yolo_runs,
)

SIMULATED_MODEL = "simulated-gpt-4o-mini"
KEPT_BY_YOLO_UPSERT = ("yolo_run_id", "job_id", "image_asset_id", "created_at")
"""The service's upsert leaves the first variant's picture in the row (database reference, yolo_runs)."""


def load_job(connection: Connection, job_id: UUID) -> JobWork | None:
    """Everything the steps know of a job.

    None when it is gone or has no tenant.
    """
    row = connection.execute(
        select(
            jobs.c.tenant_id,
            jobs.c.version,
            job_inputs.c.tone_style_id,
            job_inputs.c.desc_kor,
            job_inputs.c.desc_eng,
            tone_styles.c.code.label("tone"),
            func.coalesce(tone_styles.c.kor_name, tone_styles.c.eng_name, "").label("tone_name"),
            func.coalesce(stores.c.title, "").label("store"),
            *_asset_columns(),
        )
        .select_from(jobs)
        .outerjoin(job_inputs, job_inputs.c.job_id == jobs.c.job_id)
        .outerjoin(image_assets, image_assets.c.image_asset_id == job_inputs.c.img_asset_id)
        .outerjoin(tone_styles, tone_styles.c.tone_style_id == job_inputs.c.tone_style_id)
        .outerjoin(stores, stores.c.store_id == jobs.c.store_id)
        .where(jobs.c.job_id == job_id)
    ).first()
    if row is None or row.tenant_id is None:
        return None
    copies = _copies(connection, job_id)
    return JobWork(
        job_id,
        row.tenant_id,
        row.version,
        _asset(row),
        row.tone_style_id,
        row.tone or "",
        row.tone_name,
        row.store,
        row.desc_kor,
        row.desc_eng,
        copies.get("refined_ad_copy") or copies.get("ad_copy_eng"),
        copies.get("ad_copy_kor"),
        copies.get("eng_to_kor"),
        text_model(connection),
        _presets(connection, row.tone_style_id),
    )


def load_variant(connection: Connection, variant_id: UUID) -> VariantWork | None:
    """Everything the steps know of a variant.

    None when it is gone or has no picture.
    """
    row = connection.execute(
        select(jobs_variants, *_asset_columns())
        .join(image_assets, image_assets.c.image_asset_id == jobs_variants.c.img_asset_id)
        .where(jobs_variants.c.job_variants_id == variant_id)
    ).first()
    job = load_job(connection, row.job_id) if row is not None and row.job_id is not None else None
    image = _asset(row) if row is not None else None
    if row is None or job is None or image is None:
        return None
    return VariantWork(
        job,
        variant_id,
        row.creation_order,
        image,
        row.retry_count or 0,
        _font(connection, variant_id),
        _yolo_picture(connection, job.job_id) == image.asset_id,
        _seen(connection, job.job_id, image.asset_id),
        _proposal(connection, image.asset_id),
        _laid(connection, variant_id),
    )


def blocked(connection: Connection, variant_id: UUID | None, step: str) -> bool:
    """The listener skips a step after the overlay while the variant has no overlay row."""
    if variant_id is None or order(step) <= order("overlay") or order(step) > order(LAST_VARIANT_STEP):
        return False
    table = overlay_layouts.c
    found = select(table.overlay_id).where(table.job_variants_id == variant_id).limit(1)
    return connection.scalar(found) is None


def store(connection: Connection, outcome: Outcome, now: datetime) -> None:
    """Insert the rows of a step.

    ``yolo_runs`` is upserted by job, as the service does.
    """
    for row in outcome.rows:
        values = {**row.values, "created_at": now}
        if "updated_at" in row.table.c:
            values["updated_at"] = now
        if row.table is yolo_runs:
            statement = upsert(yolo_runs).values(**values)
            changed = {key: value for key, value in values.items() if key not in KEPT_BY_YOLO_UPSERT}
            connection.execute(statement.on_conflict_do_update(index_elements=["job_id"], set_=changed))
        else:
            connection.execute(insert(row.table).values(**values))


def text_model(connection: Connection) -> UUID | None:
    """The row of ``llm_models`` that the simulated texts are priced by, if the sample data is loaded."""
    found: UUID | None = connection.scalar(
        select(llm_models.c.llm_model_id).where(llm_models.c.model_name == SIMULATED_MODEL).limit(1)
    )
    return found


def _presets(connection: Connection, tone_style_id: UUID | None) -> tuple[UUID, ...]:
    presets = pbg_placement_presets
    rows = connection.scalars(
        select(presets.c.placement_preset_id)
        .join(tone_styles, tone_styles.c.eng_name == presets.c.prompt_type)
        .where(tone_styles.c.tone_style_id == tone_style_id)
        .order_by(presets.c.preset_order)
    )
    return tuple(rows)


def _asset_columns() -> list[Any]:
    return [
        image_assets.c.image_asset_id,
        image_assets.c.image_url,
        image_assets.c.width,
        image_assets.c.height,
    ]


def _asset(row: Record[Any]) -> Asset | None:
    if row.image_asset_id is None:
        return None
    return Asset(row.image_asset_id, row.image_url, row.width or 0, row.height or 0)


def _copies(connection: Connection, job_id: UUID) -> dict[str, str]:
    """Newest finished text of each stage, from whichever column the stage fills."""
    table = txt_ad_copy_generations
    rows = connection.execute(
        select(
            table.c.generation_stage,
            func.coalesce(
                table.c.refined_ad_copy_eng,
                table.c.ad_copy_kor,
                table.c.ad_copy_eng,
            ).label("copy"),
        )
        .where(and_(table.c.job_id == job_id, table.c.status == "done"))
        .order_by(table.c.created_at)
    )
    return {row.generation_stage: row.copy for row in rows if row.copy}


def _font(connection: Connection, variant_id: UUID) -> Mapping[str, object] | None:
    response = connection.scalar(
        select(vlm_traces.c.response)
        .where(vlm_traces.c.job_variants_id == variant_id, vlm_traces.c.operation_type == "analyze")
        .order_by(vlm_traces.c.created_at.desc())
        .limit(1)
    )
    font = response.get("font_recommendation") if isinstance(response, dict) else None
    return font if isinstance(font, dict) else None


def _yolo_picture(connection: Connection, job_id: UUID) -> UUID | None:
    found: UUID | None = connection.scalar(
        select(yolo_runs.c.image_asset_id).where(yolo_runs.c.job_id == job_id)
    )
    return found


def _seen(connection: Connection, job_id: UUID, image_id: UUID) -> tuple[Seen, ...]:
    rows = connection.execute(
        select(detections.c.detection_id, detections.c.box)
        .where(detections.c.job_id == job_id, detections.c.image_asset_id == image_id)
        .order_by(detections.c.created_at, detections.c.detection_id)
    )
    return tuple(Seen(row.detection_id, tuple(row.box)) for row in rows if _four_numbers(row.box))


def _four_numbers(box: object) -> bool:
    return isinstance(box, list) and len(box) == 4 and all(isinstance(part, int | float) for part in box)


def _proposal(connection: Connection, image_id: UUID) -> tuple[UUID, Mapping[str, object]] | None:
    row = connection.execute(
        select(planner_proposals.c.proposal_id, planner_proposals.c.layout)
        .where(planner_proposals.c.image_asset_id == image_id)
        .order_by(planner_proposals.c.created_at.desc())
        .limit(1)
    ).first()
    return (row.proposal_id, row.layout) if row is not None and isinstance(row.layout, dict) else None


def _laid(connection: Connection, variant_id: UUID) -> Laid | None:
    table = overlay_layouts
    row = connection.execute(
        select(table)
        .where(table.c.job_variants_id == variant_id)
        .order_by(table.c.created_at.desc())
        .limit(1)
    ).first()
    if row is None or row.x_ratio is None or not isinstance(row.layout, dict):
        return None
    ratios = (row.x_ratio, row.y_ratio, row.width_ratio, row.height_ratio)
    return Laid(row.overlay_id, ratios, row.layout)
