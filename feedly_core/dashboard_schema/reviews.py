"""Verdicts: append-only, one row each time a person judges; the newest of a reviewer counts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from feedly_core.dashboard_schema.metadata import metadata, moment

reviews = Table(
    "reviews",
    metadata,
    Column("review_id", BigInteger, Identity(), primary_key=True),
    Column("job_id", Uuid, nullable=False),
    Column("job_variants_id", Uuid, nullable=False),
    Column("picture_asset_id", Uuid),
    Column("reviewer", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("tags", ARRAY(Text), nullable=False, server_default="{}"),
    Column("comment", Text, nullable=False, server_default=""),
    Column("marks", JSONB, nullable=False, server_default="[]"),
    moment("at"),
)
Index("reviews_variant", reviews.c.job_variants_id, reviews.c.reviewer, reviews.c.review_id)
Index("reviews_job", reviews.c.job_id)
