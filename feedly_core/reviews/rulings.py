"""Rulings: who was right where judge and people differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from feedly_core.db.engine import writing
from feedly_core.db.own_schema import JUDGING, installed, judge_rulings
from feedly_core.db.query_budget import query_budget
from feedly_core.i18n import N_, Message
from feedly_core.permissions import Person, Role, audit_line, require
from feedly_core.reviews.judged_pictures import JudgedPicture, JudgedPictures
from feedly_core.reviews.questions import need_judging
from feedly_core.settings import Settings

MOST_RULINGS = 20_000


class Right(StrEnum):
    """Who was right about a picture."""

    JUDGE = "judge"
    PEOPLE = "people"
    UNCLEAR = "unclear"


RIGHT_LABELS: dict[Right, Message] = {
    Right.JUDGE: N_("The judge was right"),
    Right.PEOPLE: N_("People were right"),
    Right.UNCLEAR: N_("Hard to say"),
}


@dataclass(frozen=True)
class Ruling:
    """One person's newest word about one picture."""

    variant_id: UUID
    person: str
    right: Right
    at: datetime


def rule(engine: Engine, settings: Settings, person: Person, picture: JudgedPicture, right: Right) -> None:
    """Record who was right; needs the role reviewer. Earlier words stay as history."""
    require(person, Role.REVIEWER, settings)
    with writing(engine) as connection:
        need_judging(connection)
        connection.execute(
            insert(judge_rulings).values(
                job_id=picture.job_id,
                job_variants_id=picture.variant_id,
                picture_asset_id=picture.picture_id,
                person=person.name,
                right=right.value,
            )
        )
        after = {"right": right.value}
        connection.execute(audit_line(person, "rule", str(picture.variant_id), after=after))


@query_budget(statements=1, rows=20_000)
def rulings(connection: Connection, pictures: JudgedPictures) -> dict[UUID, tuple[Ruling, ...]]:
    """The newest ruling per person on each of these very pictures, by variant. One statement.

    All rulings are read, the newest :data:`MOST_RULINGS`: people give few, and the pictures are many.
    """
    shown = dict(zip(pictures.columns["variant_key"], pictures.columns["picture_key"], strict=True))
    if not shown or not installed(connection, JUDGING):
        return {}
    recent = select(judge_rulings).order_by(judge_rulings.c.ruling_id.desc()).limit(MOST_RULINGS)
    table = recent.subquery("recent").c
    newest = (
        select(table.job_variants_id, table.person, table.right, table.at, table.picture_asset_id)
        .ext(distinct_on(table.job_variants_id, table.person))
        .order_by(table.job_variants_id, table.person, table.ruling_id.desc())
    )
    found: dict[UUID, list[Ruling]] = {}
    for row in connection.execute(newest):
        if str(row.picture_asset_id) == shown.get(str(row.job_variants_id)):
            one = Ruling(row.job_variants_id, row.person, Right(row.right), row.at)
            found.setdefault(one.variant_id, []).append(one)
    return {variant: tuple(told) for variant, told in found.items()}
