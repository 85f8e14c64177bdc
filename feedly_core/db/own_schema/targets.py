"""What the team aims at."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Identity, Table

from feedly_core.db.own_schema.metadata import LATER, metadata, moment
from feedly_core.domain.tables.columns import Prose

targets = Table(
    "targets",
    metadata,
    Column("target_id", BigInteger, Identity(), primary_key=True),
    Column("measure", Prose, nullable=False),
    Column("share", Double, nullable=False),
    Column("within_s", Double),
    Column("tenant_id", Prose),
    Column("person", Prose, nullable=False),
    moment("at"),
    info=LATER,
)
TARGETS = (targets,)
