"""All rows of one job.

Columns and tables that this generation of the schema lacks are simply absent from the rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from feedly_core.db.engine import capabilities
from feedly_core.db.job_rows import status_inputs
from feedly_core.db.own_schema import installed
from feedly_core.db.status_query import JOBS, StatusRow
from feedly_core.domain.job_rows import StatusInputs
from feedly_core.results.job_query import JOB, OF_JOB, STATUS, job_query

Row = Mapping[str, Any]


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


def read_job_rows(connection: Connection, job_id: UUID) -> tuple[JobRows, StatusInputs] | None:
    """One job's rows, and what its status depends on.

    None when there is no such job. One statement.
    """
    caps = capabilities(connection)
    query = job_query(caps, ours=installed(connection))
    answers = query.read(connection, {JOB.key: job_id, JOBS.key: [job_id]}, prepared=True)
    read = answers.rows
    inputs = status_inputs(caps, (StatusRow(**row) for row in read.pop(STATUS))).get(job_id)
    job = next(iter(read.pop(OF_JOB)), None)
    if job is None or inputs is None:
        return None
    newest = {name: tuple(sorted(rows, key=_age)) for name, rows in read.items()}
    variants = sorted(read["jobs_variants"], key=_place)
    return JobRows(
        job=job,
        variants=_numbered(variants),
        overlays=_of_variants(newest.get("overlay_layouts", ()), variants),
        runs=newest.get("planner_proposals", ()),
        assets={row["image_asset_id"]: row for row in sorted(read["image_assets"], key=_birth)},
        detections=newest.get("detections", ()),
        evaluations=newest.get("evaluations", ()),
        vlm_traces=newest.get("vlm_traces", ()),
        llm_traces=newest.get("llm_traces", ()),
        copies=newest.get("txt_ad_copy_generations", ()),
        feeds=newest.get("instagram_feeds", ()),
        unusable=sum((found for name, found in answers.unusable.items() if name != STATUS), Counter()),
    ), inputs


def _of_variants(newest: Sequence[Row], variants: Sequence[Row]) -> tuple[Row, ...]:
    """Overlays by variant, newest first. One found through a shared picture is the last variant's."""
    places = {row["job_variants_id"]: place for place, row in enumerate(variants)}
    ordered = sorted(newest, key=lambda row: places[row["job_variants_id"]])
    return tuple({row["overlay_id"]: row for row in ordered}.values())


def _place(row: Row) -> tuple[float, UUID]:
    order = row["creation_order"]
    return (inf if order is None else order), row["job_variants_id"]


def _numbered(variants: Sequence[Row]) -> tuple[Row, ...]:
    """Variants with one number each: ``creation_order``, or their place where two share one.

    The column is not unique, and files, marks and links are distinguished by the number.
    """
    if len({row["creation_order"] for row in variants}) == len(variants):
        return tuple(variants)
    return tuple({**row, "creation_order": number} for number, row in enumerate(variants, 1))


def _age(row: Row) -> float:
    """Newest first, without a time last."""
    return -row["created_at"].timestamp() if row.get("created_at") else inf


def _birth(row: Row) -> float:
    """Oldest first, without a time last."""
    return row["created_at"].timestamp() if row.get("created_at") else inf


def id_of(value: object) -> UUID | None:
    """The id that a value of a document spells; None for anything else."""
    try:
        return UUID(str(value)) if value else None
    except ValueError:
        return None
