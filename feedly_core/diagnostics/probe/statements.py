"""The exact SQL of the live test, to read before it is run."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import Executable, insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import ClauseElement

from feedly_core.diagnostics.context import Scene
from feedly_core.diagnostics.probe import rows as live_rows

_DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]


def live_test_statements(scene: Scene) -> str:
    """What :func:`live_test` would insert and fire, with made-up ids; nothing is written."""
    with scene.reading() as connection:
        rows = live_rows.plan(connection, uuid4(), scene.settings.assets_dir, scene.now())
    inserts = [insert(group.table).values(row).inline() for group in rows.rows for row in group.rows]
    fired = live_rows.ending_updates(rows.job_variants_id)[-1]
    return "\n".join(
        [
            "BEGIN;",
            *map(as_sql, inserts),
            "COMMIT;  -- an INSERT notifies nobody",
            "",
            as_sql(fired),
            "  -- this is the UPDATE under test: job_variant_state_changed (img_gen, done)",
            "",
            f"-- then every row of tenant {rows.tenant_id} is deleted again, and its folder of files",
        ]
    )


def as_sql(statement: ClauseElement | Executable) -> str:
    """One statement with its values written out, for reading only."""
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})  # type: ignore[union-attr]
    return f"{compiled};"
