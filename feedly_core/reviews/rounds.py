"""Rounds: pictures that some people shall judge, each reserved for whoever looks at it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    any_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from feedly_core.analytics.gallery import Card
from feedly_core.db.engine import writing
from feedly_core.db.own_schema import ROUNDS, installed, need, review_rounds, round_slots
from feedly_core.db.query_budget import query_budget
from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_
from feedly_core.permissions import Person, Role, audit_line, require
from feedly_core.reviews.verdicts import MAX_COMMENT, MAX_NAME, Entry, need_reviews, store
from feedly_core.settings import Settings

LEASE = timedelta(minutes=5)
"""How long a picture that somebody has opened is reserved for this person."""

MOST_PICTURES, MOST_PEOPLE, MOST_OPINIONS = 500, 30, 3
GAP = 5
"""A hidden repeat comes after so many other pictures at least."""


@dataclass(frozen=True)
class RoundPlan:
    """``opinions`` per picture (1 to 3). ``overlap``: share of the pictures that everybody judges.

    ``repeats``: share of the pictures that are shown to the same person again.
    """

    title: str
    people: tuple[str, ...]
    opinions: int = 2
    overlap: float = 0.2
    repeats: float = 0.1
    due_at: datetime | None = None
    instructions: str = ""
    examples: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class Round:
    """A stored round with its progress. ``looking``: who has which variant open now."""

    round_id: UUID
    title: str
    instructions: str
    examples: tuple[UUID, ...]
    people: tuple[str, ...]
    opinions: int
    created_by: str
    created_at: datetime
    due_at: datetime | None
    pictures: int
    wanted: int
    given: int
    looking: dict[UUID, str]


@dataclass(frozen=True)
class Seat:
    """One picture reserved for a person until ``lease_until``."""

    round_id: UUID
    variant_id: UUID
    slot: int
    job_id: UUID
    picture_id: UUID
    lease_until: datetime


def start_round(
    engine: Engine, settings: Settings, person: Person, plan: RoundPlan, pictures: Sequence[Card]
) -> UUID:
    """Store a round over these pictures; needs the role reviewer. Returns its id.

    Raises :class:`InvalidInput` for a plan that cannot be, :class:`MissingInSchema` without the tables.
    """
    require(person, Role.REVIEWER, settings)
    _check(plan, pictures)
    round_id = uuid4()
    with writing(engine) as connection:
        _need_rounds(connection)
        connection.execute(
            insert(review_rounds).values(
                round_id=round_id,
                title=plan.title.strip()[:MAX_NAME],
                instructions=plan.instructions.strip(),
                examples=list(plan.examples),
                people=list(plan.people),
                opinions=plan.opinions,
                created_by=person.name,
                due_at=plan.due_at,
            )
        )
        connection.execute(insert(round_slots), list(slots(round_id, plan, pictures)))
        after = {"title": plan.title, "pictures": len(pictures), "people": list(plan.people)}
        connection.execute(audit_line(person, "start_round", str(round_id), after=after))
    return round_id


def take(engine: Engine, settings: Settings, person: Person, round_id: UUID) -> Seat | None:
    """Reserve the next picture for ``person``, or the one that is open already; None when nothing is left.

    One statement: a picture that another has open at this moment is skipped, not waited for.
    """
    require(person, Role.REVIEWER, settings)
    table, free = round_slots, round_slots.alias("free")
    mine = and_(free.c.person == person.name, free.c.lease_until > func.now())
    open_to_me = or_(free.c.person.is_(None), free.c.person == person.name, free.c.lease_until < func.now())
    key = (table.c.round_id, table.c.job_variants_id, table.c.slot)
    chosen = (
        select(free.c.round_id, free.c.job_variants_id, free.c.slot)
        .where(
            free.c.round_id == round_id,
            free.c.entry_id.is_(None),
            open_to_me,
            or_(and_(~free.c.repeat, ~_seen(free, person)), _due_again(free, person)),
            _invited(round_id, person),
        )
        .order_by(mine.desc(), free.c.position, free.c.slot)
        .limit(1)
        .with_for_update(skip_locked=True, of=free)
    ).cte("chosen")
    with writing(engine) as connection:
        _need_rounds(connection)
        row = connection.execute(
            update(table)
            .where(*(column == chosen.c[column.name] for column in key))
            .values(person=person.name, lease_until=func.now() + LEASE)
            .returning(*key, table.c.job_id, table.c.picture_asset_id, table.c.lease_until)
        ).first()
    return Seat(*row) if row else None


def give(engine: Engine, settings: Settings, person: Person, seat: Seat, entry: Entry) -> bool:
    """Store the verdict on a reserved picture, and fill its place in the round, in one transaction.

    The verdict is kept in any case; False when the place was filled by another in the meantime.
    """
    require(person, Role.REVIEWER, settings)
    meant = replace(entry, job_id=seat.job_id, variant_id=seat.variant_id, picture_id=seat.picture_id)
    table = round_slots.c
    with writing(engine) as connection:
        need_reviews(connection)
        store(connection, person, [meant])
        filled = connection.execute(
            update(round_slots)
            .where(
                table.round_id == seat.round_id,
                table.job_variants_id == seat.variant_id,
                table.slot == seat.slot,
                table.person == person.name,
                table.entry_id.is_(None),
            )
            .values(entry_id=meant.entry_id, given_at=func.clock_timestamp(), lease_until=None)
        )
    return bool(filled.rowcount)


@query_budget(statements=2, rows=60_000)
def rounds(connection: Connection, limit: int = 30) -> tuple[Round, ...]:
    """The newest rounds with their progress, newest first; none without the tables. Two statements."""
    if not installed(connection, ROUNDS):
        return ()
    newest = select(review_rounds).order_by(review_rounds.c.created_at.desc()).limit(limit)
    stored = connection.execute(newest).all()
    table = round_slots.c
    open_now = and_(table.entry_id.is_(None), table.lease_until > func.now())
    counts = (
        select(
            table.round_id,
            func.count(table.job_variants_id.distinct()).label("pictures"),
            func.count().filter(~table.repeat).label("wanted"),
            func.count(table.entry_id).filter(~table.repeat).label("given"),
            func.array_agg(table.job_variants_id).filter(open_now).label("variants"),
            func.array_agg(table.person).filter(open_now).label("people"),
        )
        .where(table.round_id.in_([row.round_id for row in stored]))
        .group_by(table.round_id)
    )
    progress = {row.round_id: row for row in connection.execute(counts)}
    return tuple(_round(row, progress[row.round_id]) for row in stored if row.round_id in progress)


def _round(row: Any, counted: Any) -> Round:
    return Round(
        row.round_id,
        row.title,
        row.instructions,
        tuple(row.examples),
        tuple(row.people),
        row.opinions,
        row.created_by,
        row.created_at,
        row.due_at,
        counted.pictures,
        counted.wanted,
        counted.given,
        dict(zip(counted.variants or (), counted.people or (), strict=True)),
    )


def slots(round_id: UUID, plan: RoundPlan, pictures: Sequence[Card]) -> Iterator[dict[str, Any]]:
    """One place per wanted opinion, in an order left to chance; repeats come later in it."""
    rng = Random(round_id.int)  # noqa: S311 - not for secrets
    order = list(pictures)
    rng.shuffle(order)
    for position, card in enumerate(order):
        common = {
            "round_id": round_id,
            "job_variants_id": card.variant_id,
            "job_id": card.job_id,
            "picture_asset_id": card.finished_id,
        }
        everybody = position < round(plan.overlap * len(order))
        opinions = max(plan.opinions, len(plan.people)) if everybody else plan.opinions
        for slot in range(opinions):
            yield common | {"slot": slot, "position": position, "only_for": None, "repeat": False}
        if position < round(plan.repeats * len(order)):
            for place, name in enumerate(plan.people):
                later = position + GAP + rng.randrange(GAP)
                yield common | {
                    "slot": opinions + place,
                    "position": later,
                    "only_for": name,
                    "repeat": True,
                }


def _seen(free: Any, person: Person) -> ColumnElement[bool]:
    """Whether the person has given an opinion on this picture in this round, or has it open elsewhere."""
    mine = round_slots.alias("mine")
    return exists().where(
        mine.c.round_id == free.c.round_id,
        mine.c.job_variants_id == free.c.job_variants_id,
        mine.c.person == person.name,
        mine.c.slot != free.c.slot,
        or_(mine.c.entry_id.is_not(None), mine.c.lease_until > func.now()),
    )


def _due_again(free: Any, person: Person) -> ColumnElement[bool]:
    """A repeat for this person whose first opinion lies :data:`GAP` other pictures back."""
    first, since = round_slots.alias("first"), round_slots.alias("since")
    others = (
        select(func.count())
        .select_from(since)
        .where(
            since.c.round_id == free.c.round_id,
            since.c.person == person.name,
            since.c.given_at > first.c.given_at,
        )
        .correlate(free, first)
        .scalar_subquery()
    )
    return and_(
        free.c.repeat,
        free.c.only_for == person.name,
        exists().where(
            first.c.round_id == free.c.round_id,
            first.c.job_variants_id == free.c.job_variants_id,
            first.c.person == person.name,
            first.c.entry_id.is_not(None),
            ~first.c.repeat,
            others >= GAP,
        ),
    )


def _invited(round_id: UUID, person: Person) -> ColumnElement[bool]:
    people = review_rounds.c.people
    return exists().where(
        review_rounds.c.round_id == round_id,
        or_(func.cardinality(people) == 0, literal(person.name) == any_(people)),
    )


def _check(plan: RoundPlan, pictures: Sequence[Card]) -> None:
    problem = None
    if not 1 <= len(pictures) <= MOST_PICTURES:
        problem = N_("A round has 1 to {n} pictures.", n=MOST_PICTURES)
    elif not 1 <= plan.opinions <= MOST_OPINIONS:
        problem = N_("A picture gets 1 to {n} opinions.", n=MOST_OPINIONS)
    elif not 0 <= plan.overlap <= 1 or not 0 <= plan.repeats <= 1:
        problem = N_("Overlap and repeats are shares from 0 to 1.")
    elif len(plan.people) > MOST_PEOPLE or any(len(name) > MAX_NAME for name in plan.people):
        problem = N_("At most {n} people with names of {length} characters.", n=MOST_PEOPLE, length=MAX_NAME)
    elif plan.people and len(plan.people) < plan.opinions:
        problem = N_("There are fewer people than opinions per picture.")
    elif len(plan.instructions) > MAX_COMMENT:
        problem = N_("Instructions may have {n} characters at most.", n=MAX_COMMENT)
    if problem is not None:
        raise InvalidInput(problem, hint=N_("Nothing was written. Change the plan and start it again."))


def _need_rounds(connection: Connection) -> None:
    need(connection, ROUNDS, N_("This database has no place for rounds yet."))
