"""One row of the fault table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from feedly_core.diagnostics.check import CheckOutcome
from tests.faults.breaking import Break
from tests.faults.world import World


@dataclass(frozen=True)
class Fault:
    """``breaks`` causes it; ``check`` must answer ``outcome`` and ``cause``, its fix must contain ``fix``.

    ``also`` are the checks that this fault truly concerns too. ``fixed`` does what the advice leaves to a
    person, after the printed SQL and commands were run. ``shows`` is a line of the difference to what is
    needed. ``seen_afterwards`` is unknown where the role cannot see more than that this fault is gone.
    """

    name: str
    breaks: Break
    check: str
    outcome: CheckOutcome
    cause: str
    found: str
    fix: str
    also: frozenset[str] = frozenset()
    fixed: Callable[[World], None] = field(default=lambda world: None)
    shows: str = ""
    seen_afterwards: CheckOutcome = CheckOutcome.OK
    marks: tuple[pytest.MarkDecorator, ...] = ()
