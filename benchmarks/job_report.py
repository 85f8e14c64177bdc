"""A job's report in the old analysis script's way.

The statements of the script only: newest overlay, three evaluations, proposal, judge and picture of each
variant, one by one. Ours reads more (detections, traces, texts, costs) and parses it all.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from feedly_core.domain import tables as t


def old_pattern(connection: Connection, job_id: UUID) -> None:
    """What the script asked: five and more statements a variant."""
    connection.execute(select(t.jobs).where(t.jobs.c.job_id == job_id)).one()
    job_input = connection.execute(select(t.job_inputs).where(t.job_inputs.c.job_id == job_id)).one()
    variants = select(t.jobs_variants).where(t.jobs_variants.c.job_id == job_id)
    for variant in connection.execute(variants.order_by(t.jobs_variants.c.creation_order)).all():
        overlay, evaluation = t.overlay_layouts, t.evaluations
        newest = select(overlay).where(overlay.c.job_variants_id == variant.job_variants_id)
        connection.execute(newest.order_by(overlay.c.created_at.desc()).limit(1)).one_or_none()
        proposal = t.planner_proposals
        of_input = select(proposal).where(proposal.c.image_asset_id == job_input.img_asset_id)
        connection.execute(of_input.order_by(proposal.c.created_at.desc()).limit(1)).one_or_none()
        for kind in ("ocr", "readability", "iou"):
            of_variant = (
                select(evaluation)
                .join(overlay, overlay.c.overlay_id == evaluation.c.overlay_id)
                .where(overlay.c.job_variants_id == variant.job_variants_id)
                .where(evaluation.c.evaluation_type == kind)
            )
            connection.execute(of_variant.order_by(evaluation.c.created_at.desc()).limit(1)).one_or_none()
        judged = t.vlm_traces.c
        judge = select(t.vlm_traces).where(judged.job_id == job_id, judged.operation_type == "judge")
        connection.execute(judge.order_by(judged.created_at.desc()).limit(1)).one_or_none()
        asset = t.image_assets
        picture = select(asset).where(asset.c.image_asset_id == variant.overlaid_img_asset_id)
        connection.execute(picture).one_or_none()
