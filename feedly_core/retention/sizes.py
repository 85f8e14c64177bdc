"""Size and age of each table of our own schema."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    TIMESTAMP,
    Column,
    Connection,
    Select,
    Table,
    cast,
    func,
    literal,
    null,
    select,
    text,
    union_all,
)

from feedly_core.db.own_schema import (
    ACCESS,
    ALERTS,
    FAILURES,
    GOLDEN_TABLES,
    JUDGING,
    NAME,
    ROUNDS,
    SAVED_VIEWS,
    SEARCH,
    TARGETS,
    VISITS,
    metadata,
)
from feedly_core.db.query_budget import query_budget
from feedly_core.db.transactions import own_tables
from feedly_core.i18n import N_, Message, verbatim

SMALL_BYTES = 1024**2
"""Up to this size the rows of a table are counted; above it PostgreSQL's own estimate is shown."""

_FAMILIES: tuple[tuple[Message, Iterable[Table]], ...] = (
    (N_("Access"), ACCESS),
    (N_("Alerts"), ALERTS),
    (N_("Failures and reruns"), FAILURES),
    (N_("Golden sets"), GOLDEN_TABLES),
    (N_("Reviews and meetings"), (*JUDGING, *ROUNDS)),
    (N_("Saved views and visits"), (*SAVED_VIEWS, *VISITS)),
    (N_("Search index"), SEARCH),
    (N_("Targets"), TARGETS),
)
_BEGINNINGS = {
    "acknowledged": N_("Failures and reruns"),
    "audit": N_("Audit log"),
    "campaign": N_("Campaigns"),
    "facts": N_("Read model"),
    "live_test": N_("Trigger probes"),
    "picture": N_("Read model"),
    "review": N_("Reviews and meetings"),
    "run_plans": N_("Reviews and meetings"),
    "saved_views": N_("Saved views"),
    "start_views": N_("Saved views"),
    "step_events": N_("Step history"),
    "variant_facts": N_("Read model"),
}
_OF_TABLE = {table.name: title for title, tables in _FAMILIES for table in tables}


@dataclass(frozen=True)
class StoredTable:
    """One table. ``size`` in bytes, with its indexes. ``exact`` False: ``rows`` is an estimate.

    ``oldest`` and ``newest`` are None where it is empty, or where no index leads to them.
    """

    name: str
    size: int
    rows: int
    exact: bool
    oldest: datetime | None = None
    newest: datetime | None = None

    @property
    def title(self) -> Message:
        """What the table belongs to."""
        beginnings = (title for start, title in _BEGINNINGS.items() if self.name.startswith(start))
        return _OF_TABLE.get(self.name) or next(beginnings, verbatim("–"))


@query_budget(statements=2, rows=30_000)
def stored_tables(connection: Connection) -> tuple[StoredTable, ...]:
    """The tables of our schema, the largest first. Two statements; none without it."""
    sizes = connection.execute(_SIZES, {"schema": NAME}).all()
    readable = own_tables(connection)
    known = {table.name: table for table in metadata.sorted_tables if table.name in readable}
    asked = [
        query
        for row in sizes
        if row.name in known
        and (query := _ages(known[row.name], counted=row.heap <= SMALL_BYTES)) is not None
    ]
    ages = {row.name: row for row in connection.execute(union_all(*asked))} if asked else {}
    return tuple(_stored(row, ages.get(row.name)) for row in sizes)


_SIZES = text(
    "SELECT c.relname AS name, pg_total_relation_size(c.oid) AS size, pg_relation_size(c.oid) AS heap,"
    " greatest(c.reltuples, 0)::bigint AS estimate"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = :schema AND c.relkind = 'r' ORDER BY size DESC, name"
)


def _stored(row: Any, age: Any) -> StoredTable:
    exact = age is not None and age.rows is not None
    rows = age.rows if exact else row.estimate
    return StoredTable(row.name, row.size, rows, exact, *((age.oldest, age.newest) if age else ()))


def _ages(table: Table, counted: bool) -> Select[Any] | None:
    """Rows, oldest and newest. A large table is asked along an index only."""
    at = _moment(table, indexed=not counted)
    if at is None and not counted:
        return None
    nothing = cast(null(), TIMESTAMP(timezone=True))
    return select(
        literal(table.name).label("name"),
        (func.count() if counted else cast(null(), func.count().type)).label("rows"),
        (nothing if at is None else func.min(at)).label("oldest"),
        (nothing if at is None else func.max(at)).label("newest"),
    ).select_from(table)


def _moment(table: Table, *, indexed: bool) -> Column[Any] | None:
    """When a row was written: the first time column that is always filled."""
    leading = {index.columns[0].name for index in table.indexes if len(index.columns)}
    times = [each for each in table.c if isinstance(each.type, TIMESTAMP) and not each.nullable]
    return next((each for each in times if not indexed or each.name in leading), None)


def size_words(size: int) -> str:
    """Bytes as people read them: ``48 kB``, ``12.4 MB``."""
    if size < 1_000_000:
        return f"{size / 1000:.0f} kB"
    return f"{size / 1_000_000:.1f} MB" if size < 1_000_000_000 else f"{size / 1_000_000_000:.1f} GB"
