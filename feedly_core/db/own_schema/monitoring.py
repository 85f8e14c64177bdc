"""History of steps, which FeedlyAI itself does not store."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, Table, Uuid, func, text

from feedly_core.db.own_schema.metadata import metadata, moment
from feedly_core.domain.tables.columns import Prose

step_events = Table(
    "step_events",
    metadata,
    Column("event_id", BigInteger, Identity(), primary_key=True),
    Column("job_id", Uuid, nullable=False),
    Column("job_variants_id", Uuid),
    Column("step", Prose),
    Column("status", Prose),
    moment("row_updated_at", default=False),
    moment("seen_at", default=False),
    Column("source", Prose, nullable=False),
)
Index(
    "step_events_once",
    step_events.c.job_id,
    func.coalesce(step_events.c.job_variants_id, text("'00000000-0000-0000-0000-000000000000'::uuid")),
    func.coalesce(step_events.c.step, text("''")),
    func.coalesce(step_events.c.status, text("''")),
    step_events.c.row_updated_at,
    unique=True,
)
Index("step_events_job", step_events.c.job_id, step_events.c.seen_at)
Index("step_events_seen_at", step_events.c.seen_at)

acknowledged_failures = Table(
    "acknowledged_failures",
    metadata,
    Column("job_id", Uuid, primary_key=True),
    Column("person", Prose, nullable=False),
    moment("acknowledged_at"),
)
