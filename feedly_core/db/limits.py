"""Limits of one result: rows and bytes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, cast

from psycopg2.extensions import cursor

from feedly_core.errors import QueryFailed
from feedly_core.i18n import N_

_CHUNK = 200
"""Rows turned into Python values between two looks at their size."""

_VALUE_BYTES = 60
"""What a value costs beside the text in it, as a column or inside a document."""

_FIXED_SIZE = frozenset({16, 20, 21, 23, 26, 700, 701, 1082, 1114, 1184, 2950})
"""PostgreSQL's numbers of boolean, integers, floats, dates and times, UUID: no value needs to be measured."""

_TEXTS = frozenset({18, 19, 25, 1042, 1043})
"""PostgreSQL's texts: each value is a string or missing, which is counted without a look at each."""


class _Documents(threading.local):
    parsed_bytes = 0


_documents = _Documents()


def count_document(raw: str, values: int) -> None:
    """Called for each document while an answer is read: its text, and how many values are in it."""
    _documents.parsed_bytes += len(raw) + _VALUE_BYTES * values


class BoundedCursor(cursor):
    """Counts what it hands out and stops at ``most_bytes``.

    Each value is cut by the database already (see ``domain.tables.columns``), so no single row can be large.
    """

    most_bytes = 0
    _read_bytes = 0
    _ahead: deque[tuple[Any, ...]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ahead = deque()

    def execute(self, query: Any, vars: Any = None) -> None:
        self._read_bytes, self._ahead = 0, deque()
        super().execute(query, vars)

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row. Rows are read and counted some at a time: one by one the counting cost more."""
        if not self._ahead:
            self._ahead = deque(self.fetchmany(_CHUNK))
        return self._ahead.popleft() if self._ahead else None

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        wanted = size or self.arraysize
        held = [self._ahead.popleft() for _ in range(min(wanted, len(self._ahead)))]
        if len(held) == wanted:
            return held
        before = _documents.parsed_bytes
        rows = super().fetchmany(wanted - len(held))
        self._count(rows, before)
        return held + rows

    def fetchall(self) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        while some := self.fetchmany(_CHUNK):
            rows += some
        return rows

    def _count(self, rows: Sequence[tuple[Any, ...]], parsed_before: int) -> None:
        self._read_bytes += _documents.parsed_bytes - parsed_before
        columns = self.description or ()
        self._read_bytes += _VALUE_BYTES * len(columns) * len(rows)
        for place in (place for place, column in enumerate(columns) if column.type_code not in _FIXED_SIZE):
            values: Iterator[Any] = filter(None, map(itemgetter(place), rows))
            if columns[place].type_code not in _TEXTS:
                values = self._sized(values)
            self._read_bytes += sum(map(len, values))
        if self._read_bytes > self.most_bytes:
            raise too_much(self.most_bytes // 2**20)

    def _sized(self, values: Iterable[Any]) -> Iterator[Any]:
        """Those that a length says the size of; of an array its own values."""
        for value in values:
            if isinstance(value, list):
                self._read_bytes += _VALUE_BYTES * len(value)
                yield from (one for one in value if isinstance(one, str))
            elif isinstance(value, (str, memoryview)):
                yield value


def bounded_cursor(most_bytes: int) -> type[BoundedCursor]:
    """The class for a connection whose answers may have that many bytes."""
    return cast(type[BoundedCursor], type("Cursor", (BoundedCursor,), {"most_bytes": most_bytes}))


def too_much(megabytes: int) -> QueryFailed:
    return QueryFailed(
        N_("The answer is larger than {n} MB and was not read.", n=megabytes),
        hint=N_("Choose a shorter time range or fewer jobs."),
    )


def too_many_rows(limit: int) -> QueryFailed:
    return QueryFailed(
        N_("The answer has more than {n} rows and was not read.", n=limit),
        hint=N_("Choose a shorter time range or fewer jobs."),
    )
