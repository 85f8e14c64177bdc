"""How well the people of a round agree, with each other and with themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select

from feedly_core.db.own_schema import ROUNDS, installed, reviews, round_slots
from feedly_core.db.query_budget import query_budget
from feedly_core.permissions import Person, Role
from feedly_core.reviews.verdicts import Verdict
from feedly_core.statistics.clustered import pass_rate
from feedly_core.statistics.estimate import Estimate
from feedly_core.statistics.reliability import PairwiseKappa, krippendorff_alpha, pairwise_kappa

_CATEGORIES = {Verdict.APPROVE: 0.0, Verdict.NEEDS_WORK: 1.0, Verdict.REJECT: 2.0}


@dataclass(frozen=True)
class Opinion:
    """One verdict that was given in a round. ``repeat``: the second look of the same person."""

    job_id: UUID
    variant_id: UUID
    person: str
    verdict: Verdict
    tags: tuple[str, ...]
    repeat: bool


@dataclass(frozen=True)
class PersonFigures:
    """``strictness``: share refused. ``consistency``: share of hidden repeats judged the same way."""

    strictness: Estimate
    consistency: Estimate


@dataclass(frozen=True)
class RoundFigures:
    """Agreement of a round.

    ``alpha`` is Krippendorff's over the three verdicts, ``kappas`` Cohen's of every two people over good
    and bad, ``reasons`` Krippendorff's α per reason. ``people`` holds only whom the viewer may see.
    ``disputed``: variants with both good and bad opinions.
    """

    alpha: Estimate
    kappas: PairwiseKappa
    reasons: Mapping[str, Estimate]
    people: Mapping[str, PersonFigures]
    disputed: tuple[UUID, ...]


@query_budget(statements=1, rows=30_000)
def round_opinions(connection: Connection, round_id: UUID) -> tuple[Opinion, ...]:
    """Every verdict of a round as it was given there, oldest first. One statement."""
    if not installed(connection, ROUNDS):
        return ()
    slots = round_slots.c
    query = (
        select(
            slots.job_id, slots.job_variants_id, slots.person, reviews.c.verdict, reviews.c.tags, slots.repeat
        )
        .join(reviews, reviews.c.entry_id == slots.entry_id)
        .where(slots.round_id == round_id, reviews.c.verdict != Verdict.WITHDRAWN)
        .order_by(slots.given_at)
    )
    return tuple(
        Opinion(row[0], row[1], row[2], Verdict(row[3]), tuple(row[4]), row[5])
        for row in connection.execute(query)
    )


def round_figures(opinions: Sequence[Opinion], viewer: Person) -> RoundFigures:
    """Agreement, and what ``viewer`` may know of single people: operators of all, others of themselves."""
    first = [one for one in opinions if not one.repeat]
    columns = ([str(one.job_id) for one in first], [str(one.variant_id) for one in first])
    named = sorted({tag for one in first for tag in one.tags})
    people = sorted({one.person for one in first})
    if viewer.role < Role.OPERATOR:
        people = [name for name in people if name == viewer.name]
    return RoundFigures(
        krippendorff_alpha(*columns, [_CATEGORIES[one.verdict] for one in first]),
        pairwise_kappa(*columns, [one.person for one in first], [_refused(one) for one in first]),
        {tag: krippendorff_alpha(*columns, [float(tag in one.tags) for one in first]) for tag in named},
        {name: _person(opinions, name) for name in people},
        _disputed(first),
    )


def _person(opinions: Sequence[Opinion], name: str) -> PersonFigures:
    mine = [one for one in opinions if one.person == name]
    first = {one.variant_id: one for one in mine if not one.repeat}
    again = [one for one in mine if one.repeat and one.variant_id in first]
    return PersonFigures(
        pass_rate([str(one.job_id) for one in first.values()], [_refused(one) for one in first.values()]),
        pass_rate(
            [str(one.job_id) for one in again],
            [float(one.verdict is first[one.variant_id].verdict) for one in again],
        ),
    )


def _disputed(first: Sequence[Opinion]) -> tuple[UUID, ...]:
    flags: dict[UUID, set[float]] = {}
    for one in first:
        flags.setdefault(one.variant_id, set()).add(_refused(one))
    return tuple(variant for variant, seen in flags.items() if len(seen) > 1)


def _refused(one: Opinion) -> float:
    return float(one.verdict is not Verdict.APPROVE)
