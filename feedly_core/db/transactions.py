"""Transactions that begin together with their first statement, which sets their limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import cast

from psycopg2 import extensions
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from feedly_core.db import prepared
from feedly_core.domain.contract import OWN_SCHEMA


class DriverConnection(extensions.connection):
    """A driver connection that sends no BEGIN of its own after :meth:`begin_with_statement`.

    The driver sends BEGIN as a message of its own and waits for the answer, which costs every transaction a
    round trip; in autocommit it sends none. Then it does not know of the transaction that a statement begins:
    the server's state, which comes with each answer, says whether there is one to end.
    """

    def begin_with_statement(self) -> None:
        """Leave BEGIN to the next statement, until the transaction ends."""
        self.autocommit = True

    def commit(self) -> None:
        if not self._ended("COMMIT"):
            super().commit()

    def rollback(self) -> None:
        if not self._ended("ROLLBACK"):
            super().rollback()

    def _ended(self, how: str) -> bool:
        if not self.autocommit:
            return False
        if self.info.transaction_status != extensions.TRANSACTION_STATUS_IDLE:
            with extensions.cursor(self) as cursor:
                cursor.execute(how)
        self.autocommit = False
        return True


@contextmanager
def begun(engine: Engine, values: Mapping[str, str], *, read_only: bool) -> Iterator[Connection]:
    """A transaction with its limits, begun in one round trip. A dead connection is replaced.

    ``values``: ``statement`` and ``lock`` time-outs (``"5000ms"``), the name of ``own_schema``.

    The first statement tells whether the connection lives: asking before cost every transaction a round trip.
    """
    with ExitStack() as stack:
        for attempt in ("pooled", "new"):
            connection = stack.enter_context(engine.connect())
            cast(DriverConnection, connection.connection.driver_connection).begin_with_statement()
            try:
                answer = connection.execute(_LIMITS_READ_ONLY if read_only else _LIMITS, values).one()
            except DBAPIError as error:
                if attempt == "new" or not error.connection_invalidated:
                    raise
                stack.close()
            else:
                connection.info[_OWN_TABLES] = frozenset(answer.own_tables)
                if read_only:
                    prepared.know(connection, answer.prepared)
                break
        try:
            yield connection
            connection.commit()
        finally:
            prepared.forget(connection)


def own_tables(connection: Connection) -> frozenset[str]:
    """Our own schema's tables that this role may read.

    Answered when a transaction of a page or command begins; elsewhere one statement.
    """
    known: frozenset[str] | None = connection.info.get(_OWN_TABLES)
    if known is None:
        known = frozenset(connection.scalar(_ASK_OWN_TABLES, {"own_schema": OWN_SCHEMA}) or ())
    return known


def forget_own_tables(connection: Connection) -> None:
    """Ask again next time: this transaction made or dropped some, or it has ended."""
    if not connection.invalidated and not connection.closed:
        connection.info.pop(_OWN_TABLES, None)


_OWN_TABLES = "feedly_own_tables"
_LIMITS = text(
    "BEGIN; SELECT set_config('statement_timeout', :statement, true),"
    " set_config('lock_timeout', :lock, true), set_config('TimeZone', 'UTC', true),"
    " set_config('jit', 'off', true),"
    " set_config('search_path', concat_ws(', ', (SELECT quote_ident(n.nspname) FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relname = 'jobs' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
    " AND EXISTS (SELECT FROM pg_class v WHERE v.relnamespace = n.oid AND v.relname = 'jobs_variants')"
    " AND has_schema_privilege(n.oid, 'USAGE')"
    " ORDER BY array_position(current_schemas(false), n.nspname), n.nspname <> 'public', n.nspname LIMIT 1),"
    " current_setting('search_path')), true),"
    " ARRAY(SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = :own_schema AND c.relkind = 'r' AND has_schema_privilege(n.oid, 'USAGE'))"
    " AS own_tables"
)
"""Compiles nothing: PostgreSQL takes statements about many jobs for a hundred times dearer than they are, and
would compile for longer than they run.

Names the schema of FeedlyAI's tables in every transaction: ``search_path`` may put another first, as it
does where a role is named like our own schema."""

_LIMITS_READ_ONLY = text(
    f"{_LIMITS.text}, set_config('transaction_read_only', 'on', true),"
    f" set_config('plan_cache_mode', 'force_generic_plan', true), {prepared.NAMES} AS prepared"
)
"""A prepared statement keeps its plan until its tables change or are analysed.

Not where something is written: the statements of triggers would keep theirs too."""

_ASK_OWN_TABLES = text(
    "SELECT ARRAY(SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = :own_schema AND c.relkind = 'r' AND has_schema_privilege(n.oid, 'USAGE'))"
)
