"""What people prefer, from taps on one of two pictures: ridge Bradley–Terry over jobs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from feedly_core.statistics.clusters import (
    RESAMPLES,
    SEED,
    Floats,
    Ints,
    Jobs,
    bootstrap_estimate,
    known,
    resampled_sums,
)
from feedly_core.statistics.estimate import Estimate, NoInterval

RIDGE = 1.0
"""The prior of every strength: normal around 0 with variance 1 / RIDGE, in log odds."""

_STEPS = 50


@dataclass(frozen=True)
class Level:
    """One value of an attribute, as a font.

    ``wins``: the chance against the average of the other levels.
    """

    name: str
    wins: Estimate


@dataclass(frozen=True)
class Preference:
    """Levels, the most preferred first.

    ``left_wins``: how often left beats an equal picture on the right.
    """

    levels: tuple[Level, ...]
    left_wins: Estimate

    def shows_difference(self, first: str, second: str) -> bool:
        """Whether the intervals of two levels exist and share no value."""
        wins = {level.name: level.wins.interval for level in self.levels}
        one, other = wins.get(first), wins.get(second)
        return one is not None and other is not None and not one.overlaps(other)


def preference(
    job: ArrayLike,
    winner: ArrayLike,
    loser: ArrayLike,
    side: ArrayLike,
    *,
    ridge: float = RIDGE,
    seed: int = SEED,
    resamples: int = RESAMPLES,
) -> Preference:
    """Fit strengths of levels to comparisons within jobs, with the advantage of the left side removed.

    ``winner`` and ``loser`` are the levels (text) of the two pictures. ``side`` is 1 where the winner stood
    left, −1 right, missing where nobody knows. Comparisons of a level with itself measure the side only.
    Meant for attributes of up to about 40 levels.
    """
    sides = np.nan_to_num(np.sign(np.array(side, dtype=float).ravel()))
    jobs, [shown] = known(job, sides)
    names, codes = np.unique(
        np.concatenate([np.asarray(winner).ravel(), np.asarray(loser).ravel()]).astype(str),
        return_inverse=True,
    )
    won, lost = codes[: len(shown)], codes[len(shown) :]
    design, kinds = _design(won, lost, shown, len(names))
    per_job = jobs.grouped(seed).cells(kinds, len(design))
    fitted = _fit(design, per_job.sum(axis=0)[None], ridge)
    drawn = _fit(design, resampled_sums(per_job, seed=seed, resamples=resamples), ridge, fitted)
    levels = _levels(names, jobs, won, lost, fitted, drawn)
    told = shown != 0
    left = bootstrap_estimate(
        float(_sigmoid(fitted[0, -1])),
        _sigmoid(drawn[:, -1]),
        n=int(told.sum()),
        jobs=jobs.holding(told),
    )
    return Preference(tuple(sorted(levels, key=lambda level: -(level.wins.value or 0.0))), left)


def _design(won: Ints, lost: Ints, side: Floats, levels: int) -> tuple[Floats, Ints]:
    """One row per kind of comparison, of what adds to the winner's log odds; the kind of each comparison."""
    key, kinds = np.unique((won * levels + lost) * 3 + side.astype(np.int64) + 1, return_inverse=True)
    rows = (
        np.stack([key // 3 // levels, key // 3 % levels, key % 3 - 1], axis=1)
        if levels
        else np.zeros((0, 3), int)
    )
    design = np.zeros((len(rows), levels + 1))
    np.add.at(design, (np.arange(len(rows)), rows[:, 0]), 1.0)
    np.add.at(design, (np.arange(len(rows)), rows[:, 1]), -1.0)
    design[:, -1] = rows[:, 2]
    return design, kinds


def _fit(design: Floats, counts: Floats, ridge: float, start: Floats | None = None) -> Floats:
    """Newton's method for every row of ``counts`` at once: (rows, parameters)."""
    size = design.shape[1]
    outer = (design[:, :, None] * design[:, None, :]).reshape(len(design), size * size)
    found = np.zeros((len(counts), size)) if start is None else np.repeat(start, len(counts), axis=0)
    for _ in range(_STEPS):
        chance = _sigmoid(found @ design.T)
        slope = (counts * (1 - chance)) @ design - ridge * found
        bend = ((counts * chance * (1 - chance)) @ outer).reshape(-1, size, size) + ridge * np.eye(size)
        step = np.linalg.solve(bend, slope[:, :, None])[:, :, 0]
        found = found + np.clip(step, -2.0, 2.0)
        if not step.size or float(np.abs(step).max()) < 1e-9:
            break
    return found


def _levels(names: Ints, jobs: Jobs, won: Ints, lost: Ints, fitted: Floats, drawn: Floats) -> list[Level]:
    across = won != lost
    found = []
    for place, name in enumerate(names):
        shown = across & ((won == place) | (lost == place))
        n, of_jobs = int(shown.sum()), jobs.holding(shown)
        if n:
            value, draws = float(_against_others(fitted, place)[0]), _against_others(drawn, place)
            wins = bootstrap_estimate(value, draws, n=n, jobs=of_jobs)
        else:
            wins = Estimate.without(NoInterval.NO_DATA, n=0, jobs=0)
        found.append(Level(str(name), wins))
    return found


def _against_others(strengths: Floats, place: int) -> Floats:
    others = np.delete(strengths[:, :-1], place, axis=1)
    return np.asarray(_sigmoid(strengths[:, place, None] - others).mean(axis=1))


def _sigmoid(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -500, 500))))
