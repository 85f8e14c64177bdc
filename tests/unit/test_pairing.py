"""Pairing of two runs by numbers, against the plain way with queues."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feedly_core.reviews.pairing import combined, paired
from feedly_core.statistics.clusters import numbered

Line = tuple[str | None, str | None, int | None]

LINES = st.lists(
    st.tuples(st.sampled_from(("a", "b", None)), st.sampled_from(("x", None)), st.sampled_from((1, 2, None))),
    max_size=30,
)


def by_queues(first: Sequence[Line], second: Sequence[Line], width: int) -> set[tuple[int, int]]:
    """One key after the other, each shorter by a column: the next of one side with the next of the other."""
    pairs: list[tuple[int, int]] = []
    for columns in range(width, 0, -1):
        gone, left = {one for one, _ in pairs}, {other for _, other in pairs}
        waiting: dict[Hashable, deque[int]] = defaultdict(deque)
        for place, line in enumerate(second):
            if place not in left:
                waiting[line[:columns]].append(place)
        for place, line in enumerate(first):
            if place not in gone and waiting[line[:columns]]:
                pairs.append((place, waiting[line[:columns]].popleft()))
    return set(pairs)


@given(first=LINES, second=LINES)
def test_pairs_are_those_that_queues_find(first: list[Line], second: list[Line]) -> None:
    lines = first + second
    columns = [numbered(line[at] for line in lines) for at in range(3)]
    met = paired([combined(*columns[:width]) for width in (3, 2, 1)], len(first))
    found = [
        (int(one), int(other) - len(first))
        for ones, others in met
        for one, other in zip(ones, others, strict=True)
    ]
    assert len(found) == len(set(found))
    assert set(found) == by_queues(first, second, 3)
    for ones, _others in met:
        assert list(ones) == sorted(ones)


@given(lines=LINES)
def test_combined_numbers_are_the_same_where_all_columns_are(lines: list[Line]) -> None:
    found = combined(*(numbered(line[at] for line in lines) for at in range(3)))
    assert len(np.unique(found)) == len(set(lines))
    assert len({(number, line) for number, line in zip(found.tolist(), lines, strict=True)}) == len(
        set(lines)
    )
