"""Keys of programs, and plans that a person confirms."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Text

from feedly_core.db.own_schema.metadata import LATER, metadata, moment
from feedly_core.domain.tables.columns import Prose

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("token_id", Uuid, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("label", Prose, nullable=False),
    Column("role", Prose, nullable=False),
    Column("signed_in_by", Prose, nullable=False),
    Column("owner", Prose, nullable=False),
    Column("email", Prose, nullable=False),
    Column("groups", ARRAY(Text), nullable=False, server_default="{}"),
    moment("created_at"),
    moment("expires_at", default=False),
    moment("last_used_at", nullable=True),
    moment("revoked_at", nullable=True),
    info=LATER,
)
"""``digest``: SHA-256 of the secret, which is kept nowhere. ``signed_in_by``, ``owner``, ``email`` and
``groups`` are what the owner's role was decided from when last seen: it is decided again at each use."""
Index("api_tokens_owner", api_tokens.c.owner, api_tokens.c.created_at)

api_plans = Table(
    "api_plans",
    metadata,
    Column("plan_id", Uuid, primary_key=True),
    Column("token_id", Uuid, nullable=False),
    Column("proposed_by", Prose, nullable=False),
    Column("action", Prose, nullable=False),
    Column("arguments", JSONB, nullable=False),
    moment("created_at"),
    moment("expires_at", default=False),
    Column("decided_by", Prose),
    Column("decision", Prose),
    moment("decided_at", nullable=True),
    Column("result", JSONB),
    info=LATER,
)
"""What a program asks to be done. Only the person who confirms it does it, as it stands here."""
Index("api_plans_open", api_plans.c.expires_at, postgresql_where=api_plans.c.decision.is_(None))

ACCESS = (api_tokens, api_plans)
"""What tokens and plans need."""
