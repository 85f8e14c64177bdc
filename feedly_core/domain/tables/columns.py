"""Column shorthands of the FeedlyAI schema, each written once.

Ratios and scores are ``DECIMAL(5,4)`` in the database and ``float`` here; JSON documents are JSONB
whose Python ``None`` is SQL NULL; times carry a zone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    TIMESTAMP,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal_column,
    text,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = MetaData()
"""Describes schema version 2.0. Only read: the dashboard never creates or alters these tables."""

UUID_DEFAULT = text("uuid_generate_v4()")
NOW = text("CURRENT_TIMESTAMP")

DOCUMENT_BYTES = 64 * 1024
"""Longest JSON document that is read; real ones have about 5,000 bytes."""

PROSE_BYTES = 60_000
"""Longest text that is read whole; real ones have some hundred bytes."""

WORD_BYTES = 2_000
"""Longest text of one word or line (status, step, name) that is read whole."""

_STORED_BYTES = 700
"""A document stored in less cannot unpack to more than the limit (PostgreSQL packs 91-fold at most)."""


class Document(TypeDecorator[Any]):
    """A JSON document.

    A larger one than DOCUMENT_BYTES stays in the database: a text arrives in its place, which every reader
    reports as unreadable. Small ones are recognised by their stored size, without unpacking.
    """

    impl = JSONB
    cache_ok = True

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        large = and_(
            func.pg_column_size(column) > text(str(_STORED_BYTES)),
            func.octet_length(cast(column, Text)) > text(str(DOCUMENT_BYTES)),
        )
        return case((large, text("""'"(document too large)"'::jsonb""")), else_=column)

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self.impl_instance.coerce_compared_value(op, value)


class Prose(TypeDecorator[str]):
    """A text.

    Of one with more than ``most_bytes`` only the beginning is read, and an ellipsis.
    """

    impl = Text
    cache_ok = True

    def __init__(self, most_bytes: int = PROSE_BYTES) -> None:
        super().__init__()
        self.most_bytes = most_bytes

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        beginning = func.concat(func.left(column, text(str(self.most_bytes // 3))), text("'…'"))
        return case((func.octet_length(column) > text(str(self.most_bytes)), beginning), else_=column)

    def enough(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """As much of the text as :meth:`read` needs, in a third of the SQL."""
        return func.left(column, text(str(self.most_bytes + 1)))

    def read(self, word: str) -> str:
        """The text as a query reads it, from :meth:`enough`."""
        most = self.most_bytes
        return word if len(word.encode()) <= most else f"{word[: most // 3]}…"


class Readable(TypeDecorator[Any]):
    """A type of which only some values can be used: any other is read as NULL, wherever a query selects it.

    PostgreSQL holds times before Christ, infinities and NaN; Python, JSON and spreadsheets do not.
    Inside an expression :func:`readable` does the same, and :meth:`read` for a value that arrives as a text.
    """

    cache_ok = True
    lowest: Any
    highest: Any

    def bound(self, value: Any) -> ColumnElement[Any]:
        return literal_column(repr(value))

    def parse(self, word: str) -> Any:
        """The value that PostgreSQL prints so. Raises ValueError when Python has none such."""
        return float(word)

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return case((column.between(self.bound(self.lowest), self.bound(self.highest)), column))

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self.impl_instance.coerce_compared_value(op, value)

    def read(self, word: str) -> Any:
        """The value that PostgreSQL prints so; None for one that cannot be used."""
        try:
            value = self.parse(word)
        except ValueError:
            return None
        return value if self.lowest <= value <= self.highest else None


class Instant(Readable):
    """A time with a zone, from 1900 to 2200."""

    impl = TIMESTAMP(timezone=True)
    cache_ok = True
    lowest, highest = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

    def bound(self, value: datetime) -> ColumnElement[Any]:
        return literal_column(f"timestamptz '{value.isoformat()}'")

    def parse(self, word: str) -> datetime:
        return datetime.fromisoformat(word)


class Number(Readable):
    """A measured number, 0 to 10^12: milliseconds, temperatures, US dollars. NaN counts as the largest."""

    impl = Double
    cache_ok = True
    lowest, highest = 0, 10**12


class Ratio(Readable):
    """DECIMAL(5,4) as a float; it may hold NaN."""

    impl = Numeric(5, 4, asdecimal=False)
    cache_ok = True
    lowest, highest = -10, 10


def readable(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column with what cannot be used as NULL: for sums, maxima and orders inside a query.

    Its type is PostgreSQL's plain one: what is computed from it (an array of percentiles) needs no guard.
    """
    if not isinstance(column.type, Readable):
        return column
    return type_coerce(column.type.column_expression(column), column.type.impl_instance)


def key(name: str) -> Column[Any]:
    """A UUID primary key that the database fills."""
    return Column(name, Uuid, primary_key=True, server_default=UUID_DEFAULT)


def ref(
    name: str,
    target: str,
    *,
    type_: type[TypeEngine[Any]] | TypeEngine[Any] = Uuid,
    ondelete: str | None = None,
    nullable: bool = True,
    use_alter: bool = False,
) -> Column[Any]:
    """A foreign key to ``table.column``.

    ``use_alter`` marks the ones that close a reference cycle.
    """
    constraint = ForeignKey(target, ondelete=ondelete, use_alter=use_alter)
    return Column(name, type_, constraint, nullable=nullable)


def words(name: str, *, default: str | None = None, nullable: bool = True) -> Column[Any]:
    """A TEXT column.

    ``default`` is the plain text the database fills in.
    """
    return Column(name, Prose(WORD_BYTES), nullable=nullable, server_default=_quoted(default))


def prose(name: str, *, nullable: bool = True) -> Column[Any]:
    """A TEXT column that services fill with sentences."""
    return Column(name, Prose, nullable=nullable)


def integer(name: str, *, default: int | None = None, nullable: bool = True) -> Column[Any]:
    return Column(
        name, Integer, nullable=nullable, server_default=None if default is None else text(str(default))
    )


def number(name: str) -> Column[Any]:
    """A double precision column: milliseconds, temperatures, US dollars."""
    return Column(name, Number)


def ratio(name: str, *, nullable: bool = True) -> Column[Any]:
    """DECIMAL(5,4): a fraction, rounded to four places by the database."""
    return Column(name, Ratio, nullable=nullable)


def document(name: str, *, nullable: bool = True) -> Column[Any]:
    return Column(name, Document(none_as_null=True), nullable=nullable)


def instant(name: str, *, default_now: bool = False) -> Column[Any]:
    return Column(name, Instant, server_default=NOW if default_now else None)


def serial(table: str) -> Column[Any]:
    """``pk``: a running number that every table but gen_models has.

    It is not the primary key.
    """
    return Column("pk", Integer, nullable=False, server_default=text(f"nextval('{table}_pk_seq'::regclass)"))


def standard(table: str) -> list[Column[Any]]:
    """``pk``, ``created_at``, ``updated_at``. No trigger maintains ``updated_at``: writers set it."""
    return [serial(table), instant("created_at", default_now=True), instant("updated_at", default_now=True)]


def _quoted(value: str | None) -> Any:
    return None if value is None else text(f"'{value}'")
