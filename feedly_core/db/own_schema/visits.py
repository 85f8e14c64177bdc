"""When people were here."""

from __future__ import annotations

from sqlalchemy import Column, Table

from feedly_core.db.own_schema.metadata import LATER, metadata, moment
from feedly_core.domain.tables.columns import Prose

visits = Table(
    "visits",
    metadata,
    Column("person", Prose, primary_key=True),
    moment("seen_at", default=False),
    moment("before_at", nullable=True),
    info=LATER,
)
"""``seen_at``: a person's last sign of life; ``before_at``: that of the visit before this one."""

VISITS = (visits,)
