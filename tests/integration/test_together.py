"""Queries sent as one statement answer as each does alone, whatever the rows hold."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import (
    ARRAY,
    Column,
    Engine,
    Table,
    Text,
    Uuid,
    cast,
    func,
    insert,
    literal,
    select,
    text,
    union_all,
)

from feedly_core.db.engine import make_engine, reading, writing
from feedly_core.db.together import Query, together
from feedly_core.domain import tables as t
from feedly_core.domain.tables.columns import PROSE_BYTES, Prose, Readable
from feedly_core.errors import QueryFailed
from feedly_core.settings import Settings

TABLES = (t.detections, t.llm_traces, t.overlay_layouts, t.tone_styles, t.image_assets, t.stores)
ROWS = 10
ODD = {
    "Instant": (
        *("infinity", "-infinity", "0044-03-15 12:00+00 BC", "1899-12-31 23:59:59.999999+00"),
        *("1900-01-01", "2200-01-01", "2200-01-01 00:00:00.000001", "12345-01-01"),
        *("2026-11-27 10:11:12.5+09", None),
    ),
    "Number": ("Infinity", "-Infinity", "NaN", "-0.001", "0", "1e12", "1000000000001", "0.1", "12.5", None),
    "Ratio": ("NaN", "-9.9999", "9.9999", "0", "0.1234", None),
}


def test_each_query_answers_as_it_does_alone(engine: Engine) -> None:
    with writing(engine) as connection:
        for table in TABLES:
            given = [column for column in table.c if not column.foreign_keys and column.name != "pk"]
            for turn in range(ROWS):
                connection.execute(insert(table).values(**{one.name: _odd(one, turn) for one in given}))
    queries = {table.name: select(table).order_by(table.c.pk) for table in TABLES}
    with reading(engine) as connection:
        answers = together(queries).read(connection, {})
        for table in TABLES:
            alone = [dict(row) for row in connection.execute(queries[table.name]).mappings()]
            assert answers.rows[table.name] == alone
            stored = connection.execute(select(*map(func.count, _guarded(table)))).one()
            shown = [sum(row[one.name] is not None for row in alone) for one in _guarded(table)]
            lost = {
                f"{table.name}.{one.name}": number - left
                for one, number, left in zip(_guarded(table), stored, shown, strict=True)
                if number > left
            }
            assert lost
            assert answers.unusable[table.name] == lost


def _guarded(table: Table) -> list[Column[Any]]:
    return [column for column in table.c if isinstance(column.type, Readable)]


def _most(column: Column[Any]) -> int:
    return column.type.most_bytes if isinstance(column.type, Prose) else 0


def _odd(column: Column[Any], turn: int) -> object:
    kind = type(column.type).__name__
    if kind in ODD:
        value = ODD[kind][turn % len(ODD[kind])]
        return None if value is None else text(f"'{value}'".replace(":", "\\:"))
    some = {
        "Uuid": (uuid4(),),
        "Integer": (turn - 5,),
        "Boolean": (True, False),
        "Document": ({"글": ['"{,}\\']}, None, [], "말", 1),
        "Prose": (
            "국" * PROSE_BYTES,
            *("x" * (_most(column) + more) for more in (0, 1, -2)),
            "",
            'a"{,}\\ NULL',
            "NULL",
        ),
    }.get(kind, ("", 'b"{,}\\', "NULL", "말"))
    return some[turn % len(some)]


def test_unions_with_arrays_and_empty_answers_arrive_too(engine: Engine) -> None:
    words = ["a", 'b"{,}', None]
    one = select(literal(1).label("n"), literal(words, ARRAY(Text)).label("list"), literal(True).label("yes"))
    queries: dict[str, Query] = {"union": union_all(one, one), "none": select(t.jobs.c.job_id)}
    with reading(engine) as connection:
        answers = together(queries).read(connection, {})
    assert answers.rows == {"union": [{"n": 1, "list": words, "yes": True}] * 2, "none": []}


def test_arrays_of_ids_arrive_beside_arrays_of_texts_of_another_query(engine: Engine) -> None:
    ids, words = [uuid4(), uuid4()], ["a", None]
    n, list_of_words = literal(1).label("n"), literal(words, ARRAY(Text)).label("words")
    both = select(n, cast(literal(ids, ARRAY(Uuid)), ARRAY(Uuid)).label("ids"), list_of_words)
    queries: dict[str, Any] = {"words": select(n, list_of_words), "both": both}
    with reading(engine) as connection:
        answers = together(queries).read(connection, {})
    assert answers.rows == {
        "words": [{"n": 1, "words": words}],
        "both": [{"n": 1, "ids": ids, "words": words}],
    }


def test_values_of_arrays_count_towards_the_largest_answer(engine: Engine, settings: Settings) -> None:
    """400 values, each small enough to be read, together 20 MB."""
    fill = "INSERT INTO tone_styles (description) SELECT repeat('x', 50000) FROM generate_series(1, 400)"
    with writing(engine) as connection:
        connection.execute(text(fill))
    every = together({"tones": select(t.tone_styles)})
    small = make_engine(settings.model_copy(update={"read_memory_mb": 10}))
    with pytest.raises(QueryFailed, match="larger than 10 MB"), reading(small) as connection:
        every.read(connection, {})
    small.dispose()
    with reading(engine) as connection:
        assert len(every.read(connection, {}).rows["tones"]) == 400
