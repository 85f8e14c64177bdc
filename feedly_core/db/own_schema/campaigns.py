"""Tables of campaigns: plan, progress, and the running process."""

from __future__ import annotations

from sqlalchemy import Column, Double, ForeignKey, Index, Integer, LargeBinary, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from feedly_core.db.own_schema.metadata import metadata, moment
from feedly_core.domain.tables.columns import Prose

campaigns = Table(
    "campaigns",
    metadata,
    Column("campaign_id", Uuid, primary_key=True),
    Column("kind", Prose, nullable=False),
    Column("mode", Prose, nullable=False),
    Column("template", JSONB, nullable=False),
    Column("interval_s", Double, nullable=False),
    Column("max_jobs", Integer),
    Column("max_duration_s", Double),
    Column("on_failure", Prose, nullable=False),
    Column("max_retries", Integer, nullable=False, server_default="0"),
    Column("state", Prose, nullable=False),
    Column("created_by", Prose, nullable=False),
    moment("created_at"),
    moment("finished_at", nullable=True),
    Column("last_error", Prose),
    Column("driver", Prose),
    moment("lease_until", nullable=True),
)
Index("campaigns_state", campaigns.c.state)

campaign_jobs = Table(
    "campaign_jobs",
    metadata,
    Column("campaign_id", Uuid, ForeignKey(campaigns.c.campaign_id, ondelete="CASCADE"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("item", Integer, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="1"),
    Column("job_id", Uuid, nullable=False, unique=True),
    moment("created_at"),
    moment("fired_at", nullable=True),
    Column("outcome", Prose),
    moment("finished_at", nullable=True),
)

campaign_pictures = Table(
    "campaign_pictures",
    metadata,
    Column("campaign_id", Uuid, ForeignKey(campaigns.c.campaign_id, ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", Prose, nullable=False),
    Column("format", Prose, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
