"""Measures of the code: size, fragmentation, long functions, docstrings, types.

``make house`` prints them, each with the value to reach in brackets.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
PRODUCT = ("feedly_core", "dashboard", "pages", "streamlit_app.py")
LONG_FUNCTION, LONG_FILE = 40, 400
"""Lines."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef


def product_files() -> list[Path]:
    """Python files of the product that are not empty and in version control, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *PRODUCT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = sorted({ROOT / name for name in listed.stdout.splitlines() if name.endswith(".py")})
    return [file for file in files if file.exists() and file.read_text(encoding="utf-8").strip()]


def module_name(file: Path) -> str:
    """``pages.shared.live`` of its file; a package's name without ``__init__``."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.Module) -> Iterator[str]:
    """Names that may be modules: of ``from a import b`` both ``a`` and ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def with_one_importer(trees: dict[str, ast.Module], room: str) -> tuple[dict[str, str], int]:
    """Modules of a room with the one other module of the product that imports them; how many the room has."""
    modules = {name for name, tree in trees.items() if name.startswith(f"{room}.") and len(tree.body) > 1}
    importers: dict[str, set[str]] = {name: set() for name in modules}
    for name, tree in trees.items():
        for other in set(imported(tree)) & modules - {name}:
            importers[other].add(name)
    single = {name: next(iter(found)) for name, found in importers.items() if len(found) == 1}
    return dict(sorted(single.items())), len(modules)


def functions(tree: ast.Module) -> Iterator[Definition]:
    return (node for node in ast.walk(tree) if isinstance(node, Definition))


def docstring_words(tree: ast.Module) -> Iterator[int]:
    """Words in the first line of each docstring."""
    for node in ast.walk(tree):
        if isinstance(node, Definition | ast.ClassDef | ast.Module):
            text = ast.get_docstring(node)
            if text:
                yield len(text.split("\n", 1)[0].split())


def type_errors() -> str:
    """Errors of ``mypy --strict`` over the product."""
    mypy = [sys.executable, "-m", "mypy", "--strict", *PRODUCT]
    said = subprocess.run(mypy, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    found = re.search(r"Found (\d+) errors?", said)
    return found[1] if found else "0" if "Success" in said else "mypy did not run"


def main() -> None:
    texts = {file: file.read_text(encoding="utf-8") for file in product_files()}
    trees = {module_name(file): ast.parse(text) for file, text in texts.items()}
    lines = {file: text.count("\n") for file, text in texts.items()}
    found = [(name, node) for name, tree in trees.items() for node in functions(tree)]
    long = [
        f"{name}.{node.name}" for name, node in found if (node.end_lineno or 0) - node.lineno >= LONG_FUNCTION
    ]
    single, all_pages = with_one_importer(trees, "pages")
    sections = sum(importer.count(".") == 1 for importer in single.values())
    words = [count for tree in trees.values() for count in docstring_words(tree)]
    too_long = [str(file.relative_to(ROOT)) for file, count in lines.items() if count > LONG_FILE]
    print(
        f"Python of the product      {sum(lines.values()):,} lines in {len(lines)} files (≤ 34,000 in ≤ 260)"
    )
    print(f"Files above {LONG_FILE} lines       {len(too_long)} (0) {', '.join(too_long)}")
    print(
        f"Page modules, one importer {len(single)} of {all_pages} = {len(single) / all_pages:.0%} (≤ 25 %),"
        f" {sections} of them sections of their own page\n"
        f"                           {' '.join(name.removeprefix('pages.') for name in single)}"
    )
    print(f"Functions > {LONG_FUNCTION} lines       {len(long)} of {len(found):,} {', '.join(long)}")
    print(f"First docstring line       {median(words):.0f} words in the median (≤ 10) of {len(words):,}")
    print(f"mypy --strict              {type_errors()} errors (0)")


if __name__ == "__main__":
    main()
