"""Addresses that people keep, what they saw there, and with which one they start."""

from __future__ import annotations

from sqlalchemy import ARRAY, Boolean, Column, ForeignKey, Index, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from feedly_core.db.own_schema.metadata import LATER, metadata, moment
from feedly_core.domain.tables.columns import Prose

saved_views = Table(
    "saved_views",
    metadata,
    Column("view_id", Uuid, primary_key=True),
    Column("name", Prose, nullable=False),
    Column("page", Prose, nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("owner", Prose, nullable=False),
    Column("team", Boolean, nullable=False),
    moment("created_at"),
    info=LATER,
)
"""``page`` and ``parameters``: the address. ``team``: everybody sees it."""
Index(
    "saved_views_own",
    saved_views.c.owner,
    saved_views.c.name,
    unique=True,
    postgresql_where=~saved_views.c.team,
)
Index("saved_views_team", saved_views.c.name, unique=True, postgresql_where=saved_views.c.team)

view_looks = Table(
    "view_looks",
    metadata,
    Column("view_id", Uuid, ForeignKey(saved_views.c.view_id, ondelete="CASCADE"), primary_key=True),
    Column("person", Prose, primary_key=True),
    moment("seen_at", default=False),
    moment("since", default=False),
    Column("known", ARRAY(Uuid), nullable=False),
    info=LATER,
)
"""A person's newest look at a view. ``known``: the variants that matched then; ``since``: jobs made up to
this moment are not asked about."""

start_views = Table(
    "start_views",
    metadata,
    Column("person", Prose, primary_key=True),
    Column("view_id", Uuid, ForeignKey(saved_views.c.view_id, ondelete="CASCADE"), nullable=False),
    info=LATER,
)
"""With which view a person's dashboard opens."""
Index("start_views_view", start_views.c.view_id)

SAVED_VIEWS = (saved_views, view_looks, start_views)
