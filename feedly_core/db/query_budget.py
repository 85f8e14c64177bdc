"""Query budgets: declared beside the query, measured by tests.

Tests use 3,000 jobs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

_Question = TypeVar("_Question", bound=Callable[..., Any])
_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")

OpenTransaction = Connection
"""What questions are asked on, for who asks without SQL of its own."""

Query = Callable[Concatenate[Connection, _Given], _Answer]
"""A bounded read: the connection first, then what it is asked for. ``Query[P, list[Job]]``."""


@dataclass(frozen=True)
class QueryBudget:
    """At most ``statements`` are sent.

    The dearest scans at most ``rows`` rows, each loop counted.
    """

    statements: int
    rows: int


def query_budget(*, statements: int, rows: int) -> Callable[[_Question], _Question]:
    """Declare what a question of a page costs.

    Whoever asks has read the catalogue before.
    """

    def declare(question: _Question) -> _Question:
        question.__query_budget__ = QueryBudget(statements, rows)  # type: ignore[attr-defined]
        return question

    return declare


def budget_of(question: Callable[..., Any]) -> QueryBudget | None:
    """None when nobody has declared it."""
    return getattr(question, "__query_budget__", None)
