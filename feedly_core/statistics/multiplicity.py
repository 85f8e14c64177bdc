"""Several tests at once: Holm's adjusted p-values."""

from __future__ import annotations

import math
from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Each p-value made larger, so that all of them together err in 5 % of cases (Holm 1979).

    In the order given. A missing one (None or NaN) stays None and counts as no test.
    """
    tests = sorted((p, place) for place, p in enumerate(p_values) if p is not None and not math.isnan(p))
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for done, (p, place) in enumerate(tests):
        largest = max(largest, min(1.0, p * (len(tests) - done)))
        adjusted[place] = largest
    return tuple(adjusted)
