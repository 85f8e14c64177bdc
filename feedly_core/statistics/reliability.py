"""How well people agree with each other: Krippendorff's α and pairwise κ."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from feedly_core.statistics.agreement import kappa_estimate, kappas, ratio
from feedly_core.statistics.clusters import (
    RESAMPLES,
    SEED,
    Floats,
    Ints,
    Jobs,
    bootstrap_estimate,
    numbered_jobs,
    numbers,
    resampled_sums,
)
from feedly_core.statistics.estimate import Estimate


def krippendorff_alpha(
    job: ArrayLike, picture: ArrayLike, verdict: ArrayLike, *, seed: int = SEED, resamples: int = RESAMPLES
) -> Estimate:
    """Krippendorff's α of numeric verdicts as nominal categories, one per picture and person.

    Missing verdicts are left out, and pictures with a single verdict say nothing. ``n`` counts pictures.
    """
    ratings = _read(job, picture, verdict)
    counts = Jobs(ratings.unit, ratings.units).cells(ratings.category, ratings.categories)
    paired = counts.sum(axis=1) >= 2
    counts = counts[paired]
    judged = counts.sum(axis=1)
    alike = (counts * (counts - 1)).sum(axis=1) / (judged - 1)
    jobs = numbered_jobs(ratings.job_of_unit[paired])
    per_job = jobs.sums(alike, *counts.T)
    drawn = resampled_sums(per_job, seed=seed, resamples=resamples)
    return bootstrap_estimate(
        float(_alphas(per_job.sum(axis=0))),
        _alphas(drawn),
        n=len(counts),
        jobs=jobs.count,
        telling=_uncommon(jobs, counts),
    )


@dataclass(frozen=True)
class PairKappa:
    """Cohen's κ of two people, over the pictures that both judged."""

    first: str
    second: str
    kappa: Estimate


@dataclass(frozen=True)
class PairwiseKappa:
    """Each pair of people with a common picture.

    ``mean`` weighs their κ by pictures: the human ceiling.
    """

    pairs: tuple[PairKappa, ...]
    mean: Estimate


def pairwise_kappa(
    job: ArrayLike,
    picture: ArrayLike,
    rater: ArrayLike,
    verdict: ArrayLike,
    *,
    seed: int = SEED,
    resamples: int = RESAMPLES,
) -> PairwiseKappa:
    """Cohen's κ of every two people, from numeric verdicts, one per picture and person.

    Missing verdicts are left out. Of two by the same person about the same picture the last counts.
    """
    ratings = _read(job, picture, verdict)
    raters = np.asarray(rater).ravel()[ratings.kept]
    numeric = np.issubdtype(raters.dtype, np.integer)
    people, who = np.unique(raters if numeric else raters.astype(str), return_inverse=True)
    grid = np.full((len(people), ratings.units), -1, dtype=np.int64)
    grid[who, ratings.unit] = ratings.category
    jobs = numbered_jobs(ratings.job_of_unit)
    size, pairs, tables = max(1, ratings.categories), [], []
    for one, other in combinations(range(len(people)), 2):
        both = (grid[one] >= 0) & (grid[other] >= 0)
        if both.any():
            cell = grid[one, both] * size + grid[other, both]
            table = Jobs(jobs.codes[both], jobs.count).cells(cell, size * size)
            common = table[table.any(axis=1)]
            drawn = resampled_sums(common, seed=seed, resamples=resamples)
            pairs.append(PairKappa(str(people[one]), str(people[other]), kappa_estimate(common, drawn)))
            tables.append(table)
    return PairwiseKappa(tuple(pairs), _mean_kappa(tables, seed, resamples))


@dataclass(frozen=True)
class _Ratings:
    """Verdicts as numbers: ``unit`` (picture) and ``category`` of each one that is ``kept``."""

    kept: Ints
    unit: Ints
    units: int
    job_of_unit: Ints
    category: Ints
    categories: int


def _read(job: ArrayLike, picture: ArrayLike, verdict: ArrayLike) -> _Ratings:
    values = numbers(verdict)
    kept = np.flatnonzero(~np.isnan(values))
    pictures = numbered_jobs(np.asarray(picture).ravel()[kept])
    jobs = numbered_jobs(np.asarray(job).ravel()[kept])
    job_of_unit = np.zeros(pictures.count, dtype=np.int64)
    job_of_unit[pictures.codes] = jobs.codes
    categories, codes = np.unique(values[kept], return_inverse=True)
    return _Ratings(kept, pictures.codes, pictures.count, job_of_unit, codes, len(categories))


def _alphas(sums: Floats) -> Floats:
    """α of sums (agreement, verdicts per category …) along the last axis; NaN with one category only."""
    counts = sums[..., 1:]
    n = counts.sum(axis=-1)
    expected = n * n - (counts * counts).sum(axis=-1)
    return np.asarray(1 - ratio((n - 1) * (n - sums[..., 0]), expected))


def _uncommon(jobs: Jobs, counts: Floats) -> int:
    """How many jobs hold a verdict other than the most common one."""
    if not counts.size:
        return 0
    others = counts.sum(axis=1) - counts[:, counts.sum(axis=0).argmax()]
    return int(np.count_nonzero(np.bincount(jobs.codes, others, jobs.count)))


def _mean_kappa(tables: list[Floats], seed: int, resamples: int) -> Estimate:
    per_job = np.concatenate(tables, axis=1) if tables else np.zeros((0, 1))
    per_job = per_job[per_job.any(axis=1)]

    def mean(sums: Floats) -> Floats:
        of_pair = sums.reshape(*sums.shape[:-1], max(1, len(tables)), -1)
        kappa, weight = kappas(of_pair), of_pair.sum(axis=-1)
        weight = np.where(np.isnan(kappa), 0.0, weight)
        return ratio((np.nan_to_num(kappa) * weight).sum(axis=-1), weight.sum(axis=-1))

    drawn = resampled_sums(per_job, seed=seed, resamples=resamples)
    pairs_judged = round(float(per_job.sum()))
    return bootstrap_estimate(
        float(mean(per_job.sum(axis=0))), mean(drawn), n=pairs_judged, jobs=len(per_job)
    )
