"""Engine, transactions, capabilities of this database, and our errors.

Every transaction sets its own limits with ``SET LOCAL`` semantics: session settings would leak to
other clients of a pooler in transaction mode, and start-up options are refused by it.
"""

from __future__ import annotations

import json
import time
import weakref
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from psycopg2.extensions import new_array_type, new_type, register_type
from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Engine,
    Select,
    Table,
    Text,
    TypeDecorator,
    Uuid,
    any_,
    bindparam,
    cast,
    create_engine,
    event,
    literal,
    null,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from feedly_core.database_address import parse_address
from feedly_core.db.errors import (
    pool_exhausted,
    translated,
    unstorable,
    unusable_text,
)
from feedly_core.db.limits import bounded_cursor, count_document, too_many_rows
from feedly_core.db.prepared import run_prepared
from feedly_core.db.transactions import DriverConnection, begun, forget_own_tables
from feedly_core.domain.contract import DASHBOARD_APPLICATION, OWN_SCHEMA
from feedly_core.errors import NotFeedlyDatabase, PermissionDenied, SettingsInvalid
from feedly_core.i18n import N_
from feedly_core.settings import Settings

LOCK_TIMEOUT_MS = 1000
"""A worker holds its variant's row for a whole model run: nobody waits longer than this for it."""

CAPABILITIES_SECONDS = 60.0
"""How long the catalogue is cached; a migration is noticed after that."""

DOCUMENT_LEVELS = 60
"""Real documents have about six levels."""
UNREADABLE_DOCUMENT = "(unreadable document)"

ESSENTIAL = {
    "jobs": ("job_id", "tenant_id", "status", "current_step"),
    "jobs_variants": ("job_variants_id", "job_id", "status", "current_step", "creation_order"),
    "image_assets": ("image_asset_id", "image_url"),
    "job_inputs": ("job_id", "img_asset_id"),
    "tenants": ("tenant_id",),
}
"""Without these no page has anything to say (schemas before jobs_variants got steps included)."""


def make_engine(settings: Settings, application_name: str = DASHBOARD_APPLICATION) -> Engine:
    """One engine per process. Pool 5 + 5.

    A dead connection is replaced when a transaction of :func:`reading` or :func:`writing` begins on it.

    Raises :class:`SettingsInvalid` when there is no DATABASE_URL.
    """
    if settings.database_url is None:
        raise SettingsInvalid(
            N_("DATABASE_URL is not set."),
            hint=N_(
                "Set DATABASE_URL. Of a running demo, `python -m feedly_core demo status` tells the line"
                " to enter."
            ),
        )
    url = parse_address(settings.database_url.get_secret_value())
    engine = create_engine(
        url,
        pool_size=5,
        max_overflow=5,
        pool_timeout=settings.statement_timeout_ms / 1000,
        use_native_hstore=False,  # no table has one, and each connection would ask for its type
        json_deserializer=read_document,
        connect_args={
            "application_name": application_name,
            "connect_timeout": url.query.get("connect_timeout", "2"),
            "connection_factory": DriverConnection,
            "cursor_factory": bounded_cursor(settings.read_memory_mb * 2**20),
        },
    )
    event.listen(engine, "connect", _read_ids_once)
    event.listen(engine, "before_execute", _at_most, retval=True)
    event.listen(engine, "after_execute", _not_more)
    event.listen(engine, "do_execute", run_prepared)
    engine.update_execution_options(
        feedly_read_only=settings.read_only,
        feedly_statement_timeout_ms=settings.statement_timeout_ms,
        feedly_max_rows=settings.read_max_rows,
    )
    return engine


@lru_cache(maxsize=4_096)  # about 1 MB
def _id(read: str) -> UUID:
    """Board and reports read the same ids again and again: to make one takes ten times as long."""
    return UUID(read)


_UUID = new_type((2950,), "UUID", lambda read, _cursor: None if read is None else _id(read))
_UUIDS = new_array_type((2951,), "UUID[]", _UUID)


def _read_ids_once(connection: Any, _record: object) -> None:
    for kind in (_UUID, _UUIDS):
        register_type(kind, connection)


def _at_most(
    connection: Connection, statement: Any, parameters: Any, one: Any, _options: Any
) -> tuple[Any, Any, Any]:
    """Give every question without a LIMIT of its own one row more than is read at once."""
    if isinstance(statement, (Select, CompoundSelect)) and statement._limit_clause is None:
        statement = _limited(statement, _most_rows(connection) + 1)
    return statement, parameters, one


