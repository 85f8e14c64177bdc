"""Places of the program that a search names without the database: checks and terms."""

from __future__ import annotations

from functools import cache

from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.domain.glossary import TERMS
from feedly_core.search.hits import HitKind, Place


@cache
def program_places() -> tuple[Place, ...]:
    """Each term with its explanation, each check of diagnostics with its question."""
    terms = (Place(HitKind.TERM, term.key, term.name, term.explanation) for term in TERMS.values())
    checks = (Place(HitKind.CHECK, check.key, check.name, check.question) for check in ALL_CHECKS)
    return (*terms, *checks)
