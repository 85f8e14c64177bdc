"""Proof of finished steps: expected result rows, and existing ones.

(step, done) does not prove that the step stored its rows. The overlay step ends as done when its row
could not be written (a missing font file), and the service's repair turns a failed step into done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Connection,
    Text,
    Uuid,
    case,
    cast,
    distinct,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.sql import Select

from feedly_core.db.engine import Capabilities, among, capabilities, one_of, or_null
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

_LONGEST_NAME = 100
"""Characters of an operation that are read; no step has so long a name."""

_NO_STEPS: frozenset[str] = frozenset()
_TRACED = frozenset({"vlm_analyze", "vlm_judge"})
_EVALUATED = frozenset({"ocr_eval", "readability_eval", "iou_eval"})


Chosen = Callable[[ColumnElement[Any]], ColumnElement[bool]]
"""Condition on a column of ids: those asked for."""


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
        return _furthest(self.own)

    @property
    def lacking(self) -> frozenset[str]:
        """Steps without a row that this schema could attribute, be they finished or not."""
        return self.provable - self.stored

    def missing(self, step: str | None, status: str | None) -> tuple[str, ...]:
        """Steps that (step, status) claims finished although they stored no row, in pipeline order."""
        return _missing(self.lacking, step, status)


@lru_cache(maxsize=1_024)
def _furthest(own: frozenset[str]) -> int:
    return max((VARIANT_STEP_NAMES.index(step) + 1 for step in own), default=0)


@lru_cache(maxsize=1_024)
def _missing(lacking: frozenset[str], step: str | None, status: str | None) -> tuple[str, ...]:
    return tuple(name for name in VARIANT_STEP_NAMES[: finished_steps(step, status)] if name in lacking)


def read_proof(connection: Connection, variants: Mapping[UUID, UUID | None]) -> dict[UUID, Proof]:
    """Proof of each variant; ``variants`` maps it to its job.

    One statement.

    Read the variants' positions first: services write the rows before the position.
    """
    known = capabilities(connection)
    jobs = {job_id for job_id in variants.values() if job_id is not None}
    query = proof_query(known, lambda column: among(column, variants), lambda column: among(column, jobs))
    rows = connection.execute(query) if variants and query is not None else ()
    found = Proofs(known, ((row.operations, row.job_ids, row.variant_ids) for row in rows))
    return {variant_id: found.of(variant_id, job_id) for variant_id, job_id in variants.items()}


def proof_query(known: Capabilities, mine: Chosen, of_jobs: Chosen) -> Select[Any] | None:
    """Query of (operations, job_ids, variant_ids): those with the same operations share one row.

    ``mine`` chooses the variants, ``of_jobs`` their jobs. None where this schema proves nothing. Hundreds of
    variants in flight have few different operations: as one row each, most time went into their rows.
    """
    parts = _parts(known, mine, of_jobs)
    if not parts:
        return None
    found = union_all(*parts).subquery("found")
    ids = (found.c.job_id, found.c.variant_id)
    operations = func.array_agg(distinct(found.c.operation), type_=ARRAY(Text))
    each = select(*ids, operations.label("operations")).group_by(*ids).subquery("proof")
    return select(
        each.c.operations, _all(each.c.job_id, "job_ids"), _all(each.c.variant_id, "variant_ids")
    ).group_by(each.c.operations)


def _all(ids: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    return func.array_agg(ids, type_=ARRAY(Uuid)).filter(ids.is_not(None)).label(name)


class Proofs:
    """Proof of each variant from rows of :func:`proof_query`."""

    def __init__(
        self,
        known: Capabilities,
        rows: Iterable[tuple[Sequence[str | None], Sequence[UUID] | None, Sequence[UUID] | None]],
    ) -> None:
        self._own: dict[UUID, frozenset[str]] = {}
        self._of_job: dict[UUID | None, frozenset[str]] = {}
        self._provable = _provable(known)
        for operations, job_ids, variant_ids in rows:
            steps = _steps(tuple(operations))
            self._of_job |= dict.fromkeys(job_ids or (), steps)
            self._own |= dict.fromkeys(variant_ids or (), steps)

    def of(self, variant_id: UUID, job_id: UUID | None) -> Proof:
        own, of_job = self._own.get(variant_id, _NO_STEPS), self._of_job.get(job_id, _NO_STEPS)
        return _proof(own, of_job, self._provable)


@lru_cache(maxsize=1_024)
def _proof(own: frozenset[str], of_job: frozenset[str], provable: frozenset[str]) -> Proof:
    """Many variants have the same rows: they share one."""
    return Proof(own | of_job, own, provable)


@lru_cache(maxsize=1_024)
def _steps(operations: tuple[str | None, ...]) -> frozenset[str]:
    found: set[str] = set()
    for operation in operations:
        found |= {"planner", "overlay"} if operation == _PLANNED else {step_of(operation or "")}
    return frozenset(found & set(VARIANT_STEP_NAMES))


def read_fonts(connection: Connection, variant_ids: Collection[UUID]) -> dict[UUID, str]:
    """Font that the analysis recommended per variant, the newest answer.

    Without one it is left out.
    """
    query = fonts_query(capabilities(connection), lambda column: among(column, variant_ids))
    return fonts(connection.execute(query)) if variant_ids and query is not None else {}


def fonts_query(known: Capabilities, mine: Chosen) -> Select[Any] | None:
    """Query of (variant, analysis, its time), the newest last.

    None where this schema attributes no analysis.
    """
    if not known.has("vlm_traces", "job_variants_id"):
        return None
    traces = vlm_traces.c
    return (
        select(traces.job_variants_id, traces.response, traces.created_at)
        .where(mine(traces.job_variants_id), traces.operation_type == "analyze")
        .order_by(traces.created_at)
    )


def fonts(rows: Iterable[Any]) -> dict[UUID, str]:
    """Recommended font per variant from rows of :func:`fonts_query`."""
    found: dict[UUID, str] = {}
    for variant_id, response, *_ in rows:
        font = read_analysis(None, response).font
        if font is not None and font.name:
            found[variant_id] = font.name
    return found


def without_overlay(known: Capabilities, variants: CTE) -> Select[Any] | None:
    """Query of those of the variants that are past the overlay step without its row.

    None where this schema cannot prove the step.
    """
    if "overlay" not in _provable(known):
        return None
    past = VARIANT_STEP_NAMES[VARIANT_STEP_NAMES.index("overlay") :]
    # Limited to one row, PostgreSQL looks it up along the index instead of reading the whole table.
    one = select(overlay_layouts.c.overlay_id).where(
        overlay_layouts.c.job_variants_id == variants.c.job_variants_id
    )
    return select(variants.c.job_variants_id).where(
        one_of(variants.c.current_step, past), one.limit(1).scalar_subquery().is_(None)
    )


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


def _parts(known: Capabilities, mine: Chosen, of_jobs: Chosen) -> list[Select[Any]]:
    """Queries of (variant, job, operation or step); the variant is NULL where rows name the job only."""
    provable, parts = _provable(known), list[Select[Any]]()
    if provable >= _TRACED:
        traces, operation = vlm_traces.c, func.left(vlm_traces.c.operation_type, _LONGEST_NAME)
        parts += [
            _part(traces.job_variants_id, None, operation).where(mine(traces.job_variants_id)),
            # Rows of an older service name no variant: any variant of the job may be meant.
            _part(None, traces.job_id, operation).where(
                of_jobs(traces.job_id), traces.job_variants_id.is_(None)
            ),
        ]
    if "overlay" in provable:
        parts.append(_laid_out(known, mine))
    if "yolo_detect" in provable:
        parts.append(
            _part(None, yolo_runs.c.job_id, literal("yolo_detect")).where(of_jobs(yolo_runs.c.job_id))
        )
    if "planner" in provable:
        parts.append(_planned(of_jobs))
    return parts


def _part(
    variant: ColumnElement[Any] | None, job: ColumnElement[Any] | None, operation: ColumnElement[Any]
) -> Select[Any]:
    nobody = cast(null(), Uuid)
    return select(
        (nobody if job is None else job).label("job_id"),
        (nobody if variant is None else variant).label("variant_id"),
        operation.label("operation"),
    )


def _laid_out(known: Capabilities, mine: Chosen) -> Select[Any]:
    """Overlay rows of the variants, looked up once: each proves its own step, and with it its evaluations."""
    overlays = overlay_layouts.c
    planned = case((or_null(overlays.proposal_id, known).is_not(None), _PLANNED), else_="overlay")
    if not _provable(known) >= _EVALUATED:
        return _part(overlays.job_variants_id, None, planned).where(mine(overlays.job_variants_id))
    evaluated = func.left(evaluations.c.evaluation_type, _LONGEST_NAME)
    return (
        _part(overlays.job_variants_id, None, func.unnest(array((planned, evaluated)), type_=Text))
        .outerjoin_from(overlay_layouts, evaluations, evaluations.c.overlay_id == overlays.overlay_id)
        .where(mine(overlays.job_variants_id))
    )


def _planned(of_jobs: Chosen) -> Select[Any]:
    """Jobs with a proposal. Without an input picture the service stores none, by design.

    LATERAL with a limit keeps PostgreSQL from scanning the whole table of proposals.
    """
    source, proposals = job_inputs.c.img_asset_id, planner_proposals.c
    one = select(proposals.proposal_id).where(proposals.image_asset_id == source).limit(1).lateral()
    return (
        _part(None, job_inputs.c.job_id, literal("planner"))
        .select_from(job_inputs.outerjoin(one, true()))
        .where(of_jobs(job_inputs.c.job_id), or_(source.is_(None), one.c.proposal_id.is_not(None)))
    )