_limits: weakref.WeakKeyDictionary[Any, dict[int, Any]] = weakref.WeakKeyDictionary()


def _limited(statement: Any, rows: int) -> Any:
    """The statement with a LIMIT; the same object again, whose SQL is known."""
    known = _limits.setdefault(statement, {})
    if rows not in known:
        known[rows] = statement.limit(rows)
    return known[rows]


def _not_more(
    connection: Connection, statement: Any, _parameters: Any, _one: Any, _options: Any, result: Any
) -> None:
    if isinstance(statement, (Select, CompoundSelect)) and result.rowcount > _most_rows(connection):
        result.close()
        raise too_many_rows(_most_rows(connection))


def _most_rows(connection: Connection) -> int:
    return int(connection.engine.get_execution_options()["feedly_max_rows"])


def read_document(raw: str) -> Any:
    """A JSON document.

    One that Python cannot read (a number of 5,000 digits), or that is nested deeper than any reader should
    follow, becomes a plain text, which every reader reports as unreadable.
    """
    if raw in ("[]", "{}"):  # most documents of reviews
        count_document(raw, 1)
        return [] if raw == "[]" else {}
    document, values = _read_document(raw)
    count_document(raw, values)
    return document


def _read_document(raw: str) -> tuple[Any, int]:
    """The document with the number of values in it."""
    try:
        document = json.loads(raw)
    except (RecursionError, ValueError):
        return UNREADABLE_DOCUMENT, 0
    layer, values = [document], 1
    for _ in range(DOCUMENT_LEVELS):
        layer = [child for node in layer for child in _children(node)]
        values += len(layer)
        if not layer:
            return document, values
    return UNREADABLE_DOCUMENT, values


def _children(node: Any) -> Iterable[Any]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


@contextmanager
def reading(engine: Engine, statement_timeout_ms: int | None = None) -> Iterator[Connection]:
    """One read-only transaction in UTC, with a statement time-out (ms).

    Raises only errors of :mod:`feedly_core.errors`.
    """
    with _transaction(engine, read_only=True, statement_timeout_ms=statement_timeout_ms) as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction: committed at the end, rolled back on any error. Waits 1 s for locks.

    Raises :class:`PermissionDenied` when the dashboard is read-only, else as :func:`reading`.
    """
    if engine.get_execution_options().get("feedly_read_only"):
        raise PermissionDenied(
            N_("The dashboard is read-only: nothing was written."),
            hint=N_("Ask the person who runs it to unset FEEDLY_READ_ONLY."),
        )
    with _transaction(engine, read_only=False, statement_timeout_ms=None) as connection:
        yield connection


@contextmanager
def _transaction(
    engine: Engine, *, read_only: bool, statement_timeout_ms: int | None
) -> Iterator[Connection]:
    limit = statement_timeout_ms or engine.get_execution_options().get("feedly_statement_timeout_ms", 5000)
    values = {"statement": f"{limit}ms", "lock": f"{LOCK_TIMEOUT_MS}ms", "own_schema": OWN_SCHEMA}
    try:
        with begun(engine, values, read_only=read_only) as connection:
            try:
                yield connection
            finally:
                forget_own_tables(connection)
    except PoolTimeout as error:
        raise pool_exhausted() from error
    except DBAPIError as error:
        raise translated(error) from error
    except ValueError as error:
        if not unstorable(error):
            raise
        raise unusable_text() from error


@dataclass(frozen=True)
class Capabilities:
    """FeedlyAI tables and columns that we may read.

    Equal ones are one key of a cache: a statement is built once per generation of the schema. Building it
    anew for each question took most of a page's time.
    """

    columns_by_table: dict[str, frozenset[str]]

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash(frozenset(self.columns_by_table.items())))

    def __hash__(self) -> int:
        return int(self._hash)  # type: ignore[attr-defined]

    def has_table(self, table: str) -> bool:
        return table in self.columns_by_table

    def has(self, table: str, column: str | None = None) -> bool:
        """Whether the table (and the column, when given) exists."""
        columns = self.columns_by_table.get(table)
        return columns is not None and (column is None or column in columns)

    def columns(self, table: str) -> frozenset[str]:
        return self.columns_by_table.get(table, frozenset())


_known: weakref.WeakKeyDictionary[Engine, tuple[float, Capabilities]] = weakref.WeakKeyDictionary()


def capabilities(connection: Connection, *, fresh: bool = False) -> Capabilities:
    """Tables and columns of the catalogue, cached for a minute per engine.

    ``fresh`` asks again.
    """
    now = time.monotonic()
    remembered = _known.get(connection.engine)
    if remembered and not fresh and now - remembered[0] < CAPABILITIES_SECONDS:
        return remembered[1]
    answer = _catalogue(connection, readable=True)
    _known[connection.engine] = (now, answer)
    return answer


def existing_columns(connection: Connection) -> Capabilities:
    """Every table and column of the schema, readable or not.

    Never cached.

    ``capabilities`` treats a table that is closed to our role as missing, so that pages do without it. The
    checks must tell the two apart.
    """
    return _catalogue(connection, readable=False)


def _catalogue(connection: Connection, *, readable: bool) -> Capabilities:
    found: dict[str, set[str]] = {}
    for table, column in connection.execute(_COLUMNS, {"readable": readable}):
        found.setdefault(table, set()).add(column)
    return Capabilities({table: frozenset(columns) for table, columns in found.items()})


_COLUMNS = text(
    "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
    " WHERE c.relnamespace = quote_ident(current_schema())::regnamespace"
    " AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
    " AND a.attnum > 0 AND NOT a.attisdropped"
    " AND (NOT :readable OR has_column_privilege(c.oid, a.attnum, 'SELECT'))"
)
_FORBIDDEN = text(
    "SELECT relname FROM pg_class WHERE relnamespace = quote_ident(current_schema())::regnamespace"
    " AND relname = ANY(:names) AND NOT has_table_privilege(oid, 'SELECT')"
)


def present(table: Table, capable: Capabilities) -> list[Column[Any]]:
    """The table's existing columns, for a SELECT on any schema generation."""
    existing = capable.columns(table.name)
    return [column for column in table.columns if column.name in existing]


