"""What is installed here, as the declarations ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def installed_closure(wanted: Iterable[Requirement]) -> dict[str, Distribution]:
    """Every installed distribution that these requirements bring, by its canonical name."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(each, frozenset({""})) for each in wanted]
    while waiting:
        requirement, extras = waiting.pop()
        marker = requirement.marker
        if marker and not any(marker.evaluate({"extra": extra}) for extra in extras):
            continue
        name = str(canonicalize_name(requirement.name))
        own_extras = frozenset({*requirement.extras, ""})
        if (name, own_extras) in seen:
            continue
        seen.add((name, own_extras))
        found[name] = distribution(name)
        waiting += [(Requirement(line), own_extras) for line in found[name].requires or ()]
    return found
