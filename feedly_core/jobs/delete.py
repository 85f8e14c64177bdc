"""Deletes all rows of jobs in foreign key order.

No checks, no commit.

Two rules keep other jobs whole: a picture that anybody else refers to stays (it only loses its job), and so
do the proposals on it. DELETE fires no trigger, so nothing here is an event for the pipeline.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    delete,
    func,
    or_,
    select,
    union,
    update,
)

from feedly_core.db.engine import Capabilities, among
from feedly_core.domain import tables as t


@dataclass(frozen=True)
class Scope:
    """Ids of what belongs to the jobs: ``pictures`` and ``proposals`` are theirs alone."""

    jobs: Sequence[UUID]
    variants: Sequence[UUID]
    overlays: Sequence[UUID]
    runs: Sequence[UUID]
    pictures: Sequence[UUID]
    shared_pictures: Sequence[UUID]
    proposals: Sequence[UUID]


@dataclass(frozen=True)
class Deleted:
    """Rows by table, and URLs of files without another row.

    Tables without rows are left out.
    """

    rows: dict[str, int]
    urls: tuple[str, ...]


def count_rows(
    connection: Connection, job_ids: Sequence[UUID], tenants: Collection[str], caps: Capabilities
) -> Deleted:
    """Preview of what goes with the jobs and their empty ``tenants``. Deletes nothing.

    Nine statements, however many jobs.
    """
    scope = _scope(connection, job_ids, caps)
    urls = _urls(connection, scope, caps)
    conditions = [*_conditions(scope, caps), (t.tenants, _left_empty(scope, tenants, caps))]
    counts = connection.execute(
        select(
            *(
                select(func.count()).select_from(table).where(condition).scalar_subquery().label(table.name)
                for table, condition in conditions
            )
        )
    ).one()
    return Deleted({name: n for name, n in counts._mapping.items() if n}, tuple(urls))


def delete_rows(connection: Connection, job_ids: Sequence[UUID], caps: Capabilities) -> Deleted:
    """Delete the jobs and their rows, in the caller's transaction.

    Missing tables and columns of old schemas are passed over. The caller removes the files of ``urls`` after
    its commit.
    """
    scope = _scope(connection, job_ids, caps)
    urls = _urls(connection, scope, caps)
    if scope.shared_pictures and caps.has("image_assets", "job_id"):
        assets = t.image_assets
        connection.execute(
            update(assets)
            .where(among(assets.c.image_asset_id, scope.shared_pictures), among(assets.c.job_id, scope.jobs))
            .values(job_id=None)
        )
    rows = {
        table.name: connection.execute(delete(table).where(condition)).rowcount
        for table, condition in _conditions(scope, caps)
    }
    still_named = set(
        connection.scalars(select(t.image_assets.c.image_url).where(t.image_assets.c.image_url.in_(urls)))
    )
    return Deleted(
        {name: n for name, n in rows.items() if n}, tuple(url for url in urls if url not in still_named)
    )


def delete_unused_tenant(connection: Connection, tenant_id: str, caps: Capabilities) -> bool:
    """Delete an unused tenant; True when it is gone.

    Unused: without job, picture and run.
    """
    users = [
        table.c.tenant_id
        for table in (t.jobs, t.image_assets, t.gen_runs)
        if caps.has(table.name, "tenant_id")
    ]
    used = or_(*(select(column).where(column == tenant_id).exists() for column in users))
    return connection.execute(delete(t.tenants).where(t.tenants.c.tenant_id == tenant_id, ~used)).rowcount > 0


def emptied_tables(caps: Capabilities) -> list[str]:
    """Names of the tables that :func:`delete_rows` deletes from in this schema: each takes the right to."""
    nothing = Scope((), (), (), (), (), (), ())
    return [table.name for table, _ in _conditions(nothing, caps)]


def _left_empty(scope: Scope, tenants: Collection[str], caps: Capabilities) -> ColumnElement[bool]:
    """Those of the tenants that :func:`delete_unused_tenant` would find unused afterwards."""
    tenant = t.tenants.c.tenant_id
    owned: tuple[tuple[Column[Any], Column[Any], Sequence[UUID]], ...] = (
        (t.jobs.c.tenant_id, t.jobs.c.job_id, scope.jobs),
        (t.image_assets.c.tenant_id, t.image_assets.c.image_asset_id, scope.pictures),
        (t.gen_runs.c.tenant_id, t.gen_runs.c.run_id, scope.runs),
    )
    others = [
        select(id_).where(owner == tenant, ~among(id_, going)).exists()
        for owner, id_, going in owned
        if caps.has(owner.table.name, owner.name)
    ]
    return and_(tenant.in_(tenants), *(~other for other in others))


def _conditions(scope: Scope, caps: Capabilities) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Each table with the rows to delete from it, children before parents."""
    plan: tuple[tuple[Table, dict[str, Sequence[UUID]]], ...] = (
        (t.renders, {"overlay_id": scope.overlays, "image_asset_id": scope.pictures}),
        (t.instagram_feeds, {"job_id": scope.jobs, "overlay_id": scope.overlays}),
        (t.evaluations, {"job_id": scope.jobs, "overlay_id": scope.overlays}),
        (t.txt_ad_copy_generations, {"job_id": scope.jobs}),
        (t.llm_traces, {"job_id": scope.jobs, "enhanced_img_id": scope.pictures}),
        (t.vlm_traces, {"job_id": scope.jobs, "job_variants_id": scope.variants}),
        (t.overlay_layouts, {"overlay_id": scope.overlays}),
        (t.planner_proposals, {"proposal_id": scope.proposals}),
        (t.detections, {"job_id": scope.jobs, "image_asset_id": scope.pictures}),
        (t.yolo_runs, {"job_id": scope.jobs, "image_asset_id": scope.pictures}),
        (t.gen_variants, {"run_id": scope.runs}),
        (t.gen_runs, {"run_id": scope.runs}),
        (t.jobs_variants, {"job_id": scope.jobs}),
        (t.job_inputs, {"job_id": scope.jobs}),
        (t.image_assets, {"image_asset_id": scope.pictures}),
        (t.jobs, {"job_id": scope.jobs}),
    )
    for table, owners in plan:
        named = [
            among(table.c[column], ids) for column, ids in owners.items() if caps.has(table.name, column)
        ]
        if named:
            yield table, or_(*named)


