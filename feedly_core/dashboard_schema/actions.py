"""What people did: the audit log and the runs of the live test."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, Identity, Index, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from feedly_core.dashboard_schema.metadata import metadata, moment

audit_log = Table(
    "audit_log",
    metadata,
    Column("entry_id", BigInteger, Identity(), primary_key=True),
    moment("at"),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("before", JSONB(none_as_null=True)),
    Column("after", JSONB(none_as_null=True)),
    Column("result", Text, nullable=False),
)
Index("audit_log_at", audit_log.c.at)

live_test_runs = Table(
    "live_test_runs",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    moment("started_at"),
    Column("person", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("broken_link", Text),
    Column("notify_ms", Double),
    Column("taken_ms", Double),
    Column("taken_by", Text),
    Column("steps", JSONB, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("cleaned", Boolean, nullable=False),
)
Index("live_test_runs_started_at", live_test_runs.c.started_at)
