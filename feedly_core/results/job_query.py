"""The one statement of a job's report: what it reads of each table, on any generation of the schema."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Select,
    Table,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    or_,
    select,
    union_all,
)

from feedly_core.db.engine import Capabilities, present
from feedly_core.db.status_query import status_query
from feedly_core.db.together import Together, together
from feedly_core.domain import tables as t

JOB = bindparam("job", type_=Uuid())
"""The job of :func:`job_query`, a parameter of its execution beside ``status_query.JOBS``."""

NEWEST = 500
"""Rows of one kind that a report reads, newest first; disorder makes some dozens of them a job."""

OF_JOB, STATUS = "job", "status"
"""Parts of :func:`job_query` beside those of one table each, which have its name."""

_OWN = (t.detections, t.vlm_traces, t.txt_ad_copy_generations, t.instagram_feeds)
"""Tables whose rows name their job."""


@lru_cache
def job_query(caps: Capabilities, *, ours: bool) -> Together:
    """Rows per table; lists have the :data:`NEWEST` rows. ``ours`` as in ``status_query``."""
    variants = select(*present(t.jobs_variants, caps)).where(t.jobs_variants.c.job_id == JOB).cte("variants")
    overlays = _overlays(caps, variants)
    pictures = [
        select(t.job_inputs.c.img_asset_id).where(t.job_inputs.c.job_id == JOB),
        select(variants.c.img_asset_id),
    ]
    runs = _runs(caps, pictures, overlays)
    parts = {
        OF_JOB: _of_job(caps),
        STATUS: status_query(caps, open_only=False, ours=ours),
        "jobs_variants": select(*variants.c),
        "overlay_layouts": None if overlays is None else select(*overlays.c),
        "planner_proposals": None if runs is None else select(*runs.c),
        "image_assets": _assets(caps, [*pictures, *_shown(variants, overlays, runs)]),
        "evaluations": _evaluations(caps, overlays),
        "llm_traces": _llm_traces(caps),
        **{table.name: _newest(table, caps) for table in _OWN if caps.has_table(table.name)},
    }
    return together({name: query for name, query in parts.items() if query is not None})


def _of_job(caps: Capabilities) -> Select[Any]:
    """Job, input, store, tone, tenant and YOLO run: at most one row each, joined by unique keys."""
    source: Any = t.jobs
    columns = _labelled("j", t.jobs, caps)
    for letter, table, on in (
        ("i", t.job_inputs, t.job_inputs.c.job_id == t.jobs.c.job_id),
        ("s", t.stores, t.stores.c.store_id == t.jobs.c.store_id),
        ("t", t.tone_styles, t.tone_styles.c.tone_style_id == t.job_inputs.c.tone_style_id),
        ("n", t.tenants, t.tenants.c.tenant_id == t.jobs.c.tenant_id),
        ("y", t.yolo_runs, t.yolo_runs.c.job_id == t.jobs.c.job_id),
    ):
        if caps.has_table(table.name):
            source = source.outerjoin(table, on)
            columns += _labelled(letter, table, caps)
    return select(*columns).select_from(source).where(t.jobs.c.job_id == JOB)


def _overlays(caps: Capabilities, variants: CTE) -> CTE | None:
    """All overlay rows, each with its variant; None where none can be found. Before
    ``overlay_layouts.job_variants_id`` existed, the planner run's picture was the only way."""
    overlays, runs, owner = t.overlay_layouts, t.planner_proposals, variants.c.job_variants_id
    if caps.has("overlay_layouts", "job_variants_id"):
        source = variants.join(overlays, overlays.c.job_variants_id == owner)
    elif caps.has("overlay_layouts", "proposal_id"):
        of_picture = runs.join(overlays, overlays.c.proposal_id == runs.c.proposal_id)
        source = variants.join(of_picture, runs.c.image_asset_id == variants.c.img_asset_id)
    else:
        return None
    own = [column for column in present(overlays, caps) if column.name != owner.name]
    return select(*own, owner).select_from(source).cte("overlays")


def _runs(caps: Capabilities, pictures: Sequence[Select[Any]], overlays: CTE | None) -> CTE | None:
    """Planner runs of the job's pictures, and those that its overlays name."""
    table = t.planner_proposals
    if not caps.has_table(table.name):
        return None
    ways = [_one_of(table.c.image_asset_id, pictures)]
    if overlays is not None and "proposal_id" in overlays.c:
        ways.append(_one_of(table.c.proposal_id, [select(overlays.c.proposal_id)]))
    return _newest_first(select(*present(table, caps)).where(or_(*ways)), table).cte("runs")


def _shown(variants: CTE, overlays: CTE | None, runs: CTE | None) -> list[Select[Any]]:
    """Pictures that the job's rows, or documents in them, name."""
    shown = [select(variants.c.overlaid_img_asset_id)] if "overlaid_img_asset_id" in variants.c else []
    if overlays is not None and "layout" in overlays.c:
        shown.append(select(t.rendered_picture(overlays.c.layout)))
    if runs is not None and "layout" in runs.c:
        shown.append(select(t.planned_picture(runs.c.layout)))
    return shown


def _assets(caps: Capabilities, shown: Sequence[Select[Any]]) -> Select[Any]:
    table = t.image_assets
    ways = [_one_of(table.c.image_asset_id, shown)]
    if caps.has("image_assets", "job_id"):
        ways.append(table.c.job_id == JOB)
    return select(*present(table, caps)).where(or_(*ways))


def _evaluations(caps: Capabilities, overlays: CTE | None) -> Select[Any] | None:
    table = t.evaluations
    if not caps.has_table(table.name):
        return None
    ways = [table.c.job_id == JOB]
    if overlays is not None:
        ways.append(_one_of(table.c.overlay_id, [select(overlays.c.overlay_id)]))
    return _newest_first(select(*present(table, caps)).where(or_(*ways)), table)


def _llm_traces(caps: Capabilities) -> Select[Any] | None:
    traces, models = t.llm_traces, t.llm_models
    if not caps.has_table(traces.name):
        return None
    columns: list[Any] = present(traces, caps)
    source: Any = traces
    if caps.has("llm_traces", "llm_model_id") and caps.has_table("llm_models"):
        source = traces.outerjoin(models, models.c.llm_model_id == traces.c.llm_model_id)
        columns += _labelled("m", models, caps)
    query = select(*columns).select_from(source).where(traces.c.job_id == JOB)
    return _newest_first(query, traces)


def _newest(table: Table, caps: Capabilities) -> Select[Any]:
    return _newest_first(select(*present(table, caps)).where(table.c.job_id == JOB), table)


def _newest_first(query: Select[Any], table: Table) -> Select[Any]:
    return query.order_by(table.c.created_at.desc().nulls_last()).limit(NEWEST)


def _one_of(column: ColumnElement[Any], ids: Sequence[Select[Any]]) -> ColumnElement[bool]:
    """One of the ids that the queries find, as an array: PostgreSQL then looks along the index."""
    found = union_all(*ids) if len(ids) > 1 else ids[0]
    return column == any_(cast(func.array(found.scalar_subquery()), ARRAY(Uuid)))


def _labelled(letter: str, table: Table, caps: Capabilities) -> list[Any]:
    return [column.label(f"{letter}.{column.name}") for column in present(table, caps)]
