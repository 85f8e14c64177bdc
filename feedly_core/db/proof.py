"""Proof of finished steps: expected result rows, and existing ones.

(step, done) does not prove that the step stored its rows. The overlay step ends as done when its row
could not be written (a missing font file), and the service's repair turns a failed step into done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Uuid, case, cast, literal, null, or_, select, true, union_all
from sqlalchemy.sql import Select

from feedly_core.db.engine import Capabilities, among, capabilities, or_null
from feedly_core.domain.contract import step_of
from feedly_core.domain.payloads.vlm_traces import read_analysis
from feedly_core.domain.pipeline import VARIANT_STEP_NAMES, finished_steps
from feedly_core.domain.tables import (
    evaluations,
    job_inputs,
    overlay_layouts,
    planner_proposals,
    vlm_traces,
    yolo_runs,
)

_PLANNED = "overlay of a proposal"
"""An overlay row that names its proposal: proof of both steps."""

_TRACED = frozenset({"vlm_analyze", "vlm_judge"})
_EVALUATED = frozenset({"ocr_eval", "readability_eval", "iou_eval"})


@dataclass(frozen=True, slots=True)
class Proof:
    """Result rows of one variant.

    ``stored``: steps whose rows exist, those of its job included where rows name no variant. ``own``: steps
    whose rows name this very variant. ``provable``: steps whose rows this schema can attribute.
    """

    stored: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    provable: frozenset[str] = frozenset()

    @property
    def furthest(self) -> int:
        """Most variant steps that rows of this very variant prove finished, 0 to 8."""
        return max((VARIANT_STEP_NAMES.index(step) + 1 for step in self.own), default=0)

    def missing(self, step: str | None, status: str | None) -> tuple[str, ...]:
        """Steps that (step, status) claims finished although they stored no row, in pipeline order."""
        claimed = VARIANT_STEP_NAMES[: finished_steps(step, status)]
        return tuple(name for name in claimed if name in self.provable - self.stored)


def read_proof(connection: Connection, variants: Mapping[UUID, UUID | None]) -> dict[UUID, Proof]:
    """Proof of each variant; ``variants`` maps it to its job.

    One statement.

    Read the variants' positions first: services write the rows before the position.
    """
    known = capabilities(connection)
    provable = _provable(known)
    jobs = {job_id for job_id in variants.values() if job_id is not None}
    own: defaultdict[UUID, set[str]] = defaultdict(set)
    of_job: defaultdict[UUID, set[str]] = defaultdict(set)
    parts = _parts(known, list(variants), list(jobs))
    for variant_id, job_id, operation in connection.execute(union_all(*parts)) if parts and variants else ():
        steps = ("planner", "overlay") if operation == _PLANNED else (step_of(operation),)
        known_steps = set(steps) & set(VARIANT_STEP_NAMES)
        (own[variant_id] if variant_id else of_job[job_id]).update(known_steps)
    return {
        variant_id: Proof(
            frozenset(own[variant_id] | (of_job[job_id] if job_id else set())),
            frozenset(own[variant_id]),
            provable,
        )
        for variant_id, job_id in variants.items()
    }


def read_fonts(connection: Connection, variant_ids: Collection[UUID]) -> dict[UUID, str]:
    """Font that the analysis recommended per variant, the newest answer.

    Without one it is left out.
    """
    if not variant_ids or not capabilities(connection).has("vlm_traces", "job_variants_id"):
        return {}
    traces = vlm_traces.c
    query = (
        select(traces.job_variants_id, traces.response)
        .where(among(traces.job_variants_id, variant_ids), traces.operation_type == "analyze")
        .order_by(traces.created_at)
    )
    fonts: dict[UUID, str] = {}
    for variant_id, response in connection.execute(query):
        font = read_analysis(None, response).font
        if font is not None and font.name:
            fonts[variant_id] = font.name
    return fonts


def _provable(known: Capabilities) -> frozenset[str]:
    steps: frozenset[str] = frozenset()
    if known.has("vlm_traces", "job_variants_id") and known.has("vlm_traces", "operation_type"):
        steps |= _TRACED
    if known.has("overlay_layouts", "job_variants_id"):
        steps |= {"overlay"}
        if known.has("evaluations", "overlay_id") and known.has("evaluations", "evaluation_type"):
            steps |= _EVALUATED
    if known.has("yolo_runs", "job_id"):
        steps |= {"yolo_detect"}
    if known.has("planner_proposals", "image_asset_id") and known.has("job_inputs", "img_asset_id"):
        steps |= {"planner"}
    return steps


def _parts(known: Capabilities, mine: Collection[UUID], jobs: Collection[UUID]) -> list[Select[Any]]:
    """Queries of (variant, job, operation or step); the variant is NULL where rows name the job only."""
    provable, parts = _provable(known), list[Select[Any]]()
    nobody = cast(null(), Uuid)
    if provable >= _TRACED:
        traced, operation = vlm_traces.c.job_variants_id, vlm_traces.c.operation_type
        parts += [
            select(traced, nobody, operation).where(among(traced, mine)),
            # Rows of an older service name no variant: any variant of the job may be meant.
            select(nobody, vlm_traces.c.job_id, operation).where(
                among(vlm_traces.c.job_id, jobs), traced.is_(None)
            ),
        ]
    laid_out = overlay_layouts.c.job_variants_id
    if "overlay" in provable:
        planned = or_null(overlay_layouts.c.proposal_id, known).is_not(None)
        parts.append(
            select(laid_out, nobody, case((planned, _PLANNED), else_="overlay")).where(among(laid_out, mine))
        )
    if provable >= _EVALUATED:
        parts.append(
            select(laid_out, nobody, evaluations.c.evaluation_type)
            .join_from(evaluations, overlay_layouts, overlay_layouts.c.overlay_id == evaluations.c.overlay_id)
            .where(among(laid_out, mine))
        )
    if "yolo_detect" in provable:
        parts.append(
            select(nobody, yolo_runs.c.job_id, literal("yolo_detect")).where(among(yolo_runs.c.job_id, jobs))
        )
    if "planner" in provable:
        parts.append(_planned(jobs))
    return parts


def _planned(jobs: Collection[UUID]) -> Select[Any]:
    """Jobs with a proposal. Without an input picture the service stores none, by design.

    LATERAL with a limit keeps PostgreSQL from scanning the whole table of proposals.
    """
    source, proposals = job_inputs.c.img_asset_id, planner_proposals.c
    one = select(proposals.proposal_id).where(proposals.image_asset_id == source).limit(1).lateral()
    return (
        select(cast(null(), Uuid), job_inputs.c.job_id, literal("planner"))
        .select_from(job_inputs.outerjoin(one, true()))
        .where(among(job_inputs.c.job_id, jobs), or_(source.is_(None), one.c.proposal_id.is_not(None)))
    )
