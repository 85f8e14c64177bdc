"""Jobs as the unit of chance: sums per job, resampled whole.

Variants of a job share its picture and its text, so that they are not independent. Every interval of this
package therefore resamples jobs, never variants.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feedly_core.statistics.estimate import MIN_JOBS, Estimate, NoInterval
from feedly_core.statistics.quantiles import percentile_levels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

RESAMPLES = 2_000
SEED = 16
_LARGEST = 1e100
_FEW_KINDS = 200
_FEW_COLUMNS = 32
_MAX_CLUSTERS = 1_000
_CHUNK = 1_000_000


@dataclass(frozen=True)
class Jobs:
    """Which job each observation belongs to: ``codes`` from 0 to ``count`` − 1, every code in use."""

    codes: Ints
    count: int

    def sums(self, *columns: ArrayLike) -> Floats:
        """The sum of each column per job, of shape (count, number of columns)."""
        found = [np.bincount(self.codes, np.asarray(column, float), self.count) for column in columns]
        return np.stack(found, axis=1)

    def grouped(self, seed: int = SEED) -> Jobs:
        """The jobs themselves, or 1,000 groups that they are dealt to at random where there are more.

        Groups of independent jobs are independent as well, and ratios of their sums vary as much.
        """
        if self.count <= _MAX_CLUSTERS:
            return self
        group = np.random.default_rng(seed).permutation(np.arange(self.count) % _MAX_CLUSTERS)
        return Jobs(group[self.codes], _MAX_CLUSTERS)

    def holding(self, flags: Bools) -> int:
        """How many jobs have an observation with the flag."""
        return int(np.count_nonzero(np.bincount(self.codes[flags], minlength=self.count)))

    def cells(self, cell: Ints, cells: int) -> Floats:
        """How many observations of each job fall in each of ``cells`` cells: (count, cells)."""
        flat = np.bincount(self.codes * cells + cell, minlength=self.count * cells)
        return flat.reshape(self.count, cells).astype(float)


def numbered_jobs(job: ArrayLike) -> Jobs:
    """Number the jobs of a sequence of keys of any sortable kind, one key per observation."""
    keys, codes = np.unique(np.asarray(job).ravel(), return_inverse=True)
    return Jobs(codes.astype(np.int64), len(keys))


def numbered(keys: Iterable[Hashable]) -> Ints:
    """A number per key, by first sight: cheaper to sort and compare than ids and tuples."""
    held = list(keys)
    known = {key: number for number, key in enumerate(dict.fromkeys(held))}
    return np.fromiter(map(known.__getitem__, held), np.int64, len(held))


def numbers(values: ArrayLike) -> Floats:
    """One float per observation.

    None, infinite values and those beyond 1e100 become NaN: missing.
    """
    found = np.array(values, dtype=float).ravel()
    found[~(np.abs(found) < _LARGEST)] = np.nan
    return found


def known(job: ArrayLike, *columns: ArrayLike) -> tuple[Jobs, list[Floats]]:
    """The observations without a missing value in any column, and their jobs.

    Raises ValueError when the lengths differ.
    """
    keys, read = np.asarray(job).ravel(), [numbers(column) for column in columns]
    if any(len(column) != len(keys) for column in read):
        raise ValueError(f"lengths differ: {len(keys)} jobs, {[len(column) for column in read]} values")
    kept = np.all([~np.isnan(column) for column in read], axis=0)
    return numbered_jobs(keys[kept]), [column[kept] for column in read]


def resampled_sums(per_job: Floats, *, seed: int = SEED, resamples: int = RESAMPLES) -> Floats:
    """The column sums of ``resamples`` bootstrap samples of the rows: (resamples, columns).

    Few different rows are drawn as one multinomial per resample, which has the same distribution as drawing
    jobs and is far faster. Many different rows are drawn one by one, beyond 1,000 in groups: take ratios of
    columns then, since groups differ in size.
    """
    if not len(per_job):
        return np.zeros((resamples, per_job.shape[1]))
    rng = np.random.default_rng(seed)
    if per_job.shape[1] <= _FEW_COLUMNS:
        kinds, counts = _distinct_rows(per_job)
        if len(kinds) <= _FEW_KINDS:
            drawn = rng.multinomial(len(per_job), counts / len(per_job), size=resamples)
            return np.asarray(drawn @ kinds, dtype=float)
    rows = per_job
    if len(rows) > _MAX_CLUSTERS:
        rows = Jobs(np.arange(len(rows)), len(rows)).grouped(seed).sums(*rows.T)
    step = max(1, _CHUNK // len(rows))
    sizes = [min(step, resamples - start) for start in range(0, resamples, step)]
    return np.concatenate([_multiplicities(rng, size, len(rows)) @ rows for size in sizes])


def _distinct_rows(rows: Floats) -> tuple[Floats, Ints]:
    ordered = rows[np.lexsort(rows.T)]
    new = np.ones(len(ordered), dtype=bool)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    starts = np.flatnonzero(new)
    return ordered[starts], np.diff(np.append(starts, len(ordered)))


def _multiplicities(rng: np.random.Generator, resamples: int, rows: int) -> Floats:
    """How often each row is drawn in each resample: (resamples, rows)."""
    drawn = rng.integers(0, rows, (resamples, rows), dtype=np.int64)
    drawn += (np.arange(resamples) * rows)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=resamples * rows)
    return counts.reshape(resamples, rows).astype(float)


def bootstrap_estimate(
    value: float, draws: Floats, *, n: int, jobs: int, telling: int | None = None
) -> Estimate:
    """The estimate with the percentile interval of its resamples.

    Undefined resamples are left out.

    ``telling``: how many of the jobs hold evidence at all, where that is not all of them.
    """
    if n == 0:
        return Estimate.without(NoInterval.NO_DATA, n=0, jobs=0)
    if not np.isfinite(value):
        return Estimate.without(NoInterval.UNDEFINED, n=n, jobs=jobs)
    evidence = jobs if telling is None else telling
    if evidence < MIN_JOBS:
        return Estimate.without(NoInterval.TOO_FEW_JOBS, n=n, jobs=jobs, value=value)
    defined = draws[np.isfinite(draws)]
    if 2 * len(defined) < len(draws):
        return Estimate.without(NoInterval.UNDEFINED, n=n, jobs=jobs, value=value)
    low, high = np.quantile(defined, percentile_levels(evidence))
    return Estimate.between(value, float(low), float(high), n=n, jobs=jobs)
