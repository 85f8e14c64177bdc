"""All rows of one job.

The number of statements does not depend on its variants.

Columns and tables that this generation of the schema lacks are simply absent from the rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from math import inf
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Table,
    Text,
    TypeDecorator,
    Uuid,
    bindparam,
    cast,
    literal,
    null,
    or_,
    select,
    union_all,
)

from feedly_core.db.engine import Capabilities, among, capabilities, ids_named, present
from feedly_core.domain import tables as t
from feedly_core.domain.payloads.document import Document
from feedly_core.domain.tables.columns import unusable

Row = Mapping[str, Any]

NEWEST = 500
"""Rows of one kind that a report reads, newest first; disorder makes some dozens of them a job."""


_FLAG = "?"
"""Begins the name of a column that only says whether another holds something unusable."""


@dataclass(frozen=True)
class _Reading:
    """One reading of a job: how often each ``table.column`` held what cannot be used, beside the rows."""

    connection: Connection
    unusable: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class JobRows:
    """Raw rows of one job; lists are newest first, ``variants`` by creation order.

    ``unusable`` counts times and numbers that PostgreSQL holds and nobody can use, by ``table.column``.
    """

    job: Row
    variants: tuple[Row, ...]
    overlays: tuple[Row, ...]
    runs: tuple[Row, ...]
    assets: Mapping[UUID, Row]
    detections: tuple[Row, ...]
    evaluations: tuple[Row, ...]
    vlm_traces: tuple[Row, ...]
    llm_traces: tuple[Row, ...]
    copies: tuple[Row, ...]
    feeds: tuple[Row, ...]
    unusable: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def overlays_of(self) -> Mapping[Any, Sequence[Row]]:
        """By variant."""
        return _grouped(self.overlays, lambda row: row["job_variants_id"])

    @cached_property
    def detections_of(self) -> Mapping[Any, Sequence[Row]]:
        """By picture."""
        return _grouped(self.detections, lambda row: row.get("image_asset_id"))

    @cached_property
    def evaluations_of(self) -> Mapping[Any, Sequence[Row]]:
        """By variant; None is the variant of an overlay that is not of this job."""
        drawn = {row["overlay_id"]: row["job_variants_id"] for row in self.overlays}
        return _grouped(self.evaluations, lambda row: drawn.get(row.get("overlay_id")))

    @cached_property
    def traces_of(self) -> Mapping[Any, Sequence[Row]]:
        """By operation and variant; None where a row names no variant."""
        return _grouped(self.vlm_traces, lambda row: (row.get("operation_type"), row.get("job_variants_id")))


def _grouped(rows: Iterable[Row], key: Callable[[Row], object]) -> dict[Any, list[Row]]:
    """In one pass: looked for once per variant, a job of thirty compared each with all rows of all others."""
    found: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return dict(found)


def read_job_rows(connection: Connection, job_id: UUID) -> JobRows | None:
    """The rows of one job.

    None when there is no such job. Seven statements, or one.
    """
    caps, read = capabilities(connection), _Reading(connection)
    mine: dict[str, Any] = {_JOB.key: job_id}
    job = _rows(read, _job_query(caps), mine)
    if not job:
        return None
    joined = _rows(read, _variants_query(caps), mine)
    variants = {row["v.job_variants_id"]: _part(row, "v") for row in joined}
    overlays = {
        row["o.overlay_id"]: {**_part(row, "o"), "job_variants_id": row["v.job_variants_id"]}
        for row in joined
        if row.get("o.overlay_id") is not None
    }
    pictures = [job[0].get("i.img_asset_id"), *(row["img_asset_id"] for row in variants.values())]
    named = [row["proposal_id"] for row in overlays.values()]
    runs = _rows(read, _runs_query(caps), {_PICTURES.key: _known(pictures), _NAMED.key: _known(named)})
    shown = [
        *pictures,
        *(row.get("overlaid_img_asset_id") for row in variants.values()),
        *(id_of(Document(row["layout"]).inner("render").raw("asset_id")) for row in overlays.values()),
        *(id_of(Document(row["layout"]).raw("proposal_image_asset_id")) for row in runs),
    ]
    assets = _rows(read, _assets_query(caps), {**mine, _PICTURES.key: _known(shown)})
    of_job = _newest_of_job(read, caps, mine)
    return JobRows(
        unusable=read.unusable,
        job=job[0],
        variants=_numbered(list(variants.values())),
        overlays=tuple(overlays.values()),
        runs=runs,
        assets={row["image_asset_id"]: row for row in assets},
        detections=of_job[t.detections.name],
        evaluations=_rows(read, _evaluations_query(caps), {**mine, _NAMED.key: list(overlays)}),
        vlm_traces=of_job[t.vlm_traces.name],
        llm_traces=_rows(read, _llm_traces_query(caps), mine),
        copies=of_job[t.txt_ad_copy_generations.name],
        feeds=of_job[t.instagram_feeds.name],
    )


def _numbered(variants: Sequence[Row]) -> tuple[Row, ...]:
    """Variants with one number each: ``creation_order``, or their place where two share one.

    The column is not unique, and files, marks and links are distinguished by the number.
    """
    if len({row["creation_order"] for row in variants}) == len(variants):
        return tuple(variants)
    return tuple({**row, "creation_order": number} for number, row in enumerate(variants, 1))


_JOB = bindparam("job", type_=Uuid())
_PICTURES, _NAMED = ids_named("pictures"), ids_named("named")
"""Parameters: the statements of a schema are built once, whatever the job."""


@lru_cache
def _job_query(caps: Capabilities) -> Select[Any]:
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
    return select(*columns).select_from(source).where(t.jobs.c.job_id == _JOB)


@lru_cache
def _variants_query(caps: Capabilities) -> Select[Any]:
    """Variants with all their overlay rows. Before ``overlay_layouts.job_variants_id`` existed, the
    planner run's picture was the only way from an overlay to its variant."""
    variants, overlays, runs = t.jobs_variants, t.overlay_layouts, t.planner_proposals
    query = select(*_labelled("v", variants, caps), *_labelled("o", overlays, caps))
    order: list[Any] = [variants.c.creation_order, variants.c.job_variants_id]
    source: Any = variants
    if caps.has("overlay_layouts", "job_variants_id"):
        source = variants.outerjoin(overlays, overlays.c.job_variants_id == variants.c.job_variants_id)
    elif caps.has("overlay_layouts", "proposal_id"):
        of_picture = runs.join(overlays, overlays.c.proposal_id == runs.c.proposal_id)
        source = variants.outerjoin(of_picture, runs.c.image_asset_id == variants.c.img_asset_id)
    if source is not variants:
        order.append(overlays.c.created_at.desc().nulls_last())
    return query.select_from(source).where(variants.c.job_id == _JOB).order_by(*order)


