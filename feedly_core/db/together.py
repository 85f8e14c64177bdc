"""Several queries as one statement: one round trip, and all rows of one moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Connection,
    Integer,
    Select,
    String,
    Text,
    TypeDecorator,
    Uuid,
    cast,
    false,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB, array
from sqlalchemy.types import TypeEngine

from feedly_core.db.prepared import GIVEN
from feedly_core.domain.tables.columns import Prose, Readable

Query = Select[Any] | CompoundSelect[Any]
Row = dict[str, Any]

_READ: Mapping[type[TypeEngine[Any]], Callable[[str], Any]] = {
    Uuid: UUID,
    Integer: int,
    Boolean: "true".__eq__,
}
_MISSING: ColumnElement[Any] = literal_column("NULL")
_BESIDE: Mapping[type[TypeEngine[Any]], TypeEngine[Any]] = {
    JSONB: JSONB(),
    Text: ARRAY(Text),
    Uuid: ARRAY(Uuid),
}
"""What has places of its own in a row: documents, arrays of texts, arrays of ids."""
_VALUES = 1
"""Place of a row's values; its documents follow, then its arrays."""


@dataclass(frozen=True)
class Part:
    """One of the queries: how each of its columns is read from a row of the statement."""

    names: tuple[str, ...]
    read: tuple[Callable[[str], Any] | None, ...]
    stored_as: tuple[str, ...]
    beside: tuple[tuple[str, int], ...]

    def row(self, sent: Sequence[Any], unusable: Counter[str]) -> Row:
        row: Row = {}
        for name, read, word, column in zip(
            self.names, self.read, sent[_VALUES], self.stored_as, strict=True
        ):
            row[name] = value = word if read is None or word is None else read(word)
            if value is None and word is not None:
                unusable[column] += 1
        for name, place in self.beside:
            row[name] = sent[place]
        return row


@dataclass(frozen=True)
class Answers:
    """Rows of each query, in its order.

    ``unusable`` counts, per query and ``table.column``, what is stored but of no use, and so is read as None.
    """

    rows: dict[str, list[Row]]
    unusable: dict[str, Counter[str]]


@dataclass(frozen=True)
class Together:
    """A ``UNION ALL`` of queries. Make it with :func:`together`, once per generation of the schema."""

    statement: CompoundSelect[Any]
    parts: Mapping[str, Part] = field(default_factory=dict)

    def read(self, connection: Connection, values: Mapping[str, Any], *, prepared: bool = False) -> Answers:
        """What each query answers. One statement.

        ``prepared``: PostgreSQL keeps its plan, whatever the values.
        """
        answers = Answers({name: [] for name in self.parts}, {name: Counter() for name in self.parts})
        numbered = [(part, answers.rows[name], answers.unusable[name]) for name, part in self.parts.items()]
        options = {GIVEN: tuple(values)} if prepared else {}
        for sent in connection.execute(self.statement, values, execution_options=options).all():
            part, rows, unusable = numbered[sent[0]]
            rows.append(part.row(sent, unusable))
        return answers


def together(queries: Mapping[str, Query]) -> Together:
    """The queries as one statement.

    Each row has the number of its query, its values as an array of texts, then its documents and arrays.
    With a place for each column PostgreSQL would take longer to plan sixty places of each query than to read.
    """
    columns = {name: list(_columns(query, f"part_{n}")) for n, (name, query) in enumerate(queries.items())}
    most = {kind: max(len(_of_kind(of_query, kind)) for of_query in columns.values()) for kind in _BESIDE}
    types: list[TypeEngine[Any]] = [Integer(), ARRAY(Text)]
    types += [type_ for kind, type_ in _BESIDE.items() for _ in range(most[kind])]
    sent = [select(*(cast(null(), type_) for type_ in types)).where(false())]
    parts = {}
    for number, (name, query) in enumerate(queries.items()):
        values, beside, place = _of_kind(columns[name], None), dict[int, ColumnElement[Any]](), _VALUES + 1
        for kind in _BESIDE:
            beside |= enumerate(_of_kind(columns[name], kind), place)
            place += most[kind]
        texts: ColumnElement[Any] = array(tuple(map(_text, values)))
        wanted = [literal_column(str(number)), texts]
        wanted += [beside.get(place, _MISSING) for place in range(_VALUES + 1, len(types))]
        sent.append(
            select(*wanted)
            if isinstance(query, CompoundSelect)
            else query.with_only_columns(*wanted, maintain_column_froms=True)
        )
        parts[name] = Part(
            tuple(str(one.key) for one in values),
            tuple(map(_reader, values)),
            tuple(map(_stored_as, values)),
            tuple((str(one.key), place) for place, one in beside.items()),
        )
    return Together(union_all(*sent), parts)


def _columns(query: Query, name: str) -> Iterator[ColumnElement[Any]]:
    yield from query.subquery(name).c if isinstance(query, CompoundSelect) else query.selected_columns


def _of_kind(
    columns: Iterable[ColumnElement[Any]], kind: type[TypeEngine[Any]] | None
) -> list[ColumnElement[Any]]:
    """Columns that have places of this kind; for None those sent among the values."""
    return [column for column in columns if _kind(_plain(column)) is kind]


def _kind(type_: TypeEngine[Any]) -> type[TypeEngine[Any]] | None:
    if isinstance(type_, ARRAY):
        return Uuid if isinstance(type_.item_type, Uuid) else Text
    return JSONB if isinstance(type_, JSONB) else None


def _plain(column: ColumnElement[Any]) -> TypeEngine[Any]:
    type_ = column.type
    return type_.impl_instance if isinstance(type_, TypeDecorator) else type_


def _is(column: ColumnElement[Any], type_: type[TypeEngine[Any]]) -> bool:
    return isinstance(_plain(column), type_)


def _text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The value as PostgreSQL prints it; of a long text what is read of it."""
    if isinstance(column.type, Readable):
        return cast(type_coerce(column, _plain(column)), Text)
    if isinstance(column.type, Prose):
        return type_coerce(column.type.enough(column), Text)
    return type_coerce(column, Text) if _is(column, String) else cast(column, Text)


def _reader(column: ColumnElement[Any]) -> Callable[[str], Any] | None:
    """None for a text."""
    if isinstance(column.type, (Readable, Prose)):
        return column.type.read
    if getattr(_plain(column), "timezone", False):
        return datetime.fromisoformat
    return None if _is(column, String) else _READ[type(_plain(column))]


def _stored_as(column: ColumnElement[Any]) -> str:
    """``table.column``."""
    origin = next(iter(column.base_columns))
    return f"{origin.table.name}.{origin.key}" if hasattr(origin, "table") else str(column.key)
