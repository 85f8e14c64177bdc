"""Every time that people read names its zone first."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def _offences(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls of strftime on a time that was not moved to a zone, and of astimezone without one."""
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        owner = call.func.value
        zoned = isinstance(owner, ast.Call) and ast.unparse(owner.func).endswith(".astimezone")
        if (call.func.attr == "strftime" and not zoned) or (call.func.attr == "astimezone" and not call.args):
            yield call


def test_every_written_time_is_moved_to_a_named_zone() -> None:
    found = [
        f"{path.relative_to(PROJECT)}:{call.lineno}: {ast.unparse(call)}"
        for folder in ("feedly_core", "dashboard", "pages")
        for path in sorted((PROJECT / folder).rglob("*.py"))
        for call in _offences(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_the_search_finds_what_it_is_for() -> None:
    bad = "made.strftime('%H'); made.astimezone().strftime('%H'); made.astimezone(zone).strftime('%H')"
    assert len(list(_offences(ast.parse(bad)))) == 2