@lru_cache
def _runs_query(caps: Capabilities) -> Select[Any] | None:
    table = t.planner_proposals
    if not caps.has_table(table.name):
        return None
    return (
        select(*_columns(table, caps))
        .where(or_(among(table.c.image_asset_id, _PICTURES), among(table.c.proposal_id, _NAMED)))
        .order_by(table.c.created_at.desc().nulls_last())
        .limit(NEWEST)
    )


@lru_cache
def _assets_query(caps: Capabilities) -> Select[Any]:
    table = t.image_assets
    ways = [among(table.c.image_asset_id, _PICTURES)]
    if caps.has("image_assets", "job_id"):
        ways.append(table.c.job_id == _JOB)
    return select(*_columns(table, caps)).where(or_(*ways)).order_by(table.c.created_at)


@lru_cache
def _evaluations_query(caps: Capabilities) -> Select[Any] | None:
    table = t.evaluations
    if not caps.has_table(table.name):
        return None
    return (
        select(*_columns(table, caps))
        .where(or_(table.c.job_id == _JOB, among(table.c.overlay_id, _NAMED)))
        .order_by(table.c.created_at.desc().nulls_last())
        .limit(NEWEST)
    )


@lru_cache
def _llm_traces_query(caps: Capabilities) -> Select[Any] | None:
    traces, models = t.llm_traces, t.llm_models
    if not caps.has_table(traces.name):
        return None
    columns: list[Any] = _columns(traces, caps)
    source: Any = traces
    if caps.has("llm_traces", "llm_model_id") and caps.has_table("llm_models"):
        source = traces.outerjoin(models, models.c.llm_model_id == traces.c.llm_model_id)
        columns += _labelled("m", models, caps)
    query = select(*columns).select_from(source).where(traces.c.job_id == _JOB)
    return query.order_by(traces.c.created_at.desc().nulls_last()).limit(NEWEST)


