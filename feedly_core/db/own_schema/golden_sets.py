"""Tables of golden sets: frozen orders, their runs, what was approved, and when they run by themselves."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from feedly_core.db.own_schema.metadata import LATER, metadata, moment
from feedly_core.domain.tables.columns import Prose

golden_sets = Table(
    "golden_sets",
    metadata,
    Column("set_id", Uuid, primary_key=True),
    Column("name", Prose, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_by", Prose, nullable=False),
    moment("created_at"),
    UniqueConstraint("name", "version"),
    info=LATER,
)
"""One version of a named set. A version never changes: another one is written instead."""

golden_pictures = Table(
    "golden_pictures",
    metadata,
    Column("digest", Prose, primary_key=True),
    Column("name", Prose, nullable=False),
    Column("format", Prose, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    info=LATER,
)
"""Own copies, once per content: removing a job destroys its files."""

golden_orders = Table(
    "golden_orders",
    metadata,
    Column("set_id", Uuid, ForeignKey(golden_sets.c.set_id, ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("digest", Prose, ForeignKey(golden_pictures.c.digest), nullable=False),
    Column("description", Prose, nullable=False),
    Column("tone_style_id", Uuid),
    Column("store_id", Uuid),
    Column("ad_copy", JSONB, nullable=False),
    Column("facts", JSONB, nullable=False),
    info=LATER,
)
"""``case_id`` follows from the order's content, so that versions of a set share it. ``facts``: as written."""

golden_runs = Table(
    "golden_runs",
    metadata,
    Column("campaign_id", Uuid, primary_key=True),
    Column("set_id", Uuid, ForeignKey(golden_sets.c.set_id, ondelete="CASCADE"), nullable=False),
    Column("release", Prose, nullable=False),
    Column("repeats", Integer, nullable=False),
    Column("started_by", Prose, nullable=False),
    moment("started_at"),
    info=LATER,
)
Index("golden_runs_set", golden_runs.c.set_id, golden_runs.c.started_at)

golden_baselines = Table(
    "golden_baselines",
    metadata,
    Column("entry_id", BigInteger, Identity(), primary_key=True),
    Column("set_name", Prose, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("release", Prose, nullable=False),
    Column("thumbnail", LargeBinary),
    Column("approved_by", Prose, nullable=False),
    moment("at"),
    info=LATER,
)
"""Append-only: a case's newest row counts. ``thumbnail``: a copy of the approved picture, small."""
Index("golden_baselines_case", golden_baselines.c.set_name, golden_baselines.c.case_id)

golden_known_failures = Table(
    "golden_known_failures",
    metadata,
    Column("entry_id", BigInteger, Identity(), primary_key=True),
    Column("set_name", Prose, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("reason", Prose, nullable=False),
    Column("until", Date, nullable=False),
    Column("person", Prose, nullable=False),
    moment("at"),
    info=LATER,
)
"""Append-only: a case's newest row counts, up to and on its day ``until``."""
Index("golden_known_failures_case", golden_known_failures.c.set_name, golden_known_failures.c.case_id)

golden_schedules = Table(
    "golden_schedules",
    metadata,
    Column("schedule_id", Uuid, primary_key=True),
    Column("set_name", Prose, nullable=False),
    Column("release", Prose, nullable=False),
    Column("repeats", Integer, nullable=False),
    Column("variants", Integer, nullable=False),
    Column("tenant_id", Prose, nullable=False),
    Column("interval_s", Double, nullable=False),
    Column("minute_of_day", Integer, nullable=False),
    Column("zone", Prose, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_by", Prose, nullable=False),
    moment("next_at", default=False),
    Column("problem", Prose),
    moment("created_at"),
    info=LATER,
)
"""``next_at``: when the set runs next. A started run and its next time are written in one transaction."""
Index("golden_schedules_next", golden_schedules.c.active, golden_schedules.c.next_at)

GOLDEN_TABLES = (
    golden_sets,
    golden_pictures,
    golden_orders,
    golden_runs,
    golden_baselines,
    golden_known_failures,
    golden_schedules,
)
