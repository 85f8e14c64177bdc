"""What the schema holds, whether or not our role may read it.

``capabilities`` treats a table that is closed to us as missing, so that pages do without it; the checks
must tell the two apart.
"""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, text

from feedly_core.db.engine import Capabilities

_COLUMNS = text(
    "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
    " WHERE c.relnamespace = quote_ident(current_schema())::regnamespace"
    " AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
    " AND a.attnum > 0 AND NOT a.attisdropped"
)


def existing(connection: Connection) -> Capabilities:
    """Every table and column of the current schema, asked afresh."""
    found: dict[str, set[str]] = defaultdict(set)
    for table, column in connection.execute(_COLUMNS):
        found[table].add(column)
    return Capabilities({table: frozenset(columns) for table, columns in found.items()})
