"""The parts of each page, read from its source: a new part joins every test that walks over all of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pages

OF_A_PAGE = ("part", "view", "subject")
"""Parameters that choose a part of the whole page, rather than of one job."""


def page_parts() -> dict[str, tuple[str, tuple[str, ...]]]:
    """By page: the parameter and its values but the first, with which the page opens."""
    found = {}
    for file in sorted(Path(next(iter(pages.__path__))).glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        listed = {
            target.id: [key.value for key in node.value.keys if isinstance(key, ast.Constant)]
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "url_state.switch":
                parameter, names = ast.literal_eval(node.args[0]), listed[ast.unparse(node.args[2])]
                if parameter in OF_A_PAGE:
                    found[file.stem] = (parameter, tuple(map(str, names[1:])))
    return found


PARTS = page_parts()
assert {"alerts", "broken", "stored"} <= set(PARTS["trigger_diagnostics"][1]), "the source is read"
assert set(PARTS) == {"create_jobs", "review", "trends", "trigger_diagnostics"}, "every page with parts"
