"""Odd values that PostgreSQL can hold, for every column that is read, and the cells to try them in."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    TIMESTAMP,
    Boolean,
    Column,
    Connection,
    Double,
    Integer,
    Numeric,
    String,
    Table,
    TypeDecorator,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from feedly_core.domain import tables as t

TIMES = (
    "infinity",
    "-infinity",
    "294276-12-31 23:59:59+00",
    "0044-03-15 12:00:00+00 BC",
    "0001-01-01 00:00:00+00",
    "9999-12-31 23:59:59.999999+00",
)
DOUBLES = ("NaN", "Infinity", "-Infinity", "1.7976931348623157e308", "-1e308", "5e-324", "-1", "0")
RATIOS = ("NaN", "9.9999", "-9.9999", "0")
INTEGERS = ("2147483647", "-2147483648", "0", "-1", "1")
TEXTS = ("", " ", "\u202egnp\u200b\u0007", "x" * 5_000, "<b>{0}</b> %s :red[x]", "NaN", "😀👩‍👩‍👧 한글 עברית")
DOCUMENTS: tuple[Any, ...] = (None, [], {}, "text", 12.5, [[[]]], {"": {"": None}})
NUMBERS_IN_JSON: Sequence[Any] = ("12.3 ms", "NaN", "Infinity", 1e308, -1, None, [], {}, True, "١٢", 10**400)

READ = (
    *(t.jobs, t.job_inputs, t.jobs_variants, t.image_assets, t.tenants, t.stores, t.tone_styles),
    *(t.vlm_traces, t.detections, t.yolo_runs, t.planner_proposals, t.overlay_layouts, t.evaluations),
    *(t.txt_ad_copy_generations, t.llm_traces, t.llm_models, t.instagram_feeds),
)
"""The tables of FeedlyAI that any page or command reads."""

_LOOK_BACK = 20
"""Groups that may still be filled."""


@dataclass(frozen=True)
class Cell:
    """``table.column`` of one job's rows becomes ``value``, an SQL literal; of a JSON column, a document."""

    table: str
    column: str
    cast: str
    value: str | None
    path: tuple[str, ...] = ()

    def fits(self, others: Sequence[Cell]) -> bool:
        """Whether a job that holds the others can hold this one too."""
        same = [each for each in others if (each.table, each.column) == (self.table, self.column)]
        return all(self.path and each.path and self.path[0] != each.path[0] for each in same)

    def __str__(self) -> str:
        place = ".".join((self.table, self.column, *self.path))
        return f"{place} = {(self.value or 'NULL')[:40]!r}"


def cells() -> list[Cell]:
    """Every column that is read, with every odd value of its type, and NULL where it may be."""
    found = []
    for table in READ:
        for column in table.columns:
            if column.primary_key or column.foreign_keys or column.unique or column.name == "pk":
                continue
            cast, values = _odd(column)
            found += [Cell(table.name, column.name, cast, value) for value in values]
            if column.nullable:
                found.append(Cell(table.name, column.name, cast, None))
    return found


def document_cells(connection: Connection, job_id: UUID) -> list[Cell]:
    """Every number and text inside the documents of one stored job, with every odd value."""
    found = []
    for table in READ:
        for column in table.columns:
            if not isinstance(_stored(column), JSONB):
                continue
            where, name = _of_job(table), column.name
            query = text(f"SELECT {name} FROM {table.name} WHERE {where} AND {name} IS NOT NULL LIMIT 40")
            paths = {
                path for (value,) in connection.execute(query, {"job": job_id}) for path in _leaves(value)
            }
            found += [
                Cell(table.name, name, "jsonb", json.dumps(odd, ensure_ascii=False), path)
                for path in sorted(paths)
                for odd in NUMBERS_IN_JSON
            ]
    return found


def sample(candidates: list[Cell], seed: int, count: int) -> list[Cell]:
    """``count`` cells of different columns, the same for the same seed."""
    shuffled = random.Random(seed).sample(candidates, len(candidates))
    by_column: dict[tuple[str, str], Cell] = {}
    for cell in shuffled:
        by_column.setdefault((cell.table, cell.column), cell)
    return list(by_column.values())[:count]


def together(candidates: Sequence[Cell], count: int) -> list[list[Cell]]:
    """Groups of up to ``count`` cells that one job can hold at once: never two of one column, as the second
    would undo the first, unless they are different places of its documents."""
    groups: list[list[Cell]] = []
    for cell in random.Random(len(candidates)).sample(candidates, len(candidates)):
        fits = (each for each in groups[-_LOOK_BACK:] if len(each) < count and cell.fits(each))
        if group := next(fits, None):
            group.append(cell)
        else:
            groups.append([cell])
    return groups


def put(connection: Connection, job_id: UUID, cell: Cell) -> int:
    """Write the value into every row of the job that has the column, without waking a trigger."""
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    value = f"CAST(:value AS {cell.cast})" if cell.value is not None else "NULL"
    if cell.path:
        value = f"jsonb_set({cell.column}, CAST(:path AS text[]), CAST(:value AS jsonb), false)"
    change = f"UPDATE {cell.table} SET {cell.column} = {value} WHERE {_of_job(t.metadata.tables[cell.table])}"
    given = {"job": job_id, "value": cell.value, "path": list(cell.path)}
    wanted = {name: given[name] for name in ("job", "value", "path") if f":{name}" in change}
    return connection.execute(text(change), wanted).rowcount


def _odd(column: Column[Any]) -> tuple[str, tuple[str, ...]]:
    stored = _stored(column)
    match stored:
        case JSONB():
            return "jsonb", tuple(json.dumps(document) for document in DOCUMENTS)
        case TIMESTAMP():
            return "timestamptz", TIMES
        case Double():
            return "double precision", DOUBLES
        case Numeric():
            return "numeric", RATIOS
        case Integer():
            return "integer", INTEGERS
        case Boolean():
            return "boolean", ("true", "false")
        case String():
            longest = stored.length or 10**6
            return "text", tuple(value[:longest] for value in TEXTS if "\0" not in value)
        case Uuid():
            return "uuid", ()
    raise AssertionError(f"no odd values for {column} of type {stored!r}")


def _stored(column: Column[Any]) -> Any:
    return column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type


def _of_job(table: Table) -> str:
    """SQL condition on the rows that belong to the job ``:job``."""
    if table in {t.tenants}:
        return "tenant_id = (SELECT tenant_id FROM jobs WHERE job_id = :job)"
    if table is t.stores:
        return "store_id = (SELECT store_id FROM jobs WHERE job_id = :job)"
    if table is t.tone_styles:
        return "tone_style_id = (SELECT tone_style_id FROM job_inputs WHERE job_id = :job)"
    if table is t.overlay_layouts:
        return "job_variants_id IN (SELECT job_variants_id FROM jobs_variants WHERE job_id = :job)"
    if table is t.planner_proposals:
        return "image_asset_id IN (SELECT img_asset_id FROM jobs_variants WHERE job_id = :job)"
    if table is t.llm_models:
        return "llm_model_id IN (SELECT llm_model_id FROM llm_traces WHERE job_id = :job)"
    return "job_id = :job"


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if len(path) > 4:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value[:2]):
            yield from _leaves(inner, (*path, str(place)))
    elif path:
        yield path
