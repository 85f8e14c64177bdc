"""Audit log, and the runs of the trigger probe."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, Identity, Index, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from feedly_core.db.own_schema.metadata import metadata, moment
from feedly_core.domain.tables.columns import Prose

audit_log = Table(
    "audit_log",
    metadata,
    Column("entry_id", BigInteger, Identity(), primary_key=True),
    moment("at"),
    Column("person", Prose, nullable=False),
    Column("role", Prose, nullable=False),
    Column("action", Prose, nullable=False),
    Column("target", Prose, nullable=False),
    Column("before", JSONB(none_as_null=True)),
    Column("after", JSONB(none_as_null=True)),
    Column("result", Prose, nullable=False),
)
Index("audit_log_at", audit_log.c.at)
Index(
    "audit_log_target",
    audit_log.c.target,
    audit_log.c.entry_id,
    postgresql_ops={"target": "text_pattern_ops"},  # the beginning of an id leads along it too
)

live_test_runs = Table(
    "live_test_runs",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    moment("started_at"),
    Column("person", Prose, nullable=False),
    Column("verdict", Prose, nullable=False),
    Column("broken_link", Prose),
    Column("notify_ms", Double),
    Column("taken_ms", Double),
    Column("taken_by", Prose),
    Column("steps", JSONB, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("cleaned", Boolean, nullable=False),
)
Index("live_test_runs_started_at", live_test_runs.c.started_at)
