"""Guards of a query's cost that no machine's speed can move: rows scanned, and statements sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event


@dataclass
class Statements:
    """The statements of a block, without those that only set a transaction's limits."""

    sent: list[tuple[str, Any]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.sent)


@contextmanager
def counted(engine: Engine | type[Engine]) -> Iterator[Statements]:
    """Record the statements that the block sends through ``engine``, or through every one of the class."""
    found = Statements()

    def record(_c: Any, _cursor: Any, statement: str, parameters: Any, _ctx: Any, _many: bool) -> None:
        if "set_config" not in statement:
            found.sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", record)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", record)


def rows_scanned(connection: Connection, statements: Statements) -> dict[str, int]:
    """Rows that each recorded question really reads (scan nodes: (returned + filtered) x loops)."""
    scanned: dict[str, int] = {}
    for statement, parameters in statements.sent:
        if not statement.lstrip().upper().startswith(("SELECT", "WITH", "EXECUTE")):
            continue
        plan = connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) {statement}", parameters
        ).scalar_one()
        scanned[" ".join(statement.split())[:200]] = _scanned(plan[0]["Plan"])
    return scanned


def _scanned(node: dict[str, Any]) -> int:
    own = 0
    if "Scan" in node["Node Type"] and node["Node Type"] != "Bitmap Index Scan":
        rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        own = round((rows + node.get("Rows Removed by Index Recheck", 0)) * node["Actual Loops"])
    return own + sum(_scanned(child) for child in node.get("Plans", ()))