def or_null(column: Column[Any], capable: Capabilities) -> ColumnElement[Any]:
    """The column, or NULL under its name where it does not exist."""
    if capable.has(column.table.name, column.name):
        return column
    return cast(null(), column.type).label(column.name)


Ids = Collection[UUID | str] | ColumnElement[Any]
"""The ids, texts too, or an expression: a parameter of :func:`ids_named` that gets them when the statement is
executed, or an array."""


def among(column: ColumnElement[Any], ids: Ids) -> ColumnElement[bool]:
    """``column IN ids`` as one parameter, however many: as one each, six thousand pictures looked for in
    fourteen places took 50 MB and twice the time."""
    given = ids if isinstance(ids, ColumnElement) else literal(list(ids), _Ids)
    return column == any_(cast(given, ARRAY(Uuid)))


def one_of(column: ColumnElement[Any], names: Collection[str]) -> ColumnElement[bool]:
    """``column IN names`` as one parameter. With one each, SQLAlchemy looks through the whole text of a
    statement for their places whenever it is executed."""
    return column == any_(literal(list(names), ARRAY(Text)))


def ids_named(name: str) -> BindParameter[Any]:
    """A parameter for a list of ids, so that a statement is built before they are known."""
    return bindparam(name, type_=_Ids)


class _Ids(TypeDecorator[Sequence[UUID]]):
    """Ids as one text, ``{id,id}``: adapted one by one, ten thousand took 50 ms."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str:
        return f"{{{','.join(map(_digits, value))}}}"


def _digits(one: UUID | str | None) -> str:
    return f"{one.int:032x}" if isinstance(one, UUID) else "NULL" if one is None else one


def verify_feedly(connection: Connection) -> None:
    """Raises :class:`NotFeedlyDatabase` naming the essential tables and columns that are missing,
    :class:`PermissionDenied` when they are there but closed to our role."""
    capable = capabilities(connection, fresh=True)
    missing = [
        table if not capable.has_table(table) else f"{table}.{column}"
        for table, columns in ESSENTIAL.items()
        for column in columns
        if not capable.has(table, column)
    ]
    if not missing:
        return
    forbidden = connection.scalars(_FORBIDDEN, {"names": list(ESSENTIAL)}).all()
    if forbidden:
        raise PermissionDenied(
            N_("The database role may not read FeedlyAI's tables."),
            detail=N_("Closed to it: {names}", names=", ".join(sorted(forbidden))),
            hint=N_("Grant it the rights of deploy/database_roles.sql, or use another role in DATABASE_URL."),
        )
    raise NotFeedlyDatabase(
        N_("This database is not FeedlyAI's, or is older than the dashboard can read."),
        detail=N_("Missing: {names}", names=", ".join(dict.fromkeys(missing))),
        hint=N_("Check the database name in DATABASE_URL; the schema must be v0.8 or newer."),
    )
