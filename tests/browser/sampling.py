"""A walk over everything: ``make test`` goes to one place of each kind, ``make walks`` to all of them.

The sample changes with the day. A failure prints its seed; WALK_SEED gives it again.
"""

from __future__ import annotations

import os
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import pytest

_Place = TypeVar("_Place")

SEED = int(os.environ.get("WALK_SEED") or datetime.now(UTC).toordinal())

SAMPLE_AND_ALL = pytest.mark.parametrize(
    "everything", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["sample", "all"]
)


def places(kinds: Mapping[str, Sequence[_Place]], everything: bool) -> list[_Place]:
    """One place of each kind, or all places, in the order of the kinds."""
    if everything:
        return [place for kind in kinds.values() for place in kind]
    chance = random.Random(SEED)
    chosen = [chance.choice(kind) for kind in kinds.values()]
    print(f"WALK_SEED={SEED}:", *chosen)  # noqa: T201 - shown where the test fails
    return chosen
