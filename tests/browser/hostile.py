"""Rows as an attacker, a bug or a bad import would leave them: whatever PostgreSQL can hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Column, Connection, String, Table, TypeDecorator, Update, cast, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import OperationalError

from feedly_core.db.own_schema import metadata as ours
from feedly_core.domain import tables as t
from feedly_core.domain.tables.columns import metadata as feedly

SCRIPT = (
    "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>"
    "\"'><svg/onload=window.pwned=1> [x](javascript:window.pwned=1) :red[x] $$x$$ **b** {placeholder}"
)
FORMULA = '=HYPERLINK("http://evil.example","x")\t@SUM(1+1)*cmd|\' /C calc\'!A0'
CONTROL = "a\u202egnp.exe\u2066b\u200b\ufeff\x01\x07\x1b[31mred\r\n\x7f\ud7ff\U0010ffff"
PATHS = "/assets/../../../../etc/passwd"
ESCAPES = r'{"text": "\ud83d", "more": "\udc00\u0000", "line": "\u2028"} \ud83d \x00 %00 &#0; \N{NULL}'
"""Halves of characters as escapes inside a text: what reads it as JSON once more gets what UTF-8 refuses."""
SEED, HUGE = "가나다라마바사아자차", 350_000
"""The seed, grown by PostgreSQL itself to 10 MB."""
DEEP_LEVELS = 900

Filling = Callable[[Any], Any]


def with_text(text: str) -> tuple[Filling, Filling]:
    """Every text column holds ``text``, and so does every string inside every document."""

    def replace(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: replace(inner) for key, inner in value.items()} | {text[:200]: text[:200]}
        if isinstance(value, list):
            return [replace(inner) for inner in value]
        return text if isinstance(value, str) else value

    return lambda _value: text, replace


def with_one_text(text: str) -> tuple[Filling, Filling]:
    """Like :func:`with_text`, but only the first string of a document: all of them would exceed JSONB."""

    def replace_first(value: Any) -> Any:
        if isinstance(value, str):
            return text
        if not isinstance(value, dict | list):
            return value
        for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            changed = replace_first(inner)
            if changed is not inner:
                copied = value.copy()
                copied[key] = changed
                return copied
        return value

    return lambda _value: text, replace_first


def with_documents(document: Any) -> tuple[Filling, Filling]:
    """Texts stay; every document is another one."""
    return lambda value: value, lambda _value: document


def nested(levels: int) -> Any:
    document: Any = "bottom"
    for _ in range(levels):
        document = [document]
    return document


CASES = {
    "script": with_text(SCRIPT),
    "formula": with_text(FORMULA),
    "control": with_text(CONTROL),
    "paths": with_text(PATHS),
    "escapes": with_text(ESCAPES),
    "huge": with_one_text(SEED),
    "deep": with_documents(nested(DEEP_LEVELS)),
    "types": with_documents([1, None, {"layout": "x", "proposals": 7, "text": {"a": []}}, 1e308, "x"]),
    "numbers": with_documents({"x": 10**400, "proposals": [{"xywh": ["a", -1, None]}], "latency_ms": -1}),
}

ADDRESSES_TOO = {"formula", "control", "paths", "escapes", "huge"}
"""Where the pictures' addresses are rewritten too; in the others pictures are drawn."""

ROWS = {"huge": 1}
"""Of each table, where all would take a minute."""


OUR_CONSTANTS = {"kind", "mode", "on_failure", "state", "verdict", "outcome", "format", "broken_link"}
"""Columns and keys of our own schema that only hold words of ours. Its documents keep their shape too:
nobody else writes them; the texts in them come from people."""


class Poisoner:
    """Rewrites the rows that were added since it looked last, in FeedlyAI's tables and in ours."""

    def __init__(self) -> None:
        self._seen: dict[str, set[Any]] = {}

    def poison(self, connection: Connection, case: str) -> int:
        """Rewrite texts and documents; keys, references and our own constants stay.

        Returns how many values were rewritten. A value that PostgreSQL refuses stays: an index holds
        2,700 bytes.
        """
        rewritten = 0
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        for table in (*feedly.sorted_tables, *ours.sorted_tables):
            keys = list(table.primary_key.columns)
            seen = self._seen.setdefault(table.fullname, set())
            new = [key for key in map(tuple, connection.execute(select(*keys))) if key not in seen]
            seen.update(new)
            columns = dict(_columns(table, *CASES[case], addresses_too=case in ADDRESSES_TOO))
            for key in new[: ROWS.get(case)] if columns else ():
                mine = [own == wanted for own, wanted in zip(keys, key, strict=True)]
                (row,) = connection.execute(select(*columns).where(*mine))
                changes = {}
                for (column, filling), value in zip(columns.items(), row, strict=True):
                    changes[column] = grown(column, filling(value)) if case == "huge" else filling(value)
                rewritten += _rewrite(connection, update(table).where(*mine), changes)
        return rewritten


def _rewrite(connection: Connection, row: Update, changes: dict[Any, Any]) -> int:
    """All at once; where PostgreSQL refuses one, each by itself. Returns how many it took."""
    try:
        with connection.begin_nested():
            connection.execute(row.values(changes))
    except OperationalError:
        if len(changes) == 1:
            return 0
        return sum(_rewrite(connection, row, {column: value}) for column, value in changes.items())
    return len(changes)


def grown(column: Column[Any], value: Any) -> Any:
    """The value with its seed repeated by the database: sending 10 MB from here would take seconds each."""
    large = func.repeat(SEED, HUGE)
    if isinstance(value, str):
        length = getattr(column.type, "length", None)
        return func.left(large, length) if length else large
    if value is None or isinstance(column.type, ARRAY):
        return value
    return cast(func.replace(json.dumps(value, ensure_ascii=False), SEED, large), JSONB)


def _columns(
    table: Table, text_filling: Filling, document_filling: Filling, *, addresses_too: bool
) -> Iterator[tuple[Any, Filling]]:
    for column in table.columns:
        if column.primary_key or column.foreign_keys:
            continue
        if column is t.image_assets.c.image_url and not addresses_too:
            continue
        if table.metadata is ours and column.name in OUR_CONSTANTS:
            continue
        stored = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
        if isinstance(stored, JSONB):
            yield column, _inside(text_filling) if table.metadata is ours else document_filling
        elif isinstance(stored, ARRAY) and isinstance(stored.item_type, String):
            yield column, lambda value: [text_filling(each) for each in value]
        elif isinstance(stored, String) and not column.unique:
            yield column, _shortened(text_filling, stored.length)


def _inside(text_filling: Filling) -> Filling:
    """Every text of a document of ours but its constants."""

    def replace(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: inner if key in OUR_CONSTANTS else replace(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [replace(inner) for inner in value]
        return text_filling(value) if isinstance(value, str) else value

    return replace


def _shortened(filling: Filling, limit: int | None) -> Filling:
    return lambda value: filling(value)[:limit] if value is not None else None


def poisoned_text(case: str) -> str:
    """What the case makes of a text, unless it leaves texts alone."""
    return str(CASES[case][0](f"tag {case}"))
