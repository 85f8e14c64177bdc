"""A name that only a guarded part of a page binds is asked for after ``failed`` only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "pages"


def guarded(node: ast.stmt) -> ast.With | None:
    if isinstance(node, ast.With) and any("page_errors()" in ast.unparse(item) for item in node.items):
        return node
    return None


def bound(node: ast.AST) -> set[str]:
    return {
        part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }


def asks_first(node: ast.stmt) -> bool:
    """``if part.failed: return``, at once or within the next guarded part."""
    return any(
        isinstance(part, ast.If)
        and "failed" in ast.unparse(part.test)
        and isinstance(part.body[-1], ast.Return)
        for part in ast.walk(node)
    )


def unsafe(source: str) -> Iterator[str]:
    """``function: name`` for each name that the failure of a part would leave unset."""
    tree = ast.parse(source)
    scopes: list[ast.Module | ast.FunctionDef] = [tree]
    scopes += [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for scope in scopes:
        before: set[str] = set()
        risky: set[str] = set()
        for node in scope.body:
            used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            if asks_first(node):
                risky = set()
            yield from (f"{getattr(scope, 'name', 'page')}: {name}" for name in sorted(used & risky))
            part = guarded(node)
            if part is None:
                before |= bound(node)
            else:
                risky |= {name for body in part.body for name in bound(body)} - before


@pytest.mark.parametrize("file", sorted(PAGES.rglob("*.py")), ids=lambda file: str(file.relative_to(PAGES)))
def test_no_name_is_left_unset(file: Path) -> None:
    assert not list(unsafe(file.read_text(encoding="utf-8")))


def test_a_name_that_a_failure_leaves_unset_is_found() -> None:
    form = "def f():\n with left, page_errors() as asked:\n  chosen = ask()\n"
    source = f"{form} with right, page_errors():\n  show(chosen)"
    assert list(unsafe(source)) == ["f: chosen"]
    safe = source.replace(" with right", " if asked.failed:\n  return\n with right")
    assert not list(unsafe(safe))
