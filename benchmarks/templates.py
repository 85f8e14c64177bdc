"""Whole jobs as text for ``COPY``, with holes where one job differs from another.

A job of each kind is written by the tests' own writer, read back as ``COPY`` writes it, and taken back. So
the documents are those of the services, and a new column of the schema is filled as the writer fills it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from random import Random
from typing import Any

from sqlalchemy import Connection, Table, text

from dashboard.demo.sample_data import IN_ORDER
from feedly_core.domain.pipeline import LAST_STEP
from tests.factories import BEGAN, TEXT, ReportWriter

TENANT, DESCRIPTION = "template_tenant", "맛있는 부대찌개를 만나보세요"
TOP, MIDDLE = (0.1, 0.05, 0.8, 0.18), (0.1, 0.4, 0.8, 0.18)
SHARED = {"store_id": "store", "tone_style_id": "tone", "llm_model_id": "model"}
"""Columns that name what many jobs share."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SCORE = re.compile(
    r'"(ocr_accuracy|ocr_confidence|\w+_match_rate|readability_score|relevance_score)": [\d.]+'
)
_RANGED = re.compile(r'"(contrast_ratio|iou_with_food)": [\d.]+')
_FLAG = re.compile(r'"(on_brief|occlusion|contrast_ok|cta_present)": (?:true|false)')


@dataclass(frozen=True)
class Template:
    """Rows of one kind of job. ``blocks``: per table its columns and the text with ``%(name)s`` holes."""

    blocks: dict[str, tuple[tuple[str, ...], str]]
    ids: tuple[str, ...]
    seconds: tuple[int, ...]
    rows: int

    def holes(self, rng: Random, at: datetime) -> dict[str, str]:
        """New ids, times from ``at`` on (a whole five minutes of UTC) and scores."""
        bits = f"{rng.getrandbits(128 * len(self.ids)):0{32 * len(self.ids)}x}"
        values = {name: bits[32 * place : 32 * place + 32] for place, name in enumerate(self.ids)}
        hour, minute = at.strftime("%Y-%m-%d %H:"), at.minute
        for second in self.seconds:
            values[f"t{second}"] = f"{hour}{minute + second // 60:02}:{second % 60:02}+00"
        return values | rng.choice(_measurements())


@cache
def _measurements() -> tuple[dict[str, str], ...]:
    rng = Random(2)
    return tuple(_measured(rng) for _ in range(2_000))


def _measured(rng: Random) -> dict[str, str]:
    values = {}
    for number in range(_HOLES):
        values[f"s{number}"] = f"{0.4 + 0.6 * rng.random():.3f}"
        values[f"contrast_ratio{number}"] = f"{1 + 14 * rng.random():.2f}"
        values[f"iou_with_food{number}"] = f"{rng.random() ** 4:.3f}"
        values[f"ms{number}"] = f"{100 + 4000 * rng.random() ** 2:.1f}"
        values[f"f{number}"] = "false" if rng.random() < 0.2 else "true"
    return values


_HOLES = 12
"""Different numbers of one kind in a job; further ones repeat them."""


def templates(connection: Connection) -> dict[str, Template]:
    """One template per fate of a job. Leaves nothing in the database."""
    return {name: _taken_back(connection, write) for name, write in _FATES.items()}


def _complete(writer: ReportWriter, repeats: int = 1) -> None:
    writer.begin(LAST_STEP, "done")
    for index in range(3):
        writer.variant(box=MIDDLE if index == 1 else TOP)
        writer.analysed(index)
        for _ in range(repeats):
            writer.drawn(index, MIDDLE if index == 1 else TOP)
        for _ in range(repeats):
            writer.judged(index)
    writer.written()


def _failed(writer: ReportWriter) -> None:
    writer.begin("planner", "failed")
    for index in range(3):
        writer.variant("planner", "failed" if index == 0 else "done")
        writer.analysed(index)


def _halted(writer: ReportWriter) -> None:
    writer.begin("overlay", "running")
    for index in range(3):
        writer.variant("yolo_detect")
        writer.analysed(index)


_FATES: dict[str, Callable[[ReportWriter], None]] = {
    "complete": _complete,
    "disorderly": lambda writer: _complete(writer, repeats=2),
    "failed": _failed,
    "halted": _halted,
}


def _taken_back(connection: Connection, write: Callable[[ReportWriter], None]) -> Template:
    with connection.begin() as transaction:
        connection.execute(text("SET LOCAL timezone = 'UTC'"))
        write(ReportWriter(connection, TENANT, BEGAN))
        read = {table.name: _copied(connection, table) for table in IN_ORDER}
        transaction.rollback()
    ids = {
        value
        for columns, lines in read.values()
        for values in lines
        for column, value in zip(columns, values, strict=True)
        if column not in SHARED and column.endswith("_id") and _UUID.fullmatch(value)
    }
    names = {value: f"u{number}" for number, value in enumerate(sorted(ids))}
    seconds = {_second(columns, values) for columns, lines in read.values() for values in lines}
    blocks = {
        table: (columns, "".join(_pattern(columns, values, names) for values in lines))
        for table, (columns, lines) in read.items()
        if lines
    }
    rows = sum(len(lines) for _columns, lines in read.values())
    return Template(blocks, tuple(names.values()), tuple(sorted(seconds)), rows)


def _copied(connection: Connection, table: Table) -> tuple[tuple[str, ...], list[list[str]]]:
    """The table's columns and rows, as ``COPY`` writes them."""
    columns = tuple(column.name for column in table.columns if column.name != "pk")
    received = io.StringIO()
    cursor: Any = connection.connection.cursor()
    cursor.copy_expert(f"COPY {table.name} ({', '.join(columns)}) TO STDOUT", received)
    return columns, [line.split("\t") for line in received.getvalue().splitlines()]


def _second(columns: tuple[str, ...], values: list[str]) -> int:
    return int((datetime.fromisoformat(values[columns.index("created_at")]) - BEGAN).total_seconds())


def _pattern(columns: tuple[str, ...], read: list[str], names: dict[str, str]) -> str:
    values, second = list(read), _second(columns, read)
    for place, (column, value) in enumerate(zip(columns, values, strict=True)):
        if value == r"\N":
            continue
        if column in ("created_at", "updated_at"):
            values[place] = f"%(t{second})s"
        elif column in SHARED:
            values[place] = f"%({SHARED[column]})s"
        elif column == "version":
            values[place] = "%(version)s"
        elif column == "latency_ms":
            values[place] = f"%(ms{second % _HOLES})s"
        else:
            values[place] = _varied(value, second % _HOLES, names)
    return "\t".join(values) + "\n"


def _varied(value: str, number: int, names: dict[str, str]) -> str:
    value = value.replace("%", "%%")
    value = _UUID.sub(lambda found: f"%({names[found[0]]})s" if found[0] in names else found[0], value)
    for known, hole in ((TENANT, "tenant"), (DESCRIPTION, "description"), (TEXT, "copy")):
        value = value.replace(known, f"%({hole})s")
    value = _SCORE.sub(rf'"\1": %(s{number})s', value)
    value = _RANGED.sub(rf'"\1": %(\g<1>{number})s', value)
    return _FLAG.sub(rf'"\1": %(f{number})s', value)
