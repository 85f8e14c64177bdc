"""Statements that PostgreSQL parses and plans once per server connection, rather than each time.

Behind a pooler in transaction mode the next transaction may be on another server connection, which other
dashboards and other versions share. So nothing is remembered from one transaction to the next: the statement
that begins a read-only transaction answers :data:`NAMES`, what this server connection has. What is there is
executed; what is not is prepared and executed in one message. A name is a hash of the text, so equal names
are equal statements, whoever prepared them.

A proxy that refuses PREPARE cannot be asked beforehand: its error aborts the transaction, as any error does,
and is raised. After an error the engine sends that statement plainly for a while.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any
from weakref import WeakKeyDictionary

from psycopg2 import Error
from psycopg2.extensions import AsIs
from sqlalchemy import Connection, Engine

from feedly_core.db.limits import BoundedCursor

GIVEN = "feedly_given"
"""Execution option of a statement that is to be prepared: names of the parameters that each execution gives
anew. The others, a LIMIT for instance, are part of the statement: PostgreSQL plans with their values."""

PREFIX = "feedly_"
NAMES = (
    "ARRAY(SELECT name FROM pg_prepared_statements WHERE starts_with(name, 'feedly_') ORDER BY prepare_time)"
)
"""Those with our prefix, the oldest first."""

MOST = 6
"""Left on a server connection, up to 2 MB each: a report and three questions for statuses. Each is of one
generation of the schema and one limit of rows."""

PLAINLY_SECONDS = 600.0
"""After an error of a prepared statement. Its cause may be that it is prepared: a proxy, or a plan that fits
this time's values badly."""

_KNOWN = "feedly_prepared"
_failed: WeakKeyDictionary[Engine, dict[str, float]] = WeakKeyDictionary()


def know(connection: Connection, names: Sequence[str]) -> None:
    """What this server connection has, until the transaction ends."""
    connection.info[_KNOWN] = tuple(names)


def forget(connection: Connection) -> None:
    """The next transaction may be on another server connection."""
    if not connection.invalidated and not connection.closed:
        connection.info.pop(_KNOWN, None)


def run_prepared(cursor: BoundedCursor, statement: str, parameters: Mapping[str, Any], context: Any) -> bool:
    """Called in place of ``cursor.execute``. False for what is to be sent plainly.

    Below SQLAlchemy's other events, which see the statement itself.
    """
    connection: Connection = context.root_connection
    given: Sequence[str] | None = context.execution_options.get(GIVEN)
    if given is None or _KNOWN not in connection.info:
        return False
    places = {name: AsIs(f"${place}") for place, name in enumerate(given, 1)}
    text = cursor.mogrify(statement, {**parameters, **places})
    name = PREFIX + blake2b(text, digest_size=16).hexdigest()
    failures = _failed.setdefault(connection.engine, {})
    if time.monotonic() < failures.get(name, 0.0):
        return False
    known = connection.info.pop(_KNOWN)  # unknown again if this fails inside a savepoint
    values = ", ".join(f"%({one})s" for one in given)
    execute = cursor.mogrify(f"EXECUTE {name} ({values})" if values else f"EXECUTE {name}", parameters)
    prepare, now_known = ([], known) if name in known else _prepare(name, text, known)
    try:
        cursor.execute(b"; ".join([*prepare, execute]))
    except Error:
        failures[name] = time.monotonic() + PLAINLY_SECONDS
        raise
    connection.info[_KNOWN] = now_known
    return True


def _prepare(name: str, text: bytes, known: Sequence[str]) -> tuple[list[bytes], Sequence[str]]:
    """Commands that prepare it, and what the server connection has then. The oldest make room.

    Nobody else misses them: this server connection is ours until the transaction ends.
    """
    kept = known[max(0, len(known) + 1 - MOST) :]
    dropped = [f'DEALLOCATE "{old}"'.encode() for old in known if old not in kept]
    return [*dropped, f"PREPARE {name} AS ".encode() + text], (*kept, name)
