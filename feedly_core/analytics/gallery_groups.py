"""Groups of a gallery page: by job, tenant or tone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, select

from feedly_core.analytics.gallery import Card
from feedly_core.db.engine import capabilities
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.tables import tone_styles


class GroupBy(StrEnum):
    """What the pictures of a group have in common."""

    JOB = "job"
    TENANT = "tenant"
    TONE = "tone"


_KEYS = {GroupBy.JOB: "job_id", GroupBy.TENANT: "tenant_id", GroupBy.TONE: "tone_style_id"}


@dataclass(frozen=True)
class Group:
    """``key`` is a job's id, a tenant's id or a tone style's id; None where it is not recorded."""

    key: UUID | str | None
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Tone:
    """What a tone style is called.

    None where it has no name in that language.
    """

    korean: str | None
    english: str | None


def grouped(cards: Iterable[Card], by: GroupBy) -> tuple[Group, ...]:
    """Groups in the order in which their first picture comes.

    The pictures of a group keep theirs.
    """
    found: dict[UUID | str | None, list[Card]] = {}
    for card in cards:
        found.setdefault(getattr(card, _KEYS[by]), []).append(card)
    return tuple(Group(key, tuple(members)) for key, members in found.items())


@query_budget(statements=1, rows=50)
def tones(connection: Connection, cards: Iterable[Card]) -> Mapping[UUID, Tone]:
    """Names of the cards' tone styles by id.

    One statement, or none.
    """
    wanted = {card.tone_style_id for card in cards if card.tone_style_id is not None}
    if not wanted or not capabilities(connection).has_table(tone_styles.name):
        return {}
    names = select(tone_styles.c.tone_style_id, tone_styles.c.kor_name, tone_styles.c.eng_name)
    rows = connection.execute(names.where(tone_styles.c.tone_style_id.in_(wanted)))
    return {row.tone_style_id: Tone(row.kor_name, row.eng_name) for row in rows}


@query_budget(statements=1, rows=100)
def tones_named(connection: Connection, name: str) -> tuple[UUID, ...]:
    """Ids of the tone styles of this Korean name.

    One statement.
    """
    ids = select(tone_styles.c.tone_style_id).where(tone_styles.c.kor_name == name)
    return tuple(connection.scalars(ids))
