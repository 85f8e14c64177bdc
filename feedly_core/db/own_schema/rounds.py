"""Rounds of review: who shall look at which picture, and how often."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from feedly_core.db.own_schema.metadata import LATER, metadata, moment
from feedly_core.domain.tables.columns import Prose

review_rounds = Table(
    "review_rounds",
    metadata,
    Column("round_id", Uuid, primary_key=True),
    Column("title", Prose, nullable=False),
    Column("instructions", Prose, nullable=False, server_default=""),
    Column("examples", ARRAY(Uuid), nullable=False, server_default="{}"),
    Column("people", ARRAY(Text), nullable=False, server_default="{}"),
    Column("opinions", Integer, nullable=False),
    Column("created_by", Prose, nullable=False),
    moment("created_at"),
    moment("due_at", nullable=True),
    info=LATER,
)
"""``examples``: picture assets beside the instructions. ``people``: who is asked; empty means everybody."""

round_slots = Table(
    "round_slots",
    metadata,
    Column("round_id", Uuid, ForeignKey(review_rounds.c.round_id, ondelete="CASCADE"), primary_key=True),
    Column("job_variants_id", Uuid, primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("job_id", Uuid, nullable=False),
    Column("picture_asset_id", Uuid, nullable=False),
    Column("only_for", Prose),
    Column("repeat", Boolean, nullable=False, server_default="false"),
    Column("person", Prose),
    moment("lease_until", nullable=True),
    Column("entry_id", Uuid),
    moment("given_at", nullable=True),
    info=LATER,
)
"""One row per wanted opinion. ``lease_until``: until then ``person`` looks at it. ``entry_id``: the verdict
that filled it. ``repeat``: asks ``only_for`` again, to learn how steadily a person judges."""
Index("round_slots_person", round_slots.c.round_id, round_slots.c.person)

ROUNDS = (review_rounds, round_slots)
