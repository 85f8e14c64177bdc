"""What all tables of ours share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import TIMESTAMP, Column, MetaData, text

from feedly_core.domain.contract import OWN_SCHEMA

NAME = OWN_SCHEMA
metadata = MetaData(schema=NAME)
NOW = text("now()")

LATER = {"later": True}
"""``info`` of a table that came after the first release. A schema without it lacks only what needs it."""


def moment(name: str, *, nullable: bool = False, default: bool = True) -> Column[Any]:
    """A time with its zone.

    Filled by the database unless ``default`` is False.
    """
    return Column(
        name,
        TIMESTAMP(timezone=True),
        nullable=nullable,
        server_default=NOW if default and not nullable else None,
    )
