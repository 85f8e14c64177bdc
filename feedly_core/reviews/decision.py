"""Decides between two runs from all their pictures: better, worse, or not decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.orders import RunPictures, run_pictures
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.engine import among
from feedly_core.db.own_schema import reviews
from feedly_core.db.query_budget import query_budget
from feedly_core.domain.scores import COMPARED, Limits, passes
from feedly_core.reviews.agreement import people_verdict
from feedly_core.reviews.pairing import combined, paired
from feedly_core.reviews.runs import Change, PairKey, change_of
from feedly_core.reviews.verdicts import need_reviews, stored_verdicts
from feedly_core.statistics.clusters import Floats, Ints, numbered
from feedly_core.statistics.comparison import RunComparison, compare_runs
from feedly_core.statistics.estimate import Estimate
from feedly_core.statistics.noise import noise_floor


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
    sides = [run_pictures(connection, source, run, COMPARED) for run in (before, after)]
    made, split = _Made(sides), len(sides[0])
    met = paired(made.keys, split)
    first, second = (np.concatenate(lines) for lines in zip(*met, strict=True))
    flags = _flags(made, _said(connection, made), first, second, known)
    comparison = compare_runs(
        made.orders[first],
        _column(one[0] for one in flags),
        _column(one[1] for one in flags),
        {name: (values[first], values[second]) for name, values in made.scores.items()},
    )
    done = set(sides[1].description)
    asked = tuple(dict.fromkeys(description for description in sides[0].description if description))
    noise = {name: noise_floor(made.orders, made.repeated, values) for name, values in made.scores.items()}
    return RunDecision(
        comparison,
        noise,
        pairs=len(first),
        listed=_listed(made, flags, first, second, noise["overall"].value or 0.0),
        by_people=sum(by_people for _before, _after, by_people in flags),
        same_order=len(met[0][0]),
        only_before=split - len(first),
        only_after=len(sides[1]) - len(first),
        missing=tuple(description for description in asked if description not in done),
        descriptions=asked,
        source=source,
    )


class _Made:
    """The pictures of both runs below each other. Whatever is compared is a number per line.

    ``orders``: what was asked for. ``keys``: what two pictures may share, the closest first: order and place
    in the job, then description and place, of the same tone first. ``repeated``: the same order, place and
    release. ``scores``: NaN where one is missing.
    """

    def __init__(self, sides: Sequence[RunPictures]) -> None:
        def column(name: str) -> list[Any]:
            return [value for side in sides for value in getattr(side, name)]

        names = ("place", "asked", "description", "tone", "store", "version")
        place, asked, description, tone, store, version = (numbered(column(name)) for name in names)
        self.variant, self.picture, self.job = (column(name) for name in ("variant", "picture", "job"))
        self.large_text = column("large_text")
        self.orders = combined(asked, description, tone, store)
        same = combined(description, place)
        self.keys = (combined(self.orders, place), combined(same, tone), same)
        self.repeated = combined(self.keys[0], version)
        recorded = [[value for side in sides for value in side.scores[name]] for name in COMPARED]
        self.recorded = list(zip(*recorded, strict=True))
        self.scores = {name: np.array(values, float) for name, values in zip(COMPARED, recorded, strict=True)}


_Flags = list[tuple[bool | None, bool | None, bool]]


def _listed(made: _Made, flags: _Flags, first: Ints, second: Ints, floor: float) -> tuple[PairKey, ...]:
    """What became of each pair. ``floor``: what the overall score moves by itself."""
    urgency = {change: place for place, change in enumerate(Change)}
    overall = made.scores["overall"]
    moves = (overall[second] - overall[first]).tolist()
    found = []
    for (was_good, is_good, by_people), move, one, other in zip(
        flags, moves, first.tolist(), second.tolist(), strict=True
    ):
        moved = None if move != move else move
        change = change_of(was_good, is_good, moved, floor)
        found.append(PairKey(made.variant[one], made.variant[other], change, by_people, moved))
    return tuple(sorted(found, key=lambda key: (urgency[key.change], key.moved or 0.0)))


def _said(connection: Connection, made: _Made) -> dict[tuple[str, str], bool | None]:
    """People's verdict by variant and picture. People judge few of many pictures: those few are read."""
    of_jobs = select(reviews.c.job_variants_id).where(among(reviews.c.job_id, set(made.job))).distinct()
    judged = connection.scalars(of_jobs).all()
    found = {}
    for variant_id, told in stored_verdicts(connection, judged).items():
        for picture_id in {one.picture_id for one in told}:
            about = (one for one in told if one.picture_id == picture_id)
            found[str(variant_id), str(picture_id)] = people_verdict(about)
    return found


def _flags(
    made: _Made, said: Mapping[tuple[str, str], bool | None], first: Ints, second: Ints, known: Limits
) -> _Flags:
    """Whether each side of a pair passes, and whether people said so."""

    def by_people(line: int) -> bool | None:
        return said.get((made.variant[line], made.picture[line]))

    def by_scores(line: int) -> bool | None:
        scores = dict(zip(COMPARED, made.recorded[line], strict=True))
        return passes(known, scores, large_text=made.large_text[line])

    found: _Flags = []
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        was_good, is_good = by_people(one), by_people(other)
        judged = was_good is not None and is_good is not None
        found.append((was_good, is_good, True) if judged else (by_scores(one), by_scores(other), False))
    return found


def _column(values: Iterable[float | None]) -> Floats:
    """One float per value; None is missing."""
    return np.array(list(values), dtype=float)
