"""What an answer of the read model depends on, so that a reader who has it already need not ask again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, func, literal, select

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.own_schema import facts_state, variant_facts
from feedly_core.db.own_schema.facts import STILL_CHANGES


def answer_version(connection: Connection, source: VariantSource, filters: PictureFilters) -> str | None:
    """A text that stays the same while every answer about these pictures does; read it before the answer.

    Time alone changes an answer in two ways: a picture leaves a period that moves with the clock, and the
    silence of an open job becomes another state. So the version names the last of each that has happened.
    One statement.
    None where the read model does not decide alone: while it is not filled, for words that the search index
    finds, and for what reviews or campaigns decide.
    """
    if source.capabilities is not None or filters.words.strip() or _decided_elsewhere(filters):
        return None
    row = connection.execute(_version(source, filters)).one()
    return "_".join(str(value) for value in row) if row.version else None


def _version(source: VariantSource, filters: PictureFilters) -> Select[Any]:
    facts, now = variant_facts.c, literal(source.asked_at, facts_state.c.refreshed_at.type)
    left = [
        select(func.max(facts.created_at)).where(facts.created_at < edge).scalar_subquery()
        for edge in (filters.since, filters.until)
        if edge is not None
    ]
    changes = select(func.unnest(facts.changes).label("at")).where(STILL_CHANGES).subquery("changes")
    changed = select(func.max(changes.c.at)).where(changes.c.at <= now)
    version = select(facts_state.c.version).scalar_subquery()
    return select(version.label("version"), changed.scalar_subquery(), *left)


def _decided_elsewhere(filters: PictureFilters) -> bool:
    named = (filters.campaign, filters.verdict, filters.judged_by, filters.unjudged_by, filters.disputed)
    return filters.judged or filters.won or any(one is not None for one in named)
