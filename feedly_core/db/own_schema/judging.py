"""How the AI judge and the limits of scores are held against people.

Append-only: the newest row counts, older ones are history.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Identity, Index, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from feedly_core.db.own_schema.metadata import LATER, metadata, moment
from feedly_core.domain.tables.columns import Prose

score_limits = Table(
    "score_limits",
    metadata,
    Column("change_id", BigInteger, Identity(), primary_key=True),
    Column("score", Prose, nullable=False),
    Column("good", Double),
    Column("fair", Double),
    Column("person", Prose, nullable=False),
    moment("at"),
    info=LATER,
)
"""Limits that an operator has set on the page; NULL goes back to that of the settings."""

judge_questions = Table(
    "judge_questions",
    metadata,
    Column("change_id", BigInteger, Identity(), primary_key=True),
    Column("question", Prose, nullable=False),
    Column("reasons", ARRAY(Text), nullable=False),
    Column("person", Prose, nullable=False),
    moment("at"),
    info=LATER,
)
"""Which reasons of people answer a question of the AI judge.

A question without a row has the built-in ones."""

judge_rulings = Table(
    "judge_rulings",
    metadata,
    Column("ruling_id", BigInteger, Identity(), primary_key=True),
    Column("job_id", Uuid, nullable=False),
    Column("job_variants_id", Uuid, nullable=False),
    Column("picture_asset_id", Uuid, nullable=False),
    Column("person", Prose, nullable=False),
    Column("right", Prose, nullable=False),
    moment("at"),
    info=LATER,
)
"""Who was right about a picture that the judge and people see differently."""
Index("judge_rulings_variant", judge_rulings.c.job_variants_id, judge_rulings.c.ruling_id)

JUDGING = (score_limits, judge_questions, judge_rulings)
"""The tables of this room: installed together."""
