"""How many orders decide between two runs, fixed before they are made."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, Table

from feedly_core.db.own_schema.metadata import LATER, metadata, moment
from feedly_core.domain.tables.columns import Prose

run_plans = Table(
    "run_plans",
    metadata,
    Column("plan_id", BigInteger, Identity(), primary_key=True),
    Column("before_kind", Prose, nullable=False),
    Column("before_run", Prose, nullable=False),
    Column("after_kind", Prose, nullable=False),
    Column("after_run", Prose, nullable=False),
    Column("orders", Integer, nullable=False),
    Column("compared", Integer, nullable=False),
    Column("person", Prose, nullable=False),
    moment("at"),
    info=LATER,
)
"""``orders`` to add to the ``compared`` ones of that moment. The newest plan of two runs counts."""
Index("run_plans_runs", run_plans.c.before_run, run_plans.c.after_run)