def _scope(connection: Connection, job_ids: Sequence[UUID], caps: Capabilities) -> Scope:
    jobs = list(job_ids)
    variants = _ids(
        connection, select(t.jobs_variants.c.job_variants_id).where(among(t.jobs_variants.c.job_id, jobs))
    )
    runs = []
    if caps.has_table("gen_runs"):
        runs = _ids(connection, select(t.gen_runs.c.run_id).where(among(t.gen_runs.c.job_id, jobs)))
    pictures = _ids(connection, union(*_picture_queries(jobs, runs, caps)))
    proposals = _ids(
        connection,
        select(t.planner_proposals.c.proposal_id).where(
            among(t.planner_proposals.c.image_asset_id, pictures)
        ),
    )
    overlays = _overlays(connection, variants, proposals, caps)
    others = _ids(connection, union(*_foreign_users(pictures, jobs, runs, overlays, proposals, caps)))
    shared = set(others)
    mine = [picture for picture in pictures if picture not in shared]
    own_proposals = _ids(
        connection,
        select(t.planner_proposals.c.proposal_id).where(among(t.planner_proposals.c.image_asset_id, mine)),
    )
    return Scope(jobs, variants, overlays, runs, mine, others, own_proposals)


def _picture_queries(jobs: Sequence[UUID], runs: Sequence[UUID], caps: Capabilities) -> Iterator[Select[Any]]:
    """The pictures that the jobs own or refer to.

    Old schemas do not record a picture's job: what YE made is then known by its runs.
    """
    yield select(t.job_inputs.c.img_asset_id).where(among(t.job_inputs.c.job_id, jobs))
    for name in ("img_asset_id", "overlaid_img_asset_id"):
        if caps.has("jobs_variants", name):
            yield select(t.jobs_variants.c[name]).where(among(t.jobs_variants.c.job_id, jobs))
    if caps.has("image_assets", "job_id"):
        yield select(t.image_assets.c.image_asset_id).where(among(t.image_assets.c.job_id, jobs))
    for column in (
        t.gen_runs.c.cutout_asset_id,
        t.gen_variants.c.canvas_asset_id,
        t.gen_variants.c.mask_asset_id,
        t.gen_variants.c.bg_asset_id,
    ):
        if runs and caps.has(column.table.name, column.name):
            yield select(column).where(among(column.table.c.run_id, runs))