_OWN = (t.detections, t.vlm_traces, t.txt_ad_copy_generations, t.instagram_feeds)
"""Tables whose rows name their job."""


def _newest_of_job(read: _Reading, caps: Capabilities, mine: Mapping[str, Any]) -> dict[str, tuple[Row, ...]]:
    """Rows per table, in one statement."""
    found: dict[str, list[Row]] = {table.name: [] for table in _OWN}
    for row in _rows(read, _newest_query(caps), mine):
        found[row["table"]].append(_part(row, row["table"]))
    return {name: tuple(sorted(rows, key=_age)) for name, rows in found.items()}


@lru_cache
def _newest_query(caps: Capabilities) -> CompoundSelect[Any] | None:
    """Rows of several tables: each row fills the columns of its own."""
    newest = {
        table.name: select(*_columns(table, caps))
        .where(table.c.job_id == _JOB)
        .order_by(table.c.created_at.desc().nulls_last())
        .limit(NEWEST)
        .subquery(table.name)
        for table in _OWN
        if caps.has_table(table.name)
    }
    parts = [
        select(
            literal(name, Text).label("table"),
            *(_of(of, column, own=of == name) for of, rows in newest.items() for column in rows.c),
        )
        for name in newest
    ]
    return union_all(*parts) if parts else None


def _of(table: str, column: ColumnElement[Any], *, own: bool) -> ColumnElement[Any]:
    """The column under its table's name; NULL in the rows of another table."""
    name, type_ = str(column.key), column.type
    if not own:
        column = cast(null(), type_.impl_instance if isinstance(type_, TypeDecorator) else type_)
    return column.label(name if name.startswith(_FLAG) else f"{table}.{name}")


def _age(row: Row) -> float:
    """Newest first, without a time last."""
    return -row["created_at"].timestamp() if row.get("created_at") else inf


def _labelled(letter: str, table: Table, caps: Capabilities) -> list[Any]:
    columns = [column.label(f"{letter}.{column.name}") for column in present(table, caps)]
    return [*columns, *_unusable_flags(table, caps)]


def _columns(table: Table, caps: Capabilities) -> list[Any]:
    return [*present(table, caps), *_unusable_flags(table, caps)]


def _unusable_flags(table: Table, caps: Capabilities) -> list[Any]:
    """Per column that may hold what cannot be used: whether it does."""
    flags = ((column, unusable(column)) for column in present(table, caps))
    return [flag.label(f"{_FLAG}{table.name}.{column.name}") for column, flag in flags if flag is not None]


def _part(row: Row, letter: str) -> dict[str, Any]:
    prefix = f"{letter}."
    return {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}


def _rows(
    read: _Reading, query: Select[Any] | CompoundSelect[Any] | None, values: Mapping[str, Any]
) -> tuple[Row, ...]:
    """None where this schema has no such rows."""
    if query is None:
        return ()
    result = read.connection.execute(query, values)
    names = list(result.keys())
    flags = [(place, name.removeprefix(_FLAG)) for place, name in enumerate(names) if name[0] == _FLAG]
    kept = [(place, name) for place, name in enumerate(names) if name[0] != _FLAG]
    rows = []
    for row in result.all():
        read.unusable.update(name for place, name in flags if row[place])
        rows.append({name: row[place] for place, name in kept})
    return tuple(rows)


def _known(ids: Sequence[UUID | None]) -> list[UUID]:
    return list(dict.fromkeys(item for item in ids if item is not None))


def id_of(value: object) -> UUID | None:
    """The id that a value of a document spells; None for anything else."""
    try:
        return UUID(str(value)) if value else None
    except ValueError:
        return None
