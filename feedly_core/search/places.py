"""Places of the program that a search names without the database: checks and terms."""

from __future__ import annotations

from functools import cache

from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.search.hits import HitKind, Place


@cache
def program_places() -> tuple[Place, ...]:
    """Each check of diagnostics, with its question."""
    return tuple(Place(HitKind.CHECK, check.key, check.name, check.question) for check in ALL_CHECKS)