def _overlays(
    connection: Connection, variants: Sequence[UUID], proposals: Sequence[UUID], caps: Capabilities
) -> list[UUID]:
    """Overlays of the variants; in old schemas, and where the variant is not recorded, by their proposal."""
    overlays = t.overlay_layouts.c
    by_proposal = among(overlays.proposal_id, proposals)
    if not caps.has("overlay_layouts", "job_variants_id"):
        return _ids(connection, select(overlays.overlay_id).where(by_proposal))
    ours = or_(among(overlays.job_variants_id, variants), overlays.job_variants_id.is_(None) & by_proposal)
    return _ids(connection, select(overlays.overlay_id).where(ours))


def _foreign_users(
    pictures: Sequence[UUID],
    jobs: Sequence[UUID],
    runs: Sequence[UUID],
    overlays: Sequence[UUID],
    proposals: Sequence[UUID],
    caps: Capabilities,
) -> Iterator[Select[Any]]:
    """Which of the pictures somebody else refers to. ``owner`` names whose row it is."""
    references: tuple[tuple[Column[Any], Column[Any], Sequence[UUID]], ...] = (
        (t.stores.c.image_id, t.stores.c.store_id, ()),
        (t.job_inputs.c.img_asset_id, t.job_inputs.c.job_id, jobs),
        (t.jobs_variants.c.img_asset_id, t.jobs_variants.c.job_id, jobs),
        (t.jobs_variants.c.overlaid_img_asset_id, t.jobs_variants.c.job_id, jobs),
        (t.gen_runs.c.src_asset_id, t.gen_runs.c.run_id, runs),
        (t.gen_runs.c.cutout_asset_id, t.gen_runs.c.run_id, runs),
        (t.gen_variants.c.canvas_asset_id, t.gen_variants.c.run_id, runs),
        (t.gen_variants.c.mask_asset_id, t.gen_variants.c.run_id, runs),
        (t.gen_variants.c.bg_asset_id, t.gen_variants.c.run_id, runs),
        (t.detections.c.image_asset_id, t.detections.c.job_id, jobs),
        (t.yolo_runs.c.image_asset_id, t.yolo_runs.c.job_id, jobs),
        (t.llm_traces.c.enhanced_img_id, t.llm_traces.c.job_id, jobs),
        (t.renders.c.image_asset_id, t.renders.c.overlay_id, overlays),
        (t.image_assets.c.image_asset_id, t.image_assets.c.job_id, jobs),
    )
    for picture, owner, ours in references:
        if caps.has(picture.table.name, picture.name) and caps.has(owner.table.name, owner.name):
            yield select(picture).where(among(picture, pictures), ~among(owner, ours))
    laid_out = t.overlay_layouts.c
    yield (
        select(t.planner_proposals.c.image_asset_id)
        .join(t.overlay_layouts, laid_out.proposal_id == t.planner_proposals.c.proposal_id)
        .where(among(t.planner_proposals.c.proposal_id, proposals), ~among(laid_out.overlay_id, overlays))
    )


def _urls(connection: Connection, scope: Scope, caps: Capabilities) -> list[str]:
    """Files that the rows to delete name."""
    urls: list[Select[Any]] = [
        select(t.image_assets.c.image_url).where(among(t.image_assets.c.image_asset_id, scope.pictures)),
        select(t.overlay_layouts.c.layout["render"]["url"].astext).where(
            among(t.overlay_layouts.c.overlay_id, scope.overlays)
        ),
    ]
    if caps.has("yolo_runs", "forbidden_mask_url"):
        urls.append(select(t.yolo_runs.c.forbidden_mask_url).where(among(t.yolo_runs.c.job_id, scope.jobs)))
    if caps.has("gen_runs", "plan_json_url"):
        urls.append(select(t.gen_runs.c.plan_json_url).where(among(t.gen_runs.c.run_id, scope.runs)))
    return [url for url in connection.scalars(union(*urls)) if url]


def _ids(connection: Connection, query: Any) -> list[UUID]:
    found: Iterable[UUID | None] = connection.scalars(query)
    return [each for each in found if each is not None]
