"""Whatever the input, every figure has a sound interval or a reason for none."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from feedly_core.statistics.agreement import cohen_kappa, judge_agreement
from feedly_core.statistics.clustered import pass_rate
from feedly_core.statistics.comparison import compare_runs
from feedly_core.statistics.estimate import Estimate, NoInterval
from feedly_core.statistics.noise import noise_floor
from feedly_core.statistics.preference import preference
from feedly_core.statistics.reliability import krippendorff_alpha, pairwise_kappa
from feedly_core.statistics.thresholds import Criterion, best_limit, limit_curve

FLAG = st.sampled_from([True, False, None, math.nan])
SCORE = st.one_of(
    st.none(),
    st.floats(),
    st.sampled_from([0.0, 0.5, 1.0, math.nan, math.inf, -math.inf, 1e-320, 1.7e308]),
)
ROW = st.tuples(st.integers(0, 9), FLAG, FLAG, SCORE, SCORE, st.sampled_from("ab가"), st.sampled_from("ab가"))
ROWS = st.one_of(
    st.lists(ROW, max_size=40),
    ROW.flatmap(lambda row: st.integers(1, 40).map(lambda n: [row] * n)),
    ROW.flatmap(lambda row: st.integers(1, 40).map(lambda n: [(job, *row[1:]) for job in range(n)])),
)
"""Anything; the same thing again and again within one job; the same thing in every job."""


def estimates(found: object) -> Iterator[Estimate]:
    if isinstance(found, Estimate):
        yield found
    elif isinstance(found, tuple):
        for one in found:
            yield from estimates(one)
    elif dataclasses.is_dataclass(found):
        for field in dataclasses.fields(found):
            yield from estimates(getattr(found, field.name))


def assert_sound(found: Estimate, jobs: int) -> None:
    assert (found.interval is None) != (found.no_interval is None)
    assert 0 <= found.jobs <= jobs
    assert found.jobs <= found.n
    assert found.value is None or math.isfinite(found.value)
    if found.n == 0:
        assert (found.value, found.no_interval) == (None, NoInterval.NO_DATA)
    if found.interval is not None:
        assert found.jobs >= 2
        assert found.value is not None
        assert -math.inf < found.interval.low < found.interval.high < math.inf
        assert found.interval.holds(found.value)


@settings(max_examples=80)
@given(ROWS, st.sampled_from(Criterion))
def test_every_estimate_is_sound(rows: list[tuple[object, ...]], criterion: Criterion) -> None:
    job, first, second, score, other, left, right = zip(*rows, strict=True) if rows else ([],) * 7
    few: dict[str, Any] = {"seed": 1, "resamples": 40}
    rates = (
        pass_rate(job, first),
        judge_agreement(job, first, second, **few),
        compare_runs(job, first, second, {}, **few).rates.before,
    )
    others = (
        compare_runs(job, first, second, {"score": (score, other), "same": (score, score)}, **few),
        cohen_kappa(job, score, other, **few),
        krippendorff_alpha(job, job, score, **few),
        pairwise_kappa(job, job, left, first, **few),
        noise_floor(job, left, score, **few),
        best_limit(job, score, first, criterion=criterion, **few),
        preference(job, left, right, score, **few),
    )
    jobs = len(set(job))
    for found in estimates((rates, others)):
        assert_sound(found, jobs)
    for found in estimates(rates):
        assert found.interval is None or (found.interval.low >= 0 and found.interval.high <= 1)
    curve = limit_curve(score, first)
    assert curve.at(0.5).n == sum(
        flag in (True, False) and one is not None and abs(one) < 1e100
        for flag, one in zip(first, score, strict=True)
    )
