"""Pairs the pictures of two runs by keys, newest with newest, from the closest key to the loosest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feedly_core.statistics.clusters import Ints


def combined(*columns: Ints) -> Ints:
    """One number per line, the same where all columns are: ``columns`` count from 0."""
    found = columns[0]
    for column in columns[1:]:
        found = np.unique(found * (column.max(initial=0) + 1) + column, return_inverse=True)[1]
    return found


def paired(keys: Sequence[Ints], split: int) -> list[tuple[Ints, Ints]]:
    """The lines of both sides that meet by each key, in the order of the first side.

    ``keys``: a number per line, those before ``split`` of the first side. What met by one key is gone for the
    next. The first of several lines with one key meets the first of the other side, and so on.
    """
    left, right = np.arange(split), np.arange(split, len(keys[0]))
    found = []
    for key in keys:
        first, second = _met(key[left], key[right])
        found.append((left[first], right[second]))
        left, right = np.delete(left, first), np.delete(right, second)
    return found


def _met(first: Ints, second: Ints) -> tuple[Ints, Ints]:
    turns = max(len(first), len(second)) + 1
    codes, others = (keys * turns + _turn(keys) for keys in (first, second))
    _, one, other = np.intersect1d(codes, others, assume_unique=True, return_indices=True)
    in_order = np.argsort(one)
    return one[in_order], other[in_order]


def _turn(keys: Ints) -> Ints:
    """How many lines with the same key come before each."""
    order = np.argsort(keys, kind="stable")
    _, sizes = np.unique(keys, return_counts=True)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    turn = np.empty(len(keys), np.int64)
    turn[order] = np.arange(len(keys)) - starts
    return turn
