"""Winners of a job: each person's choice and the team's, with history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Select, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from feedly_core.db.engine import writing
from feedly_core.db.own_schema import review_winners
from feedly_core.db.query_budget import query_budget
from feedly_core.permissions import Person, Role, audit_line, require
from feedly_core.reviews.verdicts import need_reviews
from feedly_core.settings import Settings


@dataclass(frozen=True)
class Choice:
    """``variant_id`` None: the person took an earlier choice back."""

    job_id: UUID
    variant_id: UUID | None
    person: str
    team: bool
    blind: bool
    at: datetime


@dataclass(frozen=True)
class Winner:
    """Current choices of a job: ``people`` by person, and the team's. The team's overwrites nobody's."""

    people: tuple[Choice, ...]
    team: Choice | None

    @property
    def votes(self) -> Counter[UUID]:
        return Counter(choice.variant_id for choice in self.people if choice.variant_id)

    @property
    def best(self) -> UUID | None:
        """The team's winner.

        Before the team has decided, the variant with the most votes.
        """
        if self.team is not None:
            return self.team.variant_id
        return next((variant_id for variant_id, _votes in self.votes.most_common(1)), None)

    @property
    def disputed(self) -> bool:
        return len(self.votes) > 1


def choose(
    engine: Engine,
    settings: Settings,
    person: Person,
    job_id: UUID,
    variant_id: UUID | None,
    *,
    team: bool = False,
    blind: bool = False,
) -> None:
    """Record a choice; needs the role reviewer.

    Only our own schema is written: no event is caused.
    """
    require(person, Role.REVIEWER, settings)
    with writing(engine) as connection:
        need_reviews(connection)
        before = connection.scalar(_chosen(job_id, person, team))
        connection.execute(
            insert(review_winners).values(
                job_id=job_id, job_variants_id=variant_id, person=person.name, team=team, blind=blind
            )
        )
        connection.execute(
            audit_line(
                person,
                "team_winner" if team else "winner",
                str(job_id),
                before={"variant": _named(before)},
                after={"variant": _named(variant_id)},
            )
        )


def _chosen(job_id: UUID, person: Person, team: bool) -> Select[Any]:
    table = review_winners.c
    mine = (table.job_id == job_id, table.person == person.name, table.team == team)
    return select(table.job_variants_id).where(*mine).order_by(table.choice_id.desc()).limit(1)


def _named(variant_id: UUID | None) -> str | None:
    return str(variant_id) if variant_id else None


@query_budget(statements=1, rows=50)
def winners(connection: Connection, job_ids: Iterable[UUID]) -> dict[UUID, Winner]:
    """The present choices of these jobs.

    A job without any is left out. One statement.
    """
    table = review_winners
    newest = (
        select(table)
        .ext(distinct_on(table.c.job_id, table.c.team, table.c.person))
        .where(table.c.job_id.in_(list(job_ids)))
        .order_by(table.c.job_id, table.c.team, table.c.person, table.c.choice_id.desc())
        .subquery()
    )
    found: dict[UUID, list[Choice]] = {}
    for row in connection.execute(select(newest).order_by(newest.c.choice_id)):
        found.setdefault(row.job_id, []).append(
            Choice(row.job_id, row.job_variants_id, row.person, row.team, row.blind, row.at)
        )
    return {job: present(made) for job, made in found.items()}


def present(made: Iterable[Choice]) -> Winner:
    """The choices that count: the newest per person and the team's. Oldest first."""
    newest: dict[tuple[bool, str], Choice] = {}
    for choice in made:
        newest.pop((choice.team, choice.person), None)
        newest[choice.team, choice.person] = choice
    counting = [choice for choice in newest.values() if choice.variant_id]
    return Winner(
        tuple(choice for choice in counting if not choice.team),
        next((choice for choice in reversed(counting) if choice.team), None),
    )


@query_budget(statements=1, rows=10)
def history(connection: Connection, job_id: UUID) -> tuple[Choice, ...]:
    """Every choice ever made for a job, oldest first."""
    table = review_winners
    rows = connection.execute(select(table).where(table.c.job_id == job_id).order_by(table.c.choice_id))
    return tuple(
        Choice(row.job_id, row.job_variants_id, row.person, row.team, row.blind, row.at) for row in rows
    )
