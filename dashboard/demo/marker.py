"""The marker of a demo database: made-up rows may be written here.

The marker is a table in its own schema. Only the demo's setup creates it. Nothing in the demo writes
before it has checked the marker.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    TIMESTAMP,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.schema import CreateSchema

from feedly_core.errors import DemoRefused
from feedly_core.i18n import N_

SCHEMA = "feedly_demo"

_metadata = MetaData(schema=SCHEMA)

marker = Table(
    "marker",
    _metadata,
    Column("seed", Integer, nullable=False),
    Column("marked_at", TIMESTAMP(timezone=True), nullable=False, server_default=text("now()")),
    Column("sample_loaded_at", TIMESTAMP(timezone=True)),
)


@dataclass(frozen=True)
class DemoMarker:
    """Seed of the demo's data, and when the sample data was loaded (None: not yet)."""

    seed: int
    sample_loaded_at: datetime | None


def mark(connection: Connection, seed: int) -> None:
    """Mark the database as a demo with this seed.

    Keep an existing marker.
    """
    connection.execute(CreateSchema(SCHEMA, if_not_exists=True))
    _metadata.create_all(connection)
    if connection.scalar(select(func.count()).select_from(marker)) == 0:
        connection.execute(insert(marker).values(seed=seed))


def read_mark(connection: Connection) -> DemoMarker | None:
    """The marker; None on a database that is no demo."""
    if connection.scalar(select(func.to_regclass(f"{SCHEMA}.marker"))) is None:
        return None
    row = connection.execute(select(marker.c.seed, marker.c.sample_loaded_at)).first()
    return None if row is None else DemoMarker(row.seed, row.sample_loaded_at)


def is_demo(connection: Connection) -> bool:
    return read_mark(connection) is not None


def require_demo(connection: Connection) -> DemoMarker:
    """The marker.

    Raises :class:`DemoRefused` on any other database, before anything is written.
    """
    found = read_mark(connection)
    if found is None:
        raise DemoRefused(
            N_("This database is not marked as a demo."),
            detail=N_("The simulator and the sample data write made-up rows, so nothing was written."),
            hint=N_("Unset DATABASE_URL to use the embedded demo."),
        )
    return found


def note_sample(connection: Connection, loaded_at: datetime) -> None:
    """Record that the sample data is complete, in the transaction of its rows."""
    connection.execute(update(marker).values(sample_loaded_at=loaded_at))
