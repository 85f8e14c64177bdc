"""Decides between two runs from all their pictures: better, worse, or not decided."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, select

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.orders import Shot, shots
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.engine import among
from feedly_core.db.own_schema import reviews
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.scores import COMPARED, Limits, passes
from feedly_core.reviews.agreement import people_verdict
from feedly_core.reviews.runs import Change, PairKey, change_of
from feedly_core.reviews.verdicts import need_reviews, stored_verdicts
from feedly_core.statistics.clusters import Floats, numbered
from feedly_core.statistics.comparison import RunComparison, compare_runs
from feedly_core.statistics.estimate import Estimate
from feedly_core.statistics.noise import noise_floor

Keys = tuple[Callable[[Shot], Hashable], ...]
Pairs = list[tuple[Shot, Shot]]


@dataclass(frozen=True)
class RunDecision:
    """What all pictures of two runs say.

    ``noise``: by score, how far two repeats of one order under one release lie apart in 95 of 100 cases.
    ``pairs`` of pictures, ``listed`` one by one, the most urgent first; ``by_people`` of them judged by
    verdicts on both sides, ``same_order`` of the same picture, description, tone and store; the other pairs
    share the description. ``only_before`` and ``only_after`` count pictures without a counterpart,
    ``missing`` are descriptions of the earlier run that the later one has not made, the newest first.
    ``source``: how fresh and how complete the pictures are.
    """

    comparison: RunComparison
    noise: Mapping[str, Estimate]
    pairs: int
    listed: tuple[PairKey, ...]
    by_people: int
    same_order: int
    only_before: int
    only_after: int
    missing: tuple[str, ...]
    descriptions: tuple[str, ...]
    source: VariantSource

    def of(self, change: Change) -> tuple[PairKey, ...]:
        """The listed pairs of one kind."""
        return tuple(key for key in self.listed if key.change is change)

    @property
    def complete(self) -> bool:
        """Whether there are pairs and every job has been read."""
        return bool(self.pairs) and self.source.complete and self.source.refreshed_at is not None


@query_budget(statements=24, rows=60_000)
def decide_runs(
    connection: Connection,
    source: VariantSource,
    before: PictureFilters,
    after: PictureFilters,
    known: Limits,
) -> RunDecision:
    """Compare all finished pictures of both runs, newest with newest.

    Pairs are of the same order and place in the job first, then, of what is left, of the same description
    and place. A picture passes by the verdicts of people where both of a pair have one, else by its scores.
    """
    need_reviews(connection)
    sides = [list(shots(connection, source, run, COMPARED)) for run in (before, after)]
    pairs, same_order = _paired(*sides)
    said = _said(connection, {shot.job_id for shot in chain(*sides)})
    flags = [_flags(pair, said, known) for pair in pairs]
    keys = numbered(pair[0].order for pair in pairs)
    columns = {
        name: (_column(pair[0].scores[at] for pair in pairs), _column(pair[1].scores[at] for pair in pairs))
        for at, name in enumerate(COMPARED)
    }
    comparison = compare_runs(
        keys, _column(one[0] for one in flags), _column(one[1] for one in flags), columns
    )
    made = {shot.description for shot in sides[1]}
    asked = tuple(dict.fromkeys(shot.description for shot in sides[0] if shot.description))
    noise = _noise(list(chain(*sides)))
    return RunDecision(
        comparison,
        noise,
        pairs=len(pairs),
        listed=_listed(pairs, flags, noise["overall"].value or 0.0),
        by_people=sum(by_people for _before, _after, by_people in flags),
        same_order=same_order,
        only_before=len(sides[0]) - len(pairs),
        only_after=len(sides[1]) - len(pairs),
        missing=tuple(description for description in asked if description not in made),
        descriptions=asked,
        source=source,
    )


def _listed(
    pairs: Pairs, flags: Sequence[tuple[bool | None, bool | None, bool]], floor: float
) -> tuple[PairKey, ...]:
    """What became of each pair. ``floor``: what the overall score moves by itself."""
    at, urgency = COMPARED.index("overall"), {change: place for place, change in enumerate(Change)}
    found = []
    for (before, after), (was_good, is_good, by_people) in zip(pairs, flags, strict=True):
        earlier, later = before.scores[at], after.scores[at]
        moved = None if earlier is None or later is None else later - earlier
        change = change_of(was_good, is_good, moved, floor)
        found.append(PairKey(before.variant_id, after.variant_id, change, by_people, moved))
    return tuple(sorted(found, key=lambda key: (urgency[key.change], key.moved or 0.0)))


def _paired(before: Sequence[Shot], after: Sequence[Shot]) -> tuple[Pairs, int]:
    """The pairs, and how many of them are of the very same order."""
    keys: Keys = (
        lambda shot: (shot.order, shot.place),
        lambda shot: (shot.description, shot.tone, shot.place),
        lambda shot: (shot.description, shot.place),
    )
    pairs: Pairs = []
    same_order = 0
    for stage, key in enumerate(keys):
        met = list(_met(before, after, key))
        pairs += met
        same_order += len(met) if stage == 0 else 0
        gone = {shot.variant_id for shot in chain(*met)}
        before = [shot for shot in before if shot.variant_id not in gone]
        after = [shot for shot in after if shot.variant_id not in gone]
    return pairs, same_order


def _met(
    before: Iterable[Shot], after: Iterable[Shot], key: Callable[[Shot], Hashable]
) -> Iterator[tuple[Shot, Shot]]:
    waiting: dict[Hashable, deque[Shot]] = defaultdict(deque)
    for shot in after:
        waiting[key(shot)].append(shot)
    for shot in before:
        if queue := waiting.get(key(shot)):
            yield shot, queue.popleft()


def _said(connection: Connection, jobs: Collection[UUID]) -> dict[tuple[UUID, UUID], bool | None]:
    """People's verdict by variant and picture. People judge few of many pictures: those few are read."""
    of_jobs = select(reviews.c.job_variants_id).where(among(reviews.c.job_id, jobs)).distinct()
    judged = connection.scalars(of_jobs).all()
    found = {}
    for variant_id, told in stored_verdicts(connection, judged).items():
        for picture_id in {one.picture_id for one in told}:
            about = (one for one in told if one.picture_id == picture_id)
            found[variant_id, picture_id] = people_verdict(about)
    return found


def _flags(
    pair: tuple[Shot, Shot], said: Mapping[tuple[UUID, UUID], bool | None], known: Limits
) -> tuple[bool | None, bool | None, bool]:
    """Whether each side passes, and whether people said so."""
    first, second = (said.get((shot.variant_id, shot.picture_id)) for shot in pair)
    if first is not None and second is not None:
        return first, second, True
    first, second = (
        passes(known, dict(zip(COMPARED, shot.scores, strict=True)), large_text=shot.large_text)
        for shot in pair
    )
    return first, second, False


def _noise(made: Sequence[Shot]) -> dict[str, Estimate]:
    """Each score's noise floor, from orders that ran twice or more under one release."""
    orders = numbered(shot.order for shot in made)
    repeated = numbered((shot.order, shot.version, shot.place) for shot in made)
    return {
        name: noise_floor(orders, repeated, _column(shot.scores[at] for shot in made))
        for at, name in enumerate(COMPARED)
    }


def _column(values: Iterable[float | None]) -> Floats:
    """One float per value; None is missing."""
    return np.array(list(values), dtype=float)
