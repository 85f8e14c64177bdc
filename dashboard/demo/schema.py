"""Lays the FeedlyAI schema with its triggers into an empty database, for the demo and for tests."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

import feedly_core.domain

SCHEMA_FILE = Path(__file__).with_name("schema.sql")
OLD_ROLLUP_FILE = Path(__file__).with_name("rollup_1_0_0.sql")
"""The roll-up function that some databases still have: run it on a demo to see what it does."""

TRIGGERS_FILE = Path(feedly_core.domain.__file__).with_name("triggers.sql")


def create_schema(connection: Connection) -> None:
    """Create the 27 tables, their indexes and the trigger chain, in the caller's transaction."""
    cursor = connection.connection.cursor()  # the driver's own: the files hold % signs
    for file in (SCHEMA_FILE, TRIGGERS_FILE):
        cursor.execute(file.read_text(encoding="utf-8"))
    cursor.close()
